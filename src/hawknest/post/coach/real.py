"""The last line: how a real letter to an echo address fares."""

from hawknest.post.coach.desk import Desk, waiting
from hawknest.post.coach.echo import LIMIT, Phase
from hawknest.post.coach.values import Note, Outcome, State


async def letter(desk: Desk) -> Outcome:
    """Whether the letter came back, and what its reader thought of it."""
    echo = desk.situation.echo
    if echo is None:
        return waiting("echo-unsent", to=desk.situation.wishes.echo)
    values = {
        "to": echo.to,
        "words": echo.words,
        "results": ", ".join(f"{method}={result}" for method, result in echo.results),
        "minutes": str(round(LIMIT / 60)),
    }
    match echo.phase:
        case Phase.SENT:
            return Outcome(State.WAITING, "echo-sent", values)
        case Phase.DEFERRED:
            return Outcome(State.YELLOW, "echo-deferred", values)
        case Phase.LEFT:
            return Outcome(State.WAITING, "echo-left", values)
        case Phase.BOUNCED:
            return Outcome(State.RED, "echo-bounced", values)
        case Phase.SILENT:
            return Outcome(State.RED, "echo-silent", values)
        case Phase.BACK:
            if any(result not in {"pass", "none", "neutral"} for _, result in echo.results):
                return Outcome(State.RED, "echo-doubted", values)
            notes = () if echo.results else (Note("echo-unquoted"),)
            return Outcome(State.GREEN, "echo-back" if echo.results else "echo-plain", values, notes=notes)
