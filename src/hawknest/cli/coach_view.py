"""How the coach looks on a terminal: all lines, and below what is to be done next, in as many words as there is room for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from hawknest.cli.messages import MESSAGES
from hawknest.log.lines import printable
from hawknest.post.coach.values import Group as Kind
from hawknest.post.coach.words import Language

Line = Mapping[str, Any]
Data = Mapping[str, Any]

MARKS: Final = {"green": "✓", "yellow": "!", "red": "✗", "waiting": "-", "unknown": "?"}
_STYLES: Final = {
    "green": "green",
    "yellow": "yellow",
    "red": "bold red",
    "waiting": "dim",
    "unknown": "magenta",
}
#: What is to be done first: what is needed, and wrong.
_WEIGHTS: Final = ("needed", "wise", "extra")
_STATES: Final = ("red", "yellow", "unknown")
INDENT: Final = 4


def say(key: str, language: Language, /, **values: object) -> str:
    """Give a message of the command in a language."""
    return MESSAGES[f"coach-{key}"][1 if language == "ja" else 0].format_map(values)


def whole(data: Data, language: Language) -> Iterator[RenderableType]:
    """Everything, with all that is known of each line."""
    yield from _head(data, language)
    for kind in Kind:
        yield Text()
        yield Text(say(f"group-{kind}", language), style="bold")
        for line in _of(data, kind):
            yield _title(line, language)
            if line["state"] != "green":
                yield from told(line, language)
            else:
                yield from _notes(line)
    yield Text()
    yield ending(data, language)


def ending(data: Data, language: Language) -> Text:
    """How it stands, in a sentence."""
    if data["ready"]:
        return Text(say("ready", language, domain=data["readable"]), style="green")
    return Text(say("not-ready", language, count=data["needed"] - data["needed_green"]), style="bold")


def change(line: Line, language: Language, time: str) -> Text:
    """A line that has changed, in one line."""
    words = say("changed", language, time=time, title=line["title"], text=printable(line["text"]))
    return Text(f"{MARKS[line['state']]} {words}", style=_STYLES[line["state"]])


class Board:
    """The live view: all lines in short, and what to do next as far as the window has room."""

    def __init__(self, data: Data, language: Language) -> None:
        self._data = data
        self._language: Language = language

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give what fits."""
        data, language = self._data, self._language
        yield from _head(data, language)
        used = 3
        for kind in Kind:
            yield Text(say(f"group-{kind}", language), style="bold")
            lines = list(_of(data, kind))
            yield from (_title(line, language) for line in lines)
            used += len(lines) + 1
        yield Text()
        left = (options.height or console.height) - used - 3
        yield from self._next(console, options, left)
        yield Text(say("watching", language), style="dim")

    def _next(self, console: Console, options: ConsoleOptions, room: int) -> RenderResult:
        todo = next_lines(self._data)
        if not todo:
            yield ending(self._data, self._language)
            return
        yield Text(say("next", self._language), style="bold underline")
        for number, line in enumerate(todo):
            block = Group(_title(line, self._language), *told(line, self._language))
            room -= len(console.render_lines(block, options))
            if number and room < 0:
                yield Text(say("more", self._language, count=len(todo) - number), style="dim")
                return
            yield block


def next_lines(data: Data) -> list[Line]:
    """The lines that somebody has to see to, the most needed first."""
    todo = [line for line in data["lines"] if line["state"] in _STATES]
    return sorted(todo, key=lambda line: (_WEIGHTS.index(line["weight"]), _STATES.index(line["state"])))


def told(line: Line, language: Language) -> Iterator[RenderableType]:
    """What is known of a line: what was found, what to do, what to enter, what breaks where it is skipped."""
    yield _indented(line["text"])
    if line["advice"]:
        yield _indented(line["advice"], "cyan")
    for entry in line["enter"]:
        yield from _entry(entry, language)
    yield from _notes(line)
    if line["skipped"] and line["state"] in _STATES:
        yield _indented(say("skipped", language, words=line["skipped"]), "dim")


def _head(data: Data, language: Language) -> Iterator[Text]:
    yield Text(say("head", language, domain=data["readable"], host=data["host"]), style="bold")
    counts = {
        "done": data["needed_green"],
        "needed": data["needed"],
        "green": data["green"],
        "total": data["total"],
    }
    yield Text(say("count", language, **counts))


def _of(data: Data, kind: Kind) -> Sequence[Line]:
    return [line for line in data["lines"] if line["group"] == kind]


def _title(line: Line, language: Language) -> Text:
    text = Text(f"  {MARKS[line['state']]} ", style=_STYLES[line["state"]])
    text.append(line["title"], style="default" if line["state"] == "green" else "bold default")
    if line["state"] != "green":
        text.append(f"  ({say(line['weight'], language)})", style="dim")
    return text


def _notes(line: Line) -> Iterator[RenderableType]:
    for note in line["notes"]:
        yield _indented(note, "dim")


def _entry(entry: Mapping[str, str], language: Language) -> Iterator[RenderableType]:
    names = [say(word, language) for word in ("name", "type", "value")]
    width = max(Text(name).cell_len for name in names) + 2
    zone = entry["zone"]
    inside = say("zone", language, zone=zone, relative=entry["relative"]) if zone else ""
    values = (f"{entry['name']}  {inside}".rstrip(), entry["type"], entry["value"])
    for name, value in zip(names, values, strict=True):
        label = Text(" " * INDENT + "  " + name, style="dim")
        label.append(" " * (width - Text(name).cell_len))
        label.append(printable(value), style="default")
        yield label


def _indented(text: str, style: str = "") -> Padding:
    return Padding(Text(printable(text), style=style), (0, 0, 0, INDENT))
