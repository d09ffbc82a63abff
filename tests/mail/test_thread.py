"""Threads, RFC 5256 §3: its examples, a table of the steps, and a naive model that follows the text word by word."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.thread import Entry, Node, by_references, ordered_subject, written


def entry(
    number: int,
    refs: str = "",
    subject: str = "",
    *,
    own: str = "",
    at: float | None = None,
    re: bool = False,
) -> Entry:
    return Entry(
        number,
        number if at is None else at,
        subject,
        re,
        own or f"<{number}@x>",
        tuple(f"<{one}@x>" for one in refs.split()),
    )


def referenced(*entries: Entry) -> str:
    return written(by_references(entries))


# RFC 5256 §4: "(2)(3 6 (4 23)(44 7 96))", by references.
RFC_EXAMPLE = [
    entry(2),
    entry(3),
    entry(6, "3"),
    entry(4, "3 6"),
    entry(23, "3 6 4"),
    entry(44, "3 6", at=5.5),
    entry(7, "3 6 44"),
    entry(96, "3 6 44 7"),
]


def test_the_example_of_the_rfc() -> None:
    assert referenced(*RFC_EXAMPLE) == "(2)(3 6 (4 23)(44 7 96))"
    assert referenced(*reversed(RFC_EXAMPLE)) == "(2)(3 6 (4 23)(44 7 96))"


def test_the_second_example_of_the_rfc() -> None:
    # THREAD (166)(167)(168)(169)(172)((170)(179))(171)(173)(174 (175)(176)(178)(181)(180))(177 (183)(182)(188)(184)(185)(186)(187)(189))(190)(191)(192)(193)(194 195)…
    answers = [entry(n, "174", at=at) for n, at in ((175, 1), (176, 2), (178, 3), (181, 4), (180, 5))]
    gone = [entry(170, "lost", at=173), entry(179, "lost", at=180)]
    assert (
        referenced(entry(172, at=172), entry(174, at=174), *answers, *gone, entry(194), entry(195, "194"))
        == "(172)((170)(179))(174 (175)(176)(178)(181)(180))(194 195)"
    )


@pytest.mark.parametrize(
    ("entries", "result"),
    [
        ([], ""),
        ([entry(1, "1")], "(1)"),  # its own ancestor
        ([entry(1, "2"), entry(2, "1")], "(2 1)"),  # each other's: the first word counts
        ([entry(3, "1 2")], "(3)"),  # ancestors who are not here leave no trace
        ([entry(3, "1 2"), entry(4, "1 2")], "((3)(4))"),
        ([entry(3, "1 2"), entry(4, "1 5")], "((3)(4))"),
        ([entry(1), entry(3, "1 2"), entry(4, "1 2")], "(1 (3)(4))"),
        ([entry(1), entry(2, own="<1@x>"), entry(3, "1")], "(1 3)(2)"),  # the same id twice
        ([entry(1), Entry(2, 2, "", False), Entry(3, 3, "", False)], "(1)(2)(3)"),  # no id at all
        ([entry(1), entry(2), entry(3, "1 2"), entry(4, "2")], "(1 2 (3)(4))"),  # 3 knows it, 2 says nothing
        (
            [entry(1), entry(3, "1 2"), entry(4, own="<2@x>")],
            "(1)(4 3)",
        ),  # it says later that it answers nobody
        ([entry(5, at=1), entry(4, at=1), entry(3, at=2)], "(4)(5)(3)"),
        # The same base subject: answers go below, equals side by side.
        ([entry(1, subject="a"), entry(2, subject="a", re=True)], "(1 2)"),
        ([entry(1, subject="a", re=True), entry(2, subject="a")], "(2 1)"),
        ([entry(1, subject="a"), entry(2, subject="a"), entry(3, subject="a")], "((1)(2)(3))"),
        ([entry(1, subject="a", re=True), entry(2, subject="a", re=True)], "((1)(2))"),
        ([entry(1, subject=""), entry(2, subject="")], "(1)(2)"),
        ([entry(1, "0", "a"), entry(2, "0", "a"), entry(3, subject="a")], "((1)(2)(3))"),
        ([entry(1, "0", "a"), entry(2, "0", "a"), entry(3, "9", "a"), entry(4, "9", "a")], "((1)(2)(3)(4))"),
        ([entry(1, "0", "a", re=True), entry(2, "0", "a"), entry(3, subject="a")], "((1)(2)(3))"),
        ([entry(1, subject="a"), entry(2, "1", "b"), entry(3, subject="b", re=True)], "(1 2)(3)"),
    ],
)
def test_table(entries: list[Entry], result: str) -> None:
    assert referenced(*entries) == result


def test_ordered_subject() -> None:
    entries = [
        entry(1, subject="b", at=5),
        entry(2, subject="a", at=4),
        entry(3, subject="b", at=3),
        entry(4, subject="b", at=9),
    ]
    assert written(ordered_subject(entries)) == "(3 (1)(4))(2)"
    assert written(ordered_subject([])) == ""


def test_deep_and_wide_ones_take_no_long_time() -> None:
    chain = [entry(n, f"{n - 1}" if n > 1 else "") for n in range(1, 20_001)]
    assert referenced(*chain) == f"({' '.join(map(str, range(1, 20_001)))})"
    backwards = [entry(n, f"{n + 1}") for n in range(1, 3_001)]
    by_references(backwards)
    bush = [entry(n, " ".join(map(str, range(max(n - 300, 1), n)))) for n in range(1, 2_000)]
    by_references(reversed(bush))
    by_references(entry(n, subject="same", re=n % 3 == 0) for n in range(20_000))


# The naive model ------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Message:
    entry: Entry | None = None
    parent: "Message | None" = None
    children: list["Message"] = field(default_factory=list)

    def move(self, parent: "Message | None") -> None:
        if self.parent:
            self.parent.children.remove(self)
        self.parent = parent
        if parent:
            parent.children.append(self)

    def loops(self, above: "Message | None") -> bool:
        while above is not None and above is not self:
            above = above.parent
        return above is self

    @property
    def speaker(self) -> Entry:
        return self.entry or self.children[0].speaker


def naive(entries: list[Entry]) -> list[Message]:
    table: dict[str, Message] = {}
    everybody: list[Message] = []

    def get(one: str) -> Message:
        if one not in table:
            table[one] = Message()
            everybody.append(table[one])
        return table[one]

    for number, one in enumerate(sorted(entries)):
        own = one.message_id or f"unique {number}"
        if own in table and table[own].entry:
            own = f"unique {number}"
        last = None
        mine = get(own)
        mine.entry = one
        for reference in one.references:  # 1.A
            ancestor = get(reference)
            if last and not ancestor.parent and not ancestor.loops(last):
                ancestor.move(last)
            last = ancestor
        mine.move(None)  # 1.B
        if not mine.loops(last):
            mine.move(last)
    root = Message(children=[one for one in everybody if one.parent is None])  # 2
    for one in root.children:
        one.parent = root
    prune(root, top=True)  # 3
    order(root)  # 4
    return gather(root)


def prune(message: Message, *, top: bool) -> None:
    kept: list[Message] = []
    for child in message.children:
        prune(child, top=False)
        if child.entry or (top and len(child.children) > 1):
            kept.append(child)
        else:
            kept.extend(child.children)
    message.children = kept


def order(message: Message) -> None:
    for child in message.children:
        order(child)
    message.children.sort(key=lambda child: (child.speaker.at, child.speaker.number))


def gather(root: Message) -> list[Message]:
    table: dict[str, Message] = {}
    for one in root.children:  # 5.B
        key = one.speaker.subject
        held = table.get(key)
        if not key:
            continue
        # A dummy that holds the place keeps it: the rules of 5.C know no dummy below a letter.
        if not held or (held.entry and (not one.entry or (held.entry.reply and not one.entry.reply))):
            table[key] = one
    for one in list(root.children):  # 5.C
        key = one.speaker.subject
        held = table.get(key)
        if not held or held is one:
            continue
        root.children.remove(one)
        if not held.entry and not one.entry:
            held.children += one.children
        elif not held.entry or (one.speaker.reply and not held.entry.reply):
            held.children.append(one)
        else:
            root.children.remove(held)
            table[key] = Message(children=[held, one])
            root.children.append(table[key])
    order(root)  # 6
    return root.children


def shape(threads: list[Message] | list[Node]) -> list[object]:
    return [(one.entry.number if one.entry else None, shape(one.children)) for one in threads]  # type: ignore[arg-type]


IDS = st.integers(0, 7).map("<{}@x>".format)
ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["", "a", "b"]),
        st.booleans(),
        st.just("") | IDS,
        st.lists(IDS, max_size=4),
    ),
    max_size=9,
).map(
    lambda rows: [
        Entry(n, at, subject, re, own, tuple(refs)) for n, (at, subject, re, own, refs) in enumerate(rows, 1)
    ]
)


@given(ENTRIES)
def test_the_model_agrees(entries: list[Entry]) -> None:
    found = by_references(entries)
    assert shape(found) == shape(naive(entries))
    numbers = sorted(int(n) for n in written(found).replace("(", " ").replace(")", " ").split())
    assert numbers == [one.number for one in entries]
