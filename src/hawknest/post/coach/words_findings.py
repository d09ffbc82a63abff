"""What the coach's lines say they found and what to do about it, where the domain check has no words for it yet."""

from collections.abc import Mapping
from typing import Final

from hawknest.post.coach.words_protected import PROTECTED
from hawknest.post.coach.words_reachable import REACHABLE
from hawknest.post.domaincheck_words import Message


def finding(en: str, ja: str, en_advice: str = "", ja_advice: str = "") -> Message:
    """What was found, and what to do."""
    return Message({"en": en, "ja": ja}, {"en": en_advice, "ja": ja_advice})


_NAMES: Final[Mapping[str, Message]] = {
    "looking": finding("Looking …", "確認しています…"),
    "too-slow": finding(
        "No answer came in time; it is tried again.", "時間内に応答がありませんでした。もう一度試します。"
    ),
    "spreading": finding(
        "Entered right, and still spreading: {resolvers} may have the old answer for up to {minutes} minutes.",
        "正しく登録されています。{resolvers} には、あと最大 {minutes} 分ほど古い内容が残ります。",
    ),
    "wait-host": finding(
        "Waits until {host} has an address.", "{host} のアドレスが登録されるのを待っています。"
    ),
    "wait-dnssec": finding(
        "Waits until {domain} is signed (DNSSEC).", "{domain} が DNSSEC で署名されるのを待っています。"
    ),
    "host-not-full": finding(
        "`{host}` is not a full name; others cannot look for it.",
        "「{host}」は完全な名前ではないため、ほかから探せません。",
        "Choose a name in your domain, such as mail.example.org: hawknest config set hostname NAME",
        "mail.example.org のような名前を決めてください: hawknest config set hostname 名前",
    ),
    "host-none": finding(
        "{host} has no address yet.",
        "{host} にはまだアドレスがありません。",
        "Enter the record below where your domain is managed. Behind a router, the address is the router's.",
        "下のレコードを、ドメインの管理画面で登録してください。ルーターの内側では、ルーターのアドレスを登録します。",
    ),
    "host-elsewhere": finding(
        "{host} leads to {addresses}, and this machine is {own}.",
        "{host} は {addresses} を指していますが、このマシンは {own} です。",
        "Correct the address record of {host}.",
        "{host} のアドレスレコードを直してください。",
    ),
    "host-stray": finding(
        "{host} leads to this machine, and also to {stray}, which is another.",
        "{host} はこのマシンのほかに、別の {stray} も指しています。",
        "Remove the address that is not this machine's, unless it is meant so.",
        "意図したものでなければ、このマシン以外のアドレスを削除してください。",
    ),
    "behind-router": finding(
        "This machine is behind a router and does not know its own public address; compare it with the router's.",
        "このマシンはルーターの内側にあり、自分のグローバルアドレスが分かりません。ルーターの表示と比べてください。",
    ),
    "domain-unknown": finding(
        "The domain {domain} does not exist in the DNS.",
        "{domain} というドメインは DNS に存在しません。",
        "See whether it is spelled right, registered and paid for; then enter the record below.",
        "つづり、登録、更新料を確認し、下のレコードを登録してください。",
    ),
    "mx-alias": finding(
        "The MX record names {host}, which is an alias (CNAME); the standard forbids that.",
        "MX が指す {host} は別名 (CNAME) です。規格では禁じられています。",
        "Give {host} A and AAAA records of its own in place of the CNAME.",
        "{host} を CNAME ではなく、A / AAAA レコードにしてください。",
    ),
    "mx-behind": finding(
        "Letters come here only where {first} does not answer: {hosts}.",
        "{first} が応答しないときにだけ、メールがここに届きます: {hosts}。",
        "Remove the other record, or give this server the smaller number, unless it is meant as a backup.",
        "予備のつもりでなければ、ほかのレコードを削除するか、このサーバーの数字を小さくしてください。",
    ),
    "mx-others": finding(
        "Other servers stand beside this one: {hosts}. Make sure that they hand letters on to it.",
        "ほかのサーバーも登録されています: {hosts}。ここへ転送する設定か確認してください。",
    ),
    "srv": finding(
        "Mail programs find the services of {domain}.", "メールソフトが {domain} のサービスを見つけられます。"
    ),
    "srv-nothing": finding(
        "Waits until a service that mail programs look for is open.",
        "メールソフトが使うサービスが開かれるのを待っています。",
    ),
    "srv-none": finding(
        "Not entered yet: {names}.",
        "未登録です: {names}。",
        "Enter the records below; mail programs then need the address and the password alone.",
        "下のレコードを登録すると、メールアドレスとパスワードだけで設定できるソフトが増えます。",
    ),
    "srv-other": finding(
        "Leads elsewhere: {names}.",
        "別の行き先になっています: {names}。",
        "Correct these records as below.",
        "下の内容に直してください。",
    ),
    "sites": finding(
        "Mail programs can fetch settings for {domain}.", "メールソフトが {domain} の設定を取得できます。"
    ),
    "sites-unserved": finding(
        "Mail programs ask for their settings on port 443, and no pages are given there.",
        "メールソフトは 443 番で設定を取得しますが、このサーバーは 443 番で公開していません。",
        "Open the listener https on port 443 in hawknest.toml.",
        "hawknest.toml の https リスナーを 443 番で開いてください。",
    ),
    "sites-none": finding(
        "Does not lead here: {names}.",
        "このサーバーを指していません: {names}。",
        "Enter the records below, so that mail programs can fetch their settings from this server.",
        "下のレコードを登録すると、メールソフトがこのサーバーから設定を取得できます。",
    ),
    "spf-provider": finding(
        "Letters leave through {provider}, which the SPF record of {domain} does not allow: {policy}",
        "メールは {provider} から出ていきますが、{domain} の SPF では許可されていません: {policy}",
        "Put `{term}` before its end.",
        "SPF の末尾の前に「{term}」を加えてください。",
    ),
    "spf-not-us": finding(
        "The SPF record of {domain} does not allow letters from this server's address {address}: {policy}",
        "{domain} の SPF は、このサーバーのアドレス {address} からの送信を許していません: {policy}",
        "Add `mx` to it, or replace it by the record below.",
        "「mx」を加えるか、下のレコードに置き換えてください。",
    ),
    "spf-broken": finding(
        "The SPF record of {domain} cannot be understood: {policy} ({why})",
        "{domain} の SPF を解釈できません: {policy} ({why})",
        "Replace it by the record below.",
        "下のレコードに置き換えてください。",
    ),
    "dkim": finding(
        "The keys of {domain} are in the DNS: {selectors}.",
        "{domain} の鍵は DNS に登録されています: {selectors}。",
    ),
    "dkim-none": finding(
        "The key is not in the DNS yet: {names}.",
        "鍵がまだ DNS にありません: {names}。",
        "Enter the records below.",
        "下のレコードを登録してください。",
    ),
    "dkim-other": finding(
        "Another key, or a broken one, is at {names}.",
        "{names} に別の鍵、または壊れた鍵があります。",
        "Replace it by the record below; copy it whole, without line breaks.",
        "下のレコードに置き換えてください。改行を入れず、全体をコピーします。",
    ),
    "dkim-no-key": finding(
        "Waits until {domain} has a signature key; the server makes one by itself.",
        "{domain} の署名の鍵を待っています。サーバーが自動で作成します。",
    ),
    "long-text": finding(
        "The text is longer than 255 characters. Where the page does not take it whole, divide it into quoted pieces.",
        "255 文字を超えています。そのまま入力できない管理画面では、引用符で囲んで分割してください。",
    ),
    "dmarc-missing": finding(
        "{domain} does not say what others shall do with forged letters ({name}).",
        "{domain} は、偽のメールの扱いを宣言していません ({name})。",
        "Enter the record below: forged letters then end in Junk, and others send reports of them.",
        "下のレコードを登録してください。偽のメールは迷惑メール扱いになり、その報告が届きます。",
    ),
    "dmarc-broken": finding(
        "The DMARC record at {name} cannot be understood: {policy} ({why})",
        "{name} の DMARC を解釈できません: {policy} ({why})",
        "Replace it by the record below.",
        "下のレコードに置き換えてください。",
    ),
    "dmarc-unheard": finding(
        "It names no address for reports (rua), so you will not hear of forgeries.",
        "報告先 (rua) がないため、なりすましがあっても分かりません。",
    ),
    "dmarc-watching": finding(
        "Forgeries are only counted so far. When the reports show nothing but your own servers, put p=quarantine, later p=reject, at {name}.",
        "今は数えるだけです。報告に自分のサーバーしか現れなくなったら、{name} を p=quarantine、のちに p=reject にしてください。",
    ),
}

FINDINGS: Final[Mapping[str, Message]] = {**_NAMES, **PROTECTED, **REACHABLE}
