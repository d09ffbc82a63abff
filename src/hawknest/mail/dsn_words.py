"""What a report on a letter says to people: plain English, then the same in Japanese.

Which letter, which address, what the other server said word for word, and what one can do. No jargon: who reads
this wrote a letter and wants to know whether it arrived.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Subject(Enum):
    """What the report as a whole says."""

    FAILED = ("Your letter could not be delivered", "メールを届けられませんでした")
    DELAYED = ("Your letter is delayed", "メールの配達が遅れています")
    DELIVERED = ("Your letter was delivered", "メールを届けました")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the letter for one address, in words."""

    address: str
    #: failed, delayed, delivered, relayed or expanded.
    action: str
    #: An enhanced status code, `5.1.1`. RFC 3463
    code: str
    #: Who answered and what they said, when anybody did.
    host: str | None = None
    said: str | None = None
    #: Until when delivery is tried again, in words.
    until: str | None = None


#: One line for each action.
_ACTIONS: Final = {
    "failed": ("could not be delivered, and is not tried again", "届けられませんでした。再送はしません"),
    "delayed": ("has not been delivered yet", "まだ届けられていません"),
    "delivered": ("was delivered", "届けました"),
    "relayed": (
        "was handed to a server that sends no reports; you will hear no more from us",
        "配達報告を出さないサーバーに渡しました。以後の報告はありません",
    ),
    "expanded": ("was sent on to several people", "複数の宛先に転送しました"),
}

#: What one can do after a failure, by the longest beginning of the status code that is here. RFC 3463 §3
_ADVICE: Final = {
    "1": (
        "Check the address for a typing mistake. If it is right, ask the person for a new address.",
        "宛先に打ち間違いがないか確かめてください。正しければ、相手に新しいアドレスを尋ねてください。",
    ),
    "2": (
        "The mailbox cannot take letters now. Tell the person in another way.",
        "相手の受信箱が今は受け取れません。別の方法で相手に知らせてください。",
    ),
    "2.2": (
        "The mailbox is full. Tell the person in another way, and send the letter again later.",
        "相手の受信箱がいっぱいです。別の方法で知らせ、後でもう一度送ってください。",
    ),
    "2.3": (
        "The letter is too large. Send it without large attachments, or in parts.",
        "メールが大きすぎます。添付を減らすか、分けて送ってください。",
    ),
    "3.4": (
        "The letter is too large. Send it without large attachments, or in parts.",
        "メールが大きすぎます。添付を減らすか、分けて送ってください。",
    ),
    "4": (
        "The other server could not be reached. Check what stands after the @, and try again later.",
        "相手のサーバーにつながりません。@ の後ろを確かめ、後でもう一度送ってください。",
    ),
    "6": (
        "The other server cannot take a letter of this form. Send it as plain text.",
        "相手のサーバーがこの形式を受け取れません。テキスト形式で送ってください。",
    ),
    "7": (
        "The other server's rules refused the letter. Show its words above to the person or to your administrator.",
        "相手のサーバーの規則で断られました。上の返事を、相手か管理者に見せてください。",
    ),
    "": (
        "Try again later. If it fails again, show the words above to your administrator.",
        "後でもう一度送ってください。再び届かなければ、上の返事を管理者に見せてください。",
    ),
}
_WAIT: Final = (
    "You need not do anything: delivery is tried again by itself.",
    "何もしなくて大丈夫です。自動で再送します。",
)


def about(subject: Subject) -> tuple[str, str]:
    """The report in one line, English and Japanese."""
    english, japanese = subject.value
    return english, japanese


def explanation(host: str, subject: str, date: str, outcomes: Sequence[Outcome]) -> str:
    """The whole text for people.

    Args:
        host: our own name.
        subject: the letter's subject, as people read it; may be empty.
        date: the letter's date, as it was written; may be empty.
        outcomes: what became of it, address by address.
    """
    english = [f"This is the mail server {host}. It writes about your letter", ""]
    japanese = [f"メールサーバー {host} から、次のメールについてのお知らせです。", ""]
    english += [f"  Subject: {subject or '(none)'}", f"  Date:    {date or '(none)'}"]
    japanese += [f"  件名: {subject or '(なし)'}", f"  日付: {date or '(なし)'}"]
    for outcome in outcomes:
        english += _in_english(outcome)
        japanese += _in_japanese(outcome)
    return "\n".join([*english, "", "-" * 60, "", *japanese, ""])


def _in_english(outcome: Outcome) -> list[str]:
    lines = ["", f"To {outcome.address}:", f"  It {_ACTIONS[outcome.action][0]}."]
    if outcome.said:
        lines += [f"  {outcome.host or 'The other server'} said:", *_quoted(outcome.said)]
    if outcome.until:
        lines.append(f"  Delivery is tried until {outcome.until}.")
    return [*lines, *(f"  {line[0]}" for line in _advice(outcome))]


def _in_japanese(outcome: Outcome) -> list[str]:
    lines = ["", f"{outcome.address} 宛:", f"  {_ACTIONS[outcome.action][1]}。"]
    if outcome.said:
        lines += [f"  {outcome.host or '相手のサーバー'} の返事:", *_quoted(outcome.said)]
    if outcome.until:
        lines.append(f"  {outcome.until} まで再送を試みます。")
    return [*lines, *(f"  {line[1]}" for line in _advice(outcome))]


def _quoted(said: str) -> list[str]:
    return [f"    {line}" for line in said[:2000].splitlines()]


def _advice(outcome: Outcome) -> list[tuple[str, str]]:
    if outcome.action == "delayed":
        return [_WAIT]
    if outcome.action != "failed":
        return []
    detail = outcome.code.partition(".")[2]
    return [next(_ADVICE[key] for key in (detail, detail.partition(".")[0], "") if key in _ADVICE)]
