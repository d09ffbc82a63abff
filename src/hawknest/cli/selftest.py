"""`hawknest selftest`: the self-test at the command line."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.say import Json, show
from hawknest.cli.words import language, tell
from hawknest.net.control import ask
from hawknest.post import selftest as test
from hawknest.post.selftest import Trial
from hawknest.store import Connection

T = TypeVar("T")


class _House:
    """The nest as the command line has it."""

    def __init__(self, here: Nest) -> None:
        self._here = here

    @property
    def directory(self) -> Path:
        return self._here.config.directory

    def read(self, question: Callable[[Connection], T]) -> T:
        return self._here.read(question)

    def write(self, job: Callable[[Connection], T]) -> T:
        return self._here.write(job)

    def listeners(self) -> Sequence[Mapping[str, Any]]:
        return ask(self._here.config.socket, "status")["listeners"]


def selftest(*, to: str = "", data: Data = DEFAULT, json: Json = False) -> int:
    """Try the running server: its ports, TLS, a letter handed in, found, read back and removed, and that nobody can relay.

    It logs in with a token that is made for this test alone, opens each service once, and ends with it. Ends with exit code 1
    where a step fails.

    Example: `hawknest selftest`

    Args:
        to: The address of yours that the test letter goes to; without this it is the first administrator's.
    """
    with nest(data) as here:
        try:
            trial = test.run(_House(here), to)
        finally:
            here.changed = False  # nothing that the server remembers
    show(trial.plain(), json, lambda: _in_words(trial))
    return 0 if trial.ok else 1


def _in_words(trial: Trial) -> str:
    spoken = "ja" if language() == "ja" else "en"
    lines = [step.words(spoken) for step in trial.steps]
    return "\n".join([*lines, "", tell("selftest-well" if trial.ok else "selftest-ill")])
