"""Why there is no certificate, in the words of people: each of the authority's reasons (RFC 8555 §6.7) and each of our own.

English and Japanese; first what is wrong, then what would help. `{name}` is the name that it is about, `{ca}` the authority.
"""

from typing import Final

#: What is wrong, by the kind of a problem.
WRONG: Final[dict[str, tuple[str, str]]] = {
    # the authority's
    "badCSR": (
        "{ca} does not take the request for a certificate.",
        "{ca} が証明書の申請を受け付けませんでした。",
    ),
    "badNonce": (
        "{ca} lost the thread of the conversation.",
        "{ca} とのやり取りが途中で途切れました。",
    ),
    "badPublicKey": (
        "{ca} does not take the key of the certificate.",
        "{ca} が証明書の鍵を受け付けませんでした。",
    ),
    "caa": (
        "The DNS forbids {ca} to give a certificate for {name}.",
        "DNS の CAA レコードが、{ca} による {name} の証明書の発行を禁じています。",
    ),
    "connection": (
        "{ca} could not reach {name}.",
        "{ca} が {name} に接続できませんでした。",
    ),
    "dns": (
        "{ca} could not find {name} in the DNS.",
        "{ca} が DNS で {name} を見つけられませんでした。",
    ),
    "externalAccountRequired": (
        "{ca} gives certificates to its customers alone.",
        "{ca} は契約者だけに証明書を発行します。",
    ),
    "incorrectResponse": (
        "{ca} found another answer at {name} than this server's.",
        "{ca} が {name} で受け取った応答は、このサーバーのものではありませんでした。",
    ),
    "invalidContact": (
        "{ca} does not take the contact address.",
        "{ca} が連絡先アドレスを受け付けませんでした。",
    ),
    "rateLimited": (
        "{ca} has been asked too often and wants to be left alone for a while.",
        "{ca} への申請が多すぎるため、しばらく待つように求められています。",
    ),
    "rejectedIdentifier": (
        "{ca} gives no certificate for {name}, on principle.",
        "{ca} は方針により {name} の証明書を発行しません。",
    ),
    "serverInternal": (
        "Something is wrong at {ca}.",
        "{ca} 側で問題が起きています。",
    ),
    "tls": (
        "{ca} reached {name}, but TLS did not work there.",
        "{ca} は {name} に接続しましたが、TLS が成立しませんでした。",
    ),
    "unauthorized": (
        "{ca} reached {name} and did not find the proof of this server there.",
        "{ca} は {name} に接続しましたが、このサーバーの証明が見つかりませんでした。",
    ),
    "unsupportedContact": (
        "{ca} cannot write to the contact address.",
        "{ca} はその連絡先アドレスに対応していません。",
    ),
    "unsupportedIdentifier": (
        "{ca} gives no certificate for a name like {name}.",
        "{ca} は {name} のような名前の証明書を発行しません。",
    ),
    "userActionRequired": (
        "{ca} has new terms, and wants them agreed to.",
        "{ca} の利用規約が新しくなり、同意が必要です。",
    ),
    "accountDoesNotExist": (
        "{ca} does not know the account of this server any more.",
        "{ca} にこのサーバーのアカウントが見つかりません。",
    ),
    # ours
    "authority-gone": (
        "{ca} cannot be reached from here.",
        "ここから {ca} に接続できません。",
    ),
    "authority-tls": (
        "{ca} could not prove that it is who it says.",
        "{ca} の証明書を確認できませんでした。",
    ),
    "not-acme": (
        "What answers in place of {ca} does not speak the language of authorities (ACME).",
        "{ca} の応答は認証局のもの (ACME) ではありません。",
    ),
    "timeout": (
        "{ca} has not finished in time.",
        "{ca} の処理が時間内に終わりませんでした。",
    ),
    "no-way": (
        "There is no way to prove {name} to {ca}: no listener for it is open here.",
        "{name} を {ca} に証明する手段がありません。必要なリスナーが開いていません。",
    ),
    "no-address": (
        "The name {name} leads nowhere yet; {ca} was not asked.",
        "{name} の DNS にアドレスがまだありません。{ca} にはまだ申請していません。",
    ),
    "other-server": (
        "Another server answers for {name}; {ca} was not asked.",
        "{name} では別のサーバーが応答しています。{ca} にはまだ申請していません。",
    ),
    "not-public": (
        "{name} is no name of the Internet; {ca} was not asked.",
        "{name} はインターネットで使える名前ではありません。{ca} には申請していません。",
    ),
    "bad-chain": (
        "The certificate that {ca} gave does not fit what was asked for.",
        "{ca} が発行した証明書は、申請の内容と合いません。",
    ),
    "settings": (
        "What hawknest.toml says under [acme] cannot be used.",
        "hawknest.toml の [acme] の設定が使えません。",
    ),
    "no-zone": (
        "{name} lies in no zone that this server may change; {ca} was not asked.",
        "{name} は、このサーバーが変更できるゾーンにありません。{ca} には申請していません。",
    ),
    "update": (
        "The proof for {name} could not be put into the DNS.",
        "{name} の証明を DNS に登録できませんでした。",
    ),
}

#: What would help.
HELP: Final[dict[str, tuple[str, str]]] = {
    "caa": (
        'Add a CAA record with 0 issue "letsencrypt.org", or the name of your authority, to the domain',
        'ドメインに CAA レコード 0 issue "letsencrypt.org" (または利用する認証局の名前) を追加してください',
    ),
    "connection": (
        "Let connections from the Internet to port 80 (or 443) of {name} come through to this machine: look at the router and the firewall",
        "インターネットから {name} のポート 80 (または 443) への接続がこのマシンに届くよう、ルーターとファイアウォールを確認してください",
    ),
    "dns": (
        "Enter an A record (and AAAA, where you have IPv6) for {name} that leads to this machine; new names need some minutes",
        "{name} の A レコード (IPv6 があれば AAAA も) をこのマシンに向けて登録してください。反映には数分かかります",
    ),
    "externalAccountRequired": (
        "Enter what it gave you as eab_kid and eab_key_file under [acme] in hawknest.toml",
        "認証局から渡された値を hawknest.toml の [acme] に eab_kid と eab_key_file として書いてください",
    ),
    "incorrectResponse": (
        "See that {name} leads to this machine alone, by IPv4 and by IPv6, and that no other program answers on port 80",
        "{name} が IPv4 でも IPv6 でもこのマシンだけを指し、ポート 80 で別のプログラムが応答していないことを確認してください",
    ),
    "rateLimited": (
        "Nothing: it is asked again by itself. For trying things out there is the switch: hawknest certificate on staging",
        "何もする必要はありません。自動で再申請します。試すときは hawknest certificate on staging を使ってください",
    ),
    "rejectedIdentifier": (
        "Choose another name for this server, or another authority: hawknest certificate on",
        "サーバー名を変えるか、別の認証局を選んでください: hawknest certificate on",
    ),
    "userActionRequired": (
        "Read its new terms and agree: hawknest certificate on",
        "新しい利用規約を読んで同意してください: hawknest certificate on",
    ),
    "invalidContact": (
        "Name another address: hawknest certificate on --contact you@example.org",
        "別のアドレスを指定してください: hawknest certificate on --contact you@example.org",
    ),
    "no-way": (
        "Open the listener http on port 80 or https on port 443, or choose another way: hawknest certificate on --challenge dns-01",
        "http (ポート 80) か https (ポート 443) のリスナーを開くか、別の方法を選んでください: hawknest certificate on --challenge dns-01",
    ),
    "not-public": (
        "Give this server a name in a domain of yours (hostname in hawknest.toml); inside a house its self-signed certificate does",
        "自分のドメインの名前をサーバーに付けてください (hawknest.toml の hostname)。家の中だけなら自己署名証明書で十分です",
    ),
    "authority-gone": (
        "Look at this machine's way to the Internet, and whether a firewall holds back what goes out",
        "このマシンのインターネット接続と、外向きの通信を止めるファイアウォールがないかを確認してください",
    ),
    "authority-tls": (
        "Look at the clock of this machine; for an authority of your own name its root under [acme] in hawknest.toml",
        "このマシンの時計を確認してください。独自の認証局なら hawknest.toml の [acme] の root に証明書を指定してください",
    ),
    "no-zone": (
        "Let this server enter records there: hawknest domain publish, or choose another way: hawknest certificate on --challenge auto",
        "このサーバーにレコードの登録を任せるか (hawknest domain publish)、別の方法を選んでください: hawknest certificate on --challenge auto",
    ),
    "update": (
        "Look at the address and the key with which this server changes the zone: hawknest domain publish",
        "ゾーンを変更するためのサーバーのアドレスと鍵を確認してください: hawknest domain publish",
    ),
}
HELP["unauthorized"] = HELP["other-server"] = HELP["incorrectResponse"]
HELP["tls"] = HELP["connection"]
HELP["no-address"] = HELP["dns"]
HELP["unsupportedContact"] = HELP["invalidContact"]
HELP["unsupportedIdentifier"] = HELP["rejectedIdentifier"]

_ELSE: Final = ("{ca} gave no certificate ({kind}).", "{ca} から証明書を得られませんでした ({kind})。")
_NOTHING: Final = (
    "Nothing for now: it is asked again by itself",
    "いまは何もする必要はありません。自動で再申請します",
)
_CALLED: Final = {"letsencrypt": "Let's Encrypt", "staging": "Let's Encrypt (staging)"}


def wrong(kind: str, name: str, ca: str) -> tuple[str, str]:
    """Say what is wrong; `ca` is what the authority is called."""
    english, japanese = WRONG.get(kind, _ELSE)
    words = {"name": name or "?", "ca": spoken(ca), "kind": kind}
    return english.format(**words), japanese.format(**words)


def remedy(kind: str, name: str, ca: str) -> tuple[str, str]:
    """Say what would help."""
    english, japanese = HELP.get(kind, _NOTHING)
    words = {"name": name or "?", "ca": spoken(ca)}
    return english.format(**words), japanese.format(**words)


def spoken(ca: str) -> str:
    """What an authority is called when one speaks of it."""
    return _CALLED.get(ca, ca)
