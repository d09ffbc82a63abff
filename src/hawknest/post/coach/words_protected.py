"""What the lines on protection say."""

from collections.abc import Mapping
from typing import Final

from hawknest.post.domaincheck_words import Message


def finding(en: str, ja: str, en_advice: str = "", ja_advice: str = "") -> Message:
    """What was found, and what to do."""
    return Message({"en": en, "ja": ja}, {"en": en_advice, "ja": ja_advice})


PROTECTED: Final[Mapping[str, Message]] = {
    "cert": finding(
        "Believed by others: issued by {issuer} for {names}, {days} days left.",
        "信頼される証明書です: 発行元 {issuer}、名前 {names}、残り {days} 日。",
    ),
    "cert-nowhere": finding(
        "No TLS listener is open, so the certificate cannot be seen.",
        "TLS のリスナーが開いていないため、証明書を確認できません。",
        "Is the server running? hawknest status",
        "サーバーは動いていますか? hawknest status で確認してください。",
    ),
    "cert-unseen": finding(
        "The certificate of {host} could not be seen: {why}",
        "{host} の証明書を確認できませんでした: {why}",
    ),
    "cert-self-signed": finding(
        "The server made its certificate itself; nobody else vouches for it.",
        "サーバーが自分で作った証明書で、第三者の保証がありません。",
        "Let the server get one by itself (`hawknest certificate --help`), or name the files under [tls] in hawknest.toml.",
        "自動で取得するか (hawknest certificate --help)、hawknest.toml の [tls] にファイルを指定してください。",
    ),
    "cert-over": finding(
        "The certificate has expired.",
        "証明書の期限が切れています。",
        "Renew it: `hawknest certificate --help`.",
        "更新してください: hawknest certificate --help",
    ),
    "cert-soon": finding(
        "The certificate of {issuer} ends in {days} days and was not renewed yet.",
        "{issuer} の証明書はあと {days} 日で切れますが、まだ更新されていません。",
        "See why it was not renewed: hawknest log show --category system",
        "更新されない理由を確認してください: hawknest log show --category system",
    ),
    "cert-other-name": finding(
        "The certificate is for {names}, not for {host}.",
        "証明書の名前は {names} で、{host} ではありません。",
        "Get one for {host}.",
        "{host} の証明書を取得してください。",
    ),
    "cert-distrusted": finding(
        "Others do not believe the certificate of {issuer}: {why}",
        "{issuer} の証明書は信頼されません: {why}",
        "Is the file with the whole chain named, or does it come from a test authority (staging)?",
        "中間証明書を含むファイルを指定していますか? テスト用 (staging) の認証局ではありませんか?",
    ),
    "sts": finding(
        "{domain} promises encryption ({mode}), and the policy is served.",
        "{domain} は暗号化を約束し ({mode})、ポリシーも公開されています。",
    ),
    "sts-none": finding(
        "{domain} does not promise encryption ({name}).",
        "{domain} は暗号化を約束していません ({name})。",
        "Enter the records below; this server serves the policy itself.",
        "下のレコードを登録してください。ポリシーはこのサーバーが公開します。",
    ),
    "sts-nothing": finding(
        "Waits until this server serves a policy for {domain}.",
        "このサーバーが {domain} のポリシーを公開するのを待っています。",
    ),
    "sts-many": finding(
        "There are several records at {name}, so that none counts.",
        "{name} に複数のレコードがあり、どれも有効になりません。",
        "Remove all but the one below.",
        "下のもの以外を削除してください。",
    ),
    "sts-no-site": finding(
        "The promise is there, but {site}, where its policy is fetched from, has no address.",
        "約束はありますが、ポリシーを取得する {site} にアドレスがありません。",
        "Enter the CNAME record below.",
        "下の CNAME レコードを登録してください。",
    ),
    "sts-unserved": finding(
        "The policy at {url} cannot be fetched: {why}",
        "ポリシー {url} を取得できません: {why}",
        "Port 443 must lead here, and the certificate must be for {site} too.",
        "443 番ポートがここに届き、証明書が {site} にも有効である必要があります。",
    ),
    "sts-broken": finding(
        "The policy at {url} cannot be understood: {why}",
        "ポリシー {url} を解釈できません: {why}",
        "Let {site} lead to this server, which serves a right one.",
        "{site} をこのサーバーに向けてください。正しいものが公開されます。",
    ),
    "sts-other-host": finding(
        "The policy names {hosts}, and not {host}: letters would be refused.",
        "ポリシーの届け先は {hosts} で、{host} がありません。メールが拒否されます。",
        "Let {site} lead to this server.",
        "{site} をこのサーバーに向けてください。",
    ),
    "sts-testing": finding(
        "The mode is `{mode}`: failures are reported, and not prevented yet.",
        "モードは {mode} です。失敗は報告されるだけで、まだ防がれません。",
    ),
    "tlsrpt": finding(
        "Others report failures of encryption: {policy}", "暗号化の失敗が報告されます: {policy}"
    ),
    "tlsrpt-none": finding(
        "{domain} does not say where to report failures of encryption ({name}).",
        "{domain} は、暗号化の失敗の報告先を宣言していません ({name})。",
        "Enter the record below.",
        "下のレコードを登録してください。",
    ),
    "tlsrpt-many": finding(
        "There are several records at {name}, so that none counts.",
        "{name} に複数のレコードがあり、どれも有効になりません。",
        "Remove all but the one below.",
        "下のもの以外を削除してください。",
    ),
    "tlsrpt-broken": finding(
        "The record at {name} cannot be understood: {policy} ({why})",
        "{name} のレコードを解釈できません: {policy} ({why})",
        "Replace it by the record below.",
        "下のレコードに置き換えてください。",
    ),
    "caa": finding(
        "At {name} is said who may issue certificates for {host}: {issuers}.",
        "{host} の証明書の発行元は {name} で限定されています: {issuers}。",
    ),
    "caa-none": finding(
        "Nothing says who may issue certificates for {host}.",
        "{host} の証明書の発行元は限定されていません。",
        "Enter the record below.",
        "下のレコードを登録してください。",
    ),
    "caa-nobody": finding(
        "Waits until the certificate comes from an authority.", "認証局の証明書を取得するのを待っています。"
    ),
    "caa-forbids": finding(
        "At {name} only {issuers} may issue certificates, so this server cannot get one from {ours}.",
        "{name} では {issuers} だけが許されているため、{ours} から証明書を取得できません。",
        "Add the record below.",
        "下のレコードを追加してください。",
    ),
    "dnssec-none": finding(
        "The zone {zone} is not signed (says {resolver}).",
        "ゾーン {zone} は署名されていません ({resolver} の回答)。",
        "Many registrars do it with one switch: look for DNSSEC there.",
        "多くの事業者では、管理画面の DNSSEC を有効にするだけです。",
    ),
    "dnssec-broken": finding(
        "The signatures of {zone} do not hold: resolvers that check them refuse every answer ({resolver}).",
        "{zone} の署名が正しくありません。検証するリゾルバーはすべての回答を拒否します ({resolver})。",
        "Does the DS record at the registrar belong to the keys that sign now? Remove it, and switch DNSSEC on anew.",
        "登録事業者の DS レコードが今の鍵と合っていますか? いったん DS を削除し、DNSSEC を設定し直してください。",
    ),
    "dnssec-unproven": finding(
        "{zone} is signed; whether the signatures hold is not known, for {resolver} does not check them or is not trusted.",
        "{zone} は署名されていますが、{resolver} が検証しないか信頼されていないため、確認できません。",
        "Run a resolver that checks signatures on this machine, such as unbound, and name it: hawknest config set dns.resolvers",
        "検証するリゾルバー (unbound など) をこのマシンで動かし、hawknest config set dns.resolvers で指定してください。",
    ),
    "tlsa": finding("The DNS vouches for the key of {host}.", "{host} の鍵は DNS で保証されています。"),
    "tlsa-nothing": finding(
        "Waits until {host} has a certificate to vouch for.", "{host} の証明書を待っています。"
    ),
    "tlsa-none": finding(
        "The DNS does not vouch for the key of {host} yet ({name}).",
        "{host} の鍵は、まだ DNS で保証されていません ({name})。",
        "Enter the records below.",
        "下のレコードを登録してください。",
    ),
    "tlsa-other": finding(
        "The DNS vouches for another key than the one of {host} ({name}): senders that check it do not deliver.",
        "DNS が保証しているのは {host} の今の鍵ではありません ({name})。検証する送信側はメールを届けません。",
        "Replace the records by those below at once.",
        "すぐに下のレコードに置き換えてください。",
    ),
}
