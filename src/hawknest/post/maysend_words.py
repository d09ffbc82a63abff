"""The words of 'how may this client send?', in both languages; a test compares what they fill in."""

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["en", "ja"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    "exempt": (
        "{peer} is on the list of addresses that need not log in (entry {entry} {note})",
        "{peer} はログイン不要のアドレスの一覧にあります (項目 {entry} {note})",
    ),
    "not-exempt": (
        "{peer} is not on the list of addresses that need not log in",
        "{peer} はログイン不要のアドレスの一覧にありません",
    ),
    "router": (
        (
            "{peer} lies within {entry}, but it is this network's router, behind which anybody may be: only an entry "
            "for it alone would count"
        ),
        (
            "{peer} は {entry} に含まれますが、このネットワークのルーターです。その向こうには誰でもいる可能性があるため、"
            "単独で登録したときだけ有効です"
        ),
    ),
    "pop": (
        "somebody at {peer} has just read mail by POP3, and POP before SMTP is on",
        "{peer} から POP3 で受信したばかりで、POP before SMTP が有効です",
    ),
    "no-pop": (
        "POP before SMTP is on, but nobody at {peer} has read mail by POP3 just now",
        "POP before SMTP は有効ですが、{peer} からの POP3 受信が最近ありません",
    ),
    "stranger": (
        "without a login it is a stranger, like every other mail server",
        "ログインしなければ、他のメールサーバーと同じ外部の扱いです",
    ),
    "account": (
        "{user} is a user here and can log in",
        "{user} はこのサーバーのユーザーで、ログインできます",
    ),
    "device": (
        "{user} is a device; it may send as: {senders}",
        "{user} は機器用の資格情報です。使える差出人: {senders}",
    ),
    "inactive": (
        "{user} is switched off and cannot log in",
        "{user} は無効にされていて、ログインできません",
    ),
    "nobody": ("there is no user and no device {user}", "{user} というユーザーも機器もありません"),
    "open": ("this way is open", "この方法で送信できます"),
    "open-local": (
        "this way is open, to addresses here alone",
        "この方法で送信できます。ただし宛先はこのサーバーのアドレスに限られます",
    ),
    "receiving-off": (
        "receiving is paused: strangers are told to try again later",
        "受信は一時停止中です。外部からの接続には後で試すよう伝えます",
    ),
    "login-first": (
        "these ports are for users: log in first",
        "このポートは利用者専用です。先にログインしてください",
    ),
    "not-yours": (
        "{sender} is not an address of its own, and the sender policy lets nobody send as somebody else",
        "{sender} は本人のアドレスではありません。差出人の制限により、他人のアドレスでは送れません",
    ),
    "not-ours": (
        "{sender} is not an address of this server; without a login, letters to elsewhere must come from one that is",
        "{sender} はこのサーバーのアドレスではありません。ログインせずに外部へ送るには、このサーバーのアドレスが必要です",
    ),
    "denied": (
        "{recipient} is elsewhere, and strangers reach addresses here alone: log in to send there",
        "{recipient} は外部の宛先です。外部からの接続が送れるのはこのサーバーの宛先だけです。ログインすれば送れます",
    ),
    "internet-off": (
        "sending to the Internet is switched off, so that {recipient} cannot be reached",
        "インターネットへの送信が無効なので、{recipient} には送れません",
    ),
    "no-recipient": (
        "but nobody here is called {recipient}: the letter would be refused for that",
        "ただし {recipient} は存在しないため、その理由で拒否されます",
    ),
}


def text(key: str, language: Language, values: Mapping[str, str]) -> str:
    """Give the words of a reason."""
    words = WORDS[key][1 if language == "ja" else 0]
    return words.format_map(values).replace(" )", ")")
