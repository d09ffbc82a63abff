"""Letters that belong together, as THREAD shows them: REFERENCES and ORDEREDSUBJECT. RFC 5256 §3.

REFERENCES builds a forest from who names whom as an ancestor, with a dummy in the place of each letter that is named but
not there; takes the dummies out again where nothing is lost by it; and joins what has the same base subject. It is J.
Zawinski's algorithm, and the numbers in the comments are the RFC's steps. Nothing here calls itself: a letter of a mailing
list may hang a thousand answers deep.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

DEEP: Final = 1000  # ancestors that are looked at before a link that might close a loop is left out


class Entry(NamedTuple):
    """A letter that is to be put in a thread."""

    #: What it is called in the result: a UID or a message number. Where dates are equal, lower ones come first.
    number: int
    #: Seconds since the epoch: the sent date, or where there is none the internal date.
    at: float
    #: The key of its base subject, and whether the whole subject said that it answers or forwards.
    subject: str
    reply: bool
    #: Its id, or "", and those of its ancestors, oldest first.
    message_id: str = ""
    references: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Node:
    """A letter, or a dummy (no entry) for one that is not here, with the answers to it."""

    entry: Entry | None = None
    children: list["Node"] = field(default_factory=list["Node"])
    parent: "Node | None" = None
    #: Whether some letter says it answers this one: only then a loop could close over it.
    answered: bool = False

    @property
    def number(self) -> int | None:
        """The letter's number; None for a dummy."""
        return self.entry.number if self.entry else None


def ordered_subject(entries: Iterable[Entry]) -> list[Node]:
    """Put letters of one base subject together: the first, and all others as answers to it. RFC 5256 §3.

    Args:
        entries: the letters, in any order.

    Returns:
        The threads in the order of their first letters.
    """
    threads: dict[str, Node] = {}
    for entry in sorted(entries, key=_date):
        if first := threads.get(entry.subject):
            first.children.append(Node(entry, parent=first))
        else:
            threads[entry.subject] = Node(entry)
    return list(threads.values())


def by_references(entries: Iterable[Entry]) -> list[Node]:
    """Put letters under those that they answer. RFC 5256 §3.

    Args:
        entries: the letters, in any order.

    Returns:
        The threads by date; in each all answers to one letter likewise.
    """
    threads = _without_dummies(_linked(sorted(entries, key=lambda entry: entry.number)))
    _sort(threads)
    threads = _joined(threads)
    _sort(threads)
    return threads


def written(forest: Iterable[Node]) -> str:
    """The threads as the THREAD response has them.

    thread-list    = "(" (thread-members / thread-nested) ")"     ; RFC 5256 §5
    thread-members = nz-number *(SP nz-number) [SP thread-nested]
    thread-nested  = 2*thread-list
    """
    out: list[str] = []
    waiting: list[Node | None] = [*reversed(list(forest))]  # None: a list ends here
    while waiting:
        node = waiting.pop()
        if node is None:
            out.append(")")
            continue
        out.append("(")
        waiting.append(None)
        line = [str(node.number)] if node.entry else []
        while len(node.children) == 1:
            node = node.children[0]
            line.append(str(node.number))
        out.append(" ".join(line) + (" " if line and node.children else ""))
        waiting.extend(reversed(node.children))
    return "".join(out)


def _date(entry: Entry) -> tuple[float, int]:
    return entry.at, entry.number


def _linked(entries: Iterable[Entry]) -> list[Node]:
    """Step 1: link each letter below the last of its ancestors, and those below one another. Returns the letters."""
    known: dict[str, Node] = {}
    letters: list[Node] = []
    for entry in entries:
        mine = known.setdefault(entry.message_id, Node()) if entry.message_id else Node()
        if mine.entry is not None:  # the second letter with that id: it is known to nobody by it
            mine = Node()
        mine.entry = entry
        letters.append(mine)
        above: Node | None = None
        for message_id in entry.references:
            ancestor = known.get(message_id)
            if ancestor is None:
                ancestor = known[message_id] = Node()
            if above is not None and ancestor.parent is None:
                _link(above, ancestor)
            above = ancestor
        # What a letter says of its own parent counts more than what others said.
        if mine.parent is not above:
            mine.parent = None
            if above is not None:
                _link(above, mine)
    return letters


def _link(above: Node, below: Node) -> None:
    """Make `below` an answer to `above`, unless that would close a loop."""
    if above is below:
        return
    if below.answered:
        node, steps = above.parent, DEEP
        while node is not None:
            steps -= 1
            if node is below or not steps:
                return
            node = node.parent
    below.parent = above
    above.answered = True


def _without_dummies(letters: Iterable[Node]) -> list[Node]:
    """Steps 2 and 3: what stood below a dummy comes below what that stood below. Returns the threads.

    Only on top, where its answers would lose each other, a dummy stays.
    """
    tops: dict[Node, None] = {}
    for letter in letters:
        letter.parent = parent = _kept(letter.parent)
        if parent is None:
            tops[letter] = None
            continue
        parent.children.append(letter)
        if parent.entry is None:
            tops[parent] = None
    return [top.children[0] if top.entry is None and len(top.children) == 1 else top for top in tops]


def _kept(node: Node | None) -> Node | None:
    """The nearest letter, or dummy on top, from a node upwards; what was passed on the way points there at once later."""
    passed: list[Node] = []
    while node is not None and node.entry is None and node.parent is not None:
        passed.append(node)
        node = node.parent
    for dummy in passed:
        dummy.parent = node
    return node


def _first(thread: Node) -> Entry:
    """The letter that speaks for a thread: its top, or for a dummy the first answer."""
    entry = thread.entry or thread.children[0].entry
    assert entry is not None, "a dummy below a dummy"
    return entry


def _sort(threads: list[Node]) -> None:
    """Steps 4 and 6: bring all answers to a letter, and then the threads, in the order of their dates."""
    waiting = list(threads)
    while waiting:
        node = waiting.pop()
        node.children.sort(key=_when)
        waiting.extend(node.children)
    threads.sort(key=_when)


def _when(thread: Node) -> tuple[float, int]:
    return _date(_first(thread))


def _joined(threads: list[Node]) -> list[Node]:
    """Step 5: join threads of one base subject."""
    table = _by_subject(threads)
    joined: dict[Node, None] = {}
    for thread in threads:
        subject = _first(thread).subject
        other = table.get(subject, thread)
        if other is thread:
            joined[thread] = None
        elif other.entry is None and thread.entry is None:
            other.children += thread.children
        elif other.entry is None or (_first(thread).reply and not other.entry.reply):
            other.children.append(thread)
        else:
            table[subject] = both = Node(children=[other, thread])
            joined.pop(other, None)
            joined[both] = None
    return list(joined)


def _by_subject(threads: Iterable[Node]) -> dict[str, Node]:
    """Step 5B: the thread that others of its base subject join: a dummy, or else one that begins a subject."""
    table: dict[str, Node] = {}
    for thread in threads:
        first = _first(thread)
        held = table.get(first.subject)
        if held is None or (
            held.entry is not None and (thread.entry is None or (held.entry.reply and not first.reply))
        ):
            table[first.subject] = thread
    table.pop("", None)
    return table
