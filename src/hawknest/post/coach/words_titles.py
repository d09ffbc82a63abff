"""The titles of the coach's lines, and in place of advice what breaks where one is skipped."""

from collections.abc import Mapping
from typing import Final

from hawknest.post.domaincheck_words import Message


def line(en: str, ja: str, en_skipped: str, ja_skipped: str) -> Message:
    """A title, and what breaks."""
    return Message({"en": en, "ja": ja}, {"en": en_skipped, "ja": ja_skipped})


TITLES: Final[Mapping[str, Message]] = {
    "host": line(
        "Name of this server",
        "サーバーの名前",
        "Without it nobody finds this server, and no other line can turn green.",
        "これがないと誰もこのサーバーを見つけられず、ほかの項目も緑になりません。",
    ),
    "mx": line(
        "Where letters to the domain go (MX)",
        "メールの届け先 (MX)",
        "Letters to the domain go elsewhere, or come back to their senders.",
        "ドメイン宛てのメールがよそへ届くか、差出人に戻ります。",
    ),
    "reverse": line(
        "Name of the address (PTR, reverse)",
        "アドレスの逆引き (PTR)",
        "Gmail, Outlook and many others refuse letters from an address without a name.",
        "Gmail や Outlook など多くの事業者が、逆引きのないアドレスからのメールを拒否します。",
    ),
    "srv": line(
        "Services for mail programs (SRV)",
        "メールソフト用のサービス案内 (SRV)",
        "Some mail programs then ask their users for server names and ports.",
        "一部のメールソフトで、サーバー名やポートを手で入力することになります。",
    ),
    "autoconfig": line(
        "Settings for mail programs (autoconfig)",
        "メールソフトの自動設定 (autoconfig)",
        "Thunderbird, Outlook and others then ask their users for server names.",
        "Thunderbird や Outlook などで、サーバー名を手で入力することになります。",
    ),
    "spf": line(
        "Who may send for the domain (SPF)",
        "送信を許すサーバー (SPF)",
        "Anybody can send in the domain's name, and its real letters end in Junk.",
        "誰でもこのドメインを名乗れてしまい、本物のメールも迷惑メール扱いになります。",
    ),
    "dkim": line(
        "Signature key (DKIM)",
        "電子署名の鍵 (DKIM)",
        "Nobody can check the signature of the letters: large hosts refuse them or put them into Junk.",
        "署名を検証できないため、大手事業者で拒否されるか迷惑メール扱いになります。",
    ),
    "dmarc": line(
        "What becomes of forgeries (DMARC)",
        "なりすましの扱い (DMARC)",
        "Large hosts expect it; without it forged letters in the domain's name are delivered.",
        "大手事業者が求めています。ないと、ドメインをかたる偽メールがそのまま届きます。",
    ),
    "address": line(
        "Kind of address",
        "アドレスの種類",
        "Many servers take no letters from addresses of homes, or of those that change.",
        "家庭用や変動するアドレスからのメールは、多くのサーバーが受け取りません。",
    ),
    "lists": line(
        "Blocklists",
        "ブロックリスト",
        "Servers that follow such a list refuse every letter from here.",
        "このリストを使うサーバーは、ここからのメールをすべて拒否します。",
    ),
    "certificate": line(
        "Certificate",
        "証明書",
        "Mail programs and browsers warn of this server, and MTA-STS cannot work.",
        "メールソフトやブラウザーが警告を出し、MTA-STS も使えません。",
    ),
    "mta-sts": line(
        "Promise of encryption (MTA-STS)",
        "暗号化の約束 (MTA-STS)",
        "Somebody on the way can switch encryption off and read letters to the domain.",
        "途中の第三者が暗号化を外し、ドメイン宛てのメールを読むことができます。",
    ),
    "tlsrpt": line(
        "Reports on encryption (TLSRPT)",
        "暗号化の報告 (TLSRPT)",
        "Nobody tells when letters to the domain cannot be encrypted.",
        "暗号化に失敗しても、誰も知らせてくれません。",
    ),
    "caa": line(
        "Who may issue certificates (CAA)",
        "証明書の発行元 (CAA)",
        "Any certificate authority in the world may issue a certificate for the domain.",
        "世界中のどの認証局でも、このドメインの証明書を発行できてしまいます。",
    ),
    "dnssec": line(
        "Signed names (DNSSEC)",
        "署名された DNS (DNSSEC)",
        "Whoever can forge DNS answers can lead letters elsewhere; DANE needs it.",
        "DNS の回答を偽造できる人が、メールの行き先を変えられます。DANE にも必要です。",
    ),
    "tlsa": line(
        "Certificate in the DNS (DANE)",
        "DNS による証明書の保証 (DANE)",
        "Senders that use DANE, many in Europe, have no proof of this server.",
        "DANE を使う送信側 (欧州に多い) が、このサーバーを確認できません。",
    ),
    "ports": line(
        "Way in: ports from outside",
        "受信の経路: 外から見たポート",
        "Letters from others do not arrive, and phones on the way cannot read theirs.",
        "よそからのメールが届かず、外出先のスマートフォンでも読めません。",
    ),
    "outbound": line(
        "Way out: port 25",
        "送信の経路: 25 番ポート",
        "Letters to others do not leave.",
        "よそへのメールを送れません。",
    ),
    "clock": line(
        "Clock",
        "時計",
        "With a wrong clock, certificates, signatures and codes of a second factor fail.",
        "時計がずれると、証明書や署名、2 段階認証のコードが使えなくなります。",
    ),
    "echo": line(
        "A real letter, out and back",
        "実際のメールの往復",
        "Only a real letter proves that everything works together.",
        "すべてがつながっていることは、実際のメールでしか確かめられません。",
    ),
}
