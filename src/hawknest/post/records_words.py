"""What each record is for, in the words of its owner, English and Japanese."""

from typing import Final

from hawknest.post.records import Why

WORDS: Final[dict[Why, tuple[str, str]]] = {
    Why.MX: ("where letters to the domain are brought", "ドメイン宛てのメールの届け先"),
    Why.HOST: ("the addresses of this server", "このサーバーのアドレス"),
    Why.REVERSE: (
        "the name of that address; the provider of the line sets it, and many servers refuse letters without it",
        "そのアドレスの逆引き。回線の事業者が設定します。ないと多くのサーバーに断られます",
    ),
    Why.SPF: (
        "who may send letters in the name of the domain (SPF)",
        "このドメインの差出人で送ってよいサーバー (SPF)",
    ),
    Why.SPF_HOST: (
        "the same for the server's own notices (SPF)",
        "サーバー自身の通知についても同様 (SPF)",
    ),
    Why.DKIM: (
        "the key that proves letters to be from the domain (DKIM)",
        "このドメインからのメールだと証明する鍵 (DKIM)",
    ),
    Why.DMARC: (
        "what others do with forged letters, and where they report them (DMARC)",
        "なりすましメールの扱いと報告先 (DMARC)",
    ),
    Why.MTA_STS: (
        "other servers bring letters only over a connection that is proven (MTA-STS)",
        "他のサーバーは証明された接続でだけ届けます (MTA-STS)",
    ),
    Why.TLSRPT: (
        "where others report connections that failed (TLSRPT)",
        "接続の失敗の報告先 (TLSRPT)",
    ),
    Why.TLSA: (
        "the server's key, for zones that are signed (DANE); it must change when the key does",
        "サーバーの鍵。署名されたゾーン用 (DANE)。鍵が変わったらこれも変えます",
    ),
    Why.SERVICE: (
        "where mail programs find the server by themselves",
        "メールソフトが自動でサーバーを見つけるための記録",
    ),
    Why.SETTINGS: (
        "where mail programs find their settings by themselves",
        "メールソフトが自動で設定を見つけるための記録",
    ),
    Why.CAA: (
        "which authority may make certificates for the server",
        "このサーバーの証明書を発行してよい認証局",
    ),
}

#: The lines of a zone file that are about more than one record.
HEAD: Final = (
    "Records of {domain} for the mail server {host}. Lines after ; are for you, not for the zone.",
    "メールサーバー {host} のための {domain} のレコード。; の行は説明で、ゾーンには入りません。",
)
NOT_HERE: Final = (
    "{name} does not lie in {domain}; enter this where it is managed:",
    "{name} は {domain} の外です。次の行はその管理先で登録します:",
)
FILL_IN: Final = (
    "only you know what stands in the braces; take the ; away when it is filled in:",
    "波かっこの中はご自身で記入し、行頭の ; を外してください:",
)
