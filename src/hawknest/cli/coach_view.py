"""How the coach looks on a terminal: all lines, and below what is to be done next, in as many words as there is room for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from hawknest.cli.messages import MESSAGES
from hawknest.log.lines import printable
from hawknest.post.coach.values import Group as Kind
from hawknest.post.coach.words import Language

Line = Mapping[str, Any]
Data = Mapping[str, Any]
Entry = Mapping[str, str]

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
ROOM: Final = 14  # rows that what is to be done next needs at least


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
        rows = options.height or console.height
        used = 3 + len(Kind) + len(data["lines"])
        if rows - used < ROOM:  # a small window shows a mark for each line
            used = 3 + len(Kind)
            yield from (_marks(data, kind, language) for kind in Kind)
        else:
            for kind in Kind:
                yield Text(say(f"group-{kind}", language), style="bold")
                yield from (_title(line, language) for line in _of(data, kind))
        yield Text()
        yield from self._next(console, options, rows - used - 3)
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
    yield Indented(line["text"])
    if line["advice"]:
        yield Indented(line["advice"], "cyan")
    yield from _entries(line["enter"], language)
    yield from _notes(line)
    if line["skipped"] and line["state"] in _STATES:
        yield Indented(say("skipped", language, words=line["skipped"]), "dim")


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


def _marks(data: Data, kind: Kind, language: Language) -> Text:
    """A group in one line: a mark for each of its lines."""
    text = Text(say(f"group-{kind}", language) + " ", style="bold")
    for line in _of(data, kind):
        text.append(f" {MARKS[line['state']]}", style=_STYLES[line["state"]])
    return text


def _title(line: Line, language: Language) -> Text:
    text = Text(f"  {MARKS[line['state']]} ", style=_STYLES[line["state"]])
    text.append(line["title"], style="default" if line["state"] == "green" else "bold default")
    if line["state"] != "green":
        text.append(f"  ({say(line['weight'], language)})", style="dim")
    return text


def _notes(line: Line) -> Iterator[RenderableType]:
    for note in line["notes"]:
        yield Indented(note, "dim")


def _entries(entries: Sequence[Entry], language: Language) -> Iterator[RenderableType]:
    """What to enter, in columns; a value that is too long for its column stands below, whole."""
    if not entries:
        return
    zone = entries[0]["zone"] if all(one["zone"] == entries[0]["zone"] for one in entries) else ""
    names = [printable(one["relative"] if zone else one["name"]) for one in entries]
    heads = (say("zone", language, zone=zone) if zone else say("name", language), say("type", language))
    first = max(map(cell_len, (heads[0], *names)))
    second = max(cell_len(heads[1]), *(cell_len(one["type"]) for one in entries))
    yield Row(heads[0], heads[1], say("value", language), widths=(first, second), style="dim")
    for name, one in zip(names, entries, strict=True):
        yield Row(name, one["type"], printable(one["value"]), widths=(first, second))


class Row:
    """A record as a row of columns."""

    def __init__(self, *cells: str, widths: tuple[int, int], style: str = "") -> None:
        self._cells = cells
        self._widths = widths
        self._style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give one line, or two where the value is long."""
        before = [
            cell + " " * (width - cell_len(cell))
            for cell, width in zip(self._cells, self._widths, strict=False)
        ]
        start, value = " " * INDENT + "  " + "  ".join(before) + "  ", self._cells[2]
        if cell_len(start + value) <= options.max_width:
            yield Text(start + value, style=self._style)
            return
        yield Text(start.rstrip(), style=self._style)
        yield Text(
            value, style=self._style, no_wrap=True, overflow="fold" if console.is_terminal else "ignore"
        )


class Indented:
    """A text, indented and broken into lines: between words, and between any two Japanese characters but before a mark."""

    def __init__(self, text: str, style: str = "") -> None:
        self._text = printable(text)
        self._style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines."""
        for line in wrapped(self._text, options.max_width - INDENT):
            yield Text(" " * INDENT + line, style=self._style)


_PIECE: Final = re.compile(
    r"[!-~\u00a0-\u024f\u2026]+ *|[^!-~\u00a0-\u024f\u2026][\u3001\u3002\uff0c\uff0e\uff09\u300d\u300f\uff01\uff1f]* *"
)


def wrapped(text: str, width: int) -> Iterator[str]:
    """Break a text into lines of so many columns."""
    line = ""
    for piece in _PIECE.findall(text):
        if line and cell_len(line + piece.rstrip()) > width:
            yield line.rstrip()
            line = ""
        line += piece
        while cell_len(line.rstrip()) > width:  # a word that no line holds
            head = set_cell_size(line, width)
            yield head
            line = line[len(head) :]
    if line.strip():
        yield line.rstrip()
