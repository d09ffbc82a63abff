"""`hawknest log trace`: the journey of a letter, line by line in plain words, with the other server's own."""

import time
from typing import Any, Final

from hawknest.cli.messages import MESSAGES
from hawknest.cli.nest import DEFAULT, Data, nest
from hawknest.cli.say import Json, octets, show, when
from hawknest.cli.trouble import Trouble
from hawknest.cli.words import tell
from hawknest.log.lines import printable
from hawknest.post import tracing
from hawknest.post.tracing import Journey
from hawknest.store.journey import Step

#: Fields of a step that hold what the other server said.
WORDS: Final = ("words", "reply", "said", "reason", "error")


def trace(key: str, *, count: int = 20, data: Data = DEFAULT, json: Json = False) -> None:
    """Tell the journey of a letter: how it came, where it was filed, every attempt to send it on, and what waits.

    Example: `hawknest log trace 06fz1q2v3k4m5n6p` · `hawknest log trace tom@example.org` ·
    `hawknest log trace '<20261231.1@example.org>'`

    Args:
        key: The letter's id, its Message-ID, or the address of its sender or a recipient.
        count: How many letters at the most; the newest ones.
    """
    with nest(data) as here:
        told = here.read(lambda c: tracing.trace(c, key, count))[::-1]
    if not told and not json:
        raise Trouble(tell("trace-none", key=printable(key)))
    shown = [one.plain() for one in told]
    show(shown, json, lambda: "\n\n".join("\n".join(_lines(one)) for one in told))


def _lines(told: Journey) -> list[str]:
    letter = told.letter
    sender = letter.sender or tell("trace-null")
    lines = [printable(tell("trace-letter", id=letter.id, size=octets(letter.size), sender=sender))]
    if letter.message_id:
        lines.append(printable(tell("trace-message-id", message_id=letter.message_id)))
    came = "trace-came" if letter.peer else "trace-made"
    lines.append(_line(letter.at, tell(came, peer=letter.peer, service=letter.service), letter.detail))
    lines += [line for step in told.steps for line in _step(step)]
    for entry in told.waiting:
        due = entry.next_at <= time.time()
        key = "trace-waiting-held" if entry.held else "trace-waiting-due" if due else "trace-waiting"
        words = tell(key, address=entry.address, at=when(entry.next_at), attempts=entry.attempts)
        lines.append(_line(time.time(), words, {}))
    return lines


def _step(step: Step) -> list[str]:
    """The line of a step, and one for what the other server said."""
    detail = dict(step.detail)
    said = [str(detail.pop(name)) for name in WORDS if detail.get(name)]
    tried: list[dict[str, Any]] = detail.pop("tried", [])
    if next_at := detail.pop("next", None):
        detail["next try"] = when(next_at)
    left = _left(detail)
    key = f"trace-{step.event}"
    if key == "trace-leads to":
        words = tell(key, address=step.address, to=", ".join(map(str, detail.pop("to", []))))
    elif key in MESSAGES:
        words = tell(key, address=step.address)
    else:
        words = tell("trace-other", event=step.event, address=step.address)
    found = _found(detail) if step.event == "checked" else _over(step.event, detail)
    answers = [tell("trace-tried", **_other(one)) for one in tried]
    answers += [tell("trace-said", words=line) for text in said for line in text.splitlines()]
    answers += left
    return [_line(step.at, words, detail), *(" " * 21 + printable(line) for line in (*found, *answers))]


def _found(detail: dict[str, Any]) -> list[str]:
    """The lines of what was found out about a stranger's letter; they are taken out of the details."""
    lines: list[str] = []
    iprev, dmarc = detail.pop("iprev", {}), detail.pop("dmarc", {})
    signatures: list[dict[str, str]] = detail.pop("dkim", []) or [{"result": "none"}]
    for method, one in (
        ("iprev", iprev),
        ("spf", detail.pop("spf", {})),
        *(("dkim", signature) for signature in signatures),
        ("dmarc", dmarc),
        ("arc", detail.pop("arc", {})),
    ):
        if (key := f"check-{method}-{one.get('result')}") in MESSAGES:
            words = tell(key, domain=one.get("domain", ""), name=one.get("name", ""))
            lines.append(f"{words} ({one['why']})" if one.get("why") else words)
    if (key := f"check-policy-{dmarc.get('policy')}") in MESSAGES:
        lines.append(tell(key, domain=dmarc.get("domain", "")))
    lines += [
        tell(f"check-{name}", zones=", ".join(detail.pop(name)))
        for name in ("listed", "vouched")
        if detail.get(name)
    ]
    if detail.pop("excused", ""):
        lines.append(tell("check-excused"))
    return lines


def _over(event: str, detail: dict[str, Any]) -> list[str]:
    """What protected a letter that another server took."""
    proof = str(detail.pop("proof", ""))
    if event != "delivered" or "ip" not in detail:
        return []
    tls = str(detail.get("tls", "")).partition(" ")[0].replace("TLSv", "TLS ")
    return [tell(f"trace-over-{(proof or 'tls') if tls else 'clear'}", tls=tls)]


def _left(detail: dict[str, Any]) -> list[str]:
    """How a letter left, signed or not and by whom: taken out of the details."""
    lines: list[str] = []
    if rewritten := detail.pop("rewritten", None):
        lines.append(tell("trace-rewritten", domain=rewritten))
    if signed := str(detail.pop("signed", "")):
        domain, _, keys = signed.partition(" ")
        lines.append(tell("trace-signed", domain=domain, keys=keys))
    if sealed := detail.pop("sealed", None):
        lines.append(tell("trace-sealed", domain=sealed))
    if f"trace-unsigned-{detail.get('unsigned')}" in MESSAGES:
        lines.append(tell(f"trace-unsigned-{detail.pop('unsigned')}"))
    return lines


def _other(tried: dict[str, Any]) -> dict[str, str]:
    """A host that was tried in vain, as the words name it."""
    host = str(tried.get("host") or tried.get("ip", ""))
    return {"host": host, "words": " ".join(str(tried.get("said", "")).split())}


def _line(at: float, words: str, detail: dict[str, Any]) -> str:
    """A line with its time, and the details in brackets."""
    rest = ", ".join(
        f"{name} {_plain(value)}" for name, value in detail.items() if value not in ("", None, [], {})
    )
    return printable(f"{when(at)}  {words}" + (f" ({rest})" if rest else ""))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
