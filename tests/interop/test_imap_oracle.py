"""Dovecot as an oracle: the same letters in both servers, the same questions, and every difference explained.

Every letter of the corpora is appended to one mailbox of each (what is no letter but XML, or has a NUL, which no
literal may hold, or is empty is left out). What differs must be in a table of explained.py, with its reason, and what the
table explains must occur.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest

from interop.explained import ANSWERS, BINARY, ITEMS, ORDER, SEARCH, SECTIONS, Difference, Row, clear
from interop.houses import House, house
from interop.imaptalk import Talk, Value
from whole.serving import PASSWORD
from whole.test_corpora import CORPORA, SETS, crlf, letters

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


def arrival(number: int) -> bytes:
    return b"%02d-Nov-2025 10:%02d:00 +0900" % (number % 27 + 1, number % 60)


class Pair:
    """Both servers with the same mailbox selected, ours second."""

    def __init__(self, houses: tuple[House, House], sent: list[tuple[str, bytes]]) -> None:
        self.sent = sent
        self.names = [one.name for one in houses]
        with ThreadPoolExecutor(2) as pool:
            self.talks = list(pool.map(self._filled, houses))

    def _filled(self, where: House) -> Talk:
        talk = Talk(where.imaps, where.context(), where.user(), PASSWORD)
        for start in range(0, len(self.sent), 100):
            letters = [
                (b'(%b) "%b"' % (FLAGS[number % 5], arrival(number)), octets)
                for number, (_, octets) in enumerate(self.sent[start : start + 100], start)
            ]
            talk.append("INBOX", letters)
        assert any(b"* %d EXISTS" % len(self.sent) == answer[0] for answer in talk.select("INBOX"))
        return talk

    def both(self, ask: Callable[[Talk], Value]) -> list[Value]:
        """What both say, asked at the same time."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(ask, self.talks))

    def compare(
        self, theirs: dict[int, dict[str, Value]], ours: dict[int, dict[str, Value]]
    ) -> Iterator[Difference]:
        """The items that differ, each down to where it does."""
        for uid, (name, letter) in enumerate(self.sent, 1):
            one, other = theirs.get(uid, {}), ours.get(uid, {})
            if one != other:
                for item in one.keys() | other.keys():
                    for path, a, b in apart(one.get(item), other.get(item)):
                        yield Difference(item, name, letter, path, a, b)


def apart(
    theirs: Value, ours: Value, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Value, Value]]:
    """Where two nested values differ."""
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for number, (one, other) in enumerate(zip(theirs, ours, strict=True)):
            yield from apart(one, other, (*path, number))
    elif theirs != ours:
        yield path, theirs, ours


def judge(rows: list[Row], found: Iterable[Difference]) -> None:
    """Fail for whatever is not explained, and for an explanation of nothing."""
    used: Counter[str] = Counter()
    strange: list[Difference] = []
    for difference in found:
        if row := next((row for row in rows if row.explains(difference)), None):
            used[row.why] += 1
        else:
            strange.append(difference)
    kinds = Counter(one.question for one in strange).most_common(12)
    assert not strange, f"{len(strange)} differences, {kinds}\n" + "\n".join(map(str, strange[:60]))
    idle = [row.why for row in rows if row.why not in used and row not in ANSWERS]
    assert not idle, f"explained, but there is no such difference: {idle}"


FLAGS = [b"", b"\\Seen", b"\\Seen \\Answered", b"\\Flagged $Label1", b"\\Draft \\Deleted \\Seen"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    if not CORPORA.exists():
        pytest.skip("the corpora are not here: set HAWKNEST_CORPORA to where they are")
    sent = [
        (f"{name} {number}", octets)
        for name in SETS
        for number, octets in enumerate(map(crlf, letters(name)))
        if octets and b"\0" not in octets and not octets.lstrip().startswith(b"<")
    ]
    with (
        house("dovecot", tmp_path_factory.mktemp("theirs")) as theirs,
        house(OURS, tmp_path_factory.mktemp("ours")) as ours,
    ):
        made = Pair((theirs, ours), sent)
        yield made
        for talk in made.talks:
            talk.close()


OURS = "hawknest"  # "dovecot" shows whether the test is right itself


def test_items(pair: Pair) -> None:
    """ENVELOPE, BODY, BODYSTRUCTURE and what does not depend on the letter's text, of every letter."""
    found: list[Difference] = []
    for items in ("RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "BODY", "BODYSTRUCTURE"):
        theirs, ours = pair.both(lambda talk, items=items: talk.fetch(f"UID FETCH 1:* ({items})"))
        found += pair.compare(theirs, ours)
    theirs, ours = ({uid: flags(row) for uid, row in rows.items()} for rows in pair.both(all_flags))
    found += pair.compare(theirs, ours)
    judge(ITEMS, found)


def all_flags(talk: Talk) -> dict[int, dict[str, Value]]:
    return talk.fetch("UID FETCH 1:* (FLAGS)")


def flags(row: dict[str, Value]) -> dict[str, Value]:
    return {"FLAGS": sorted(set(row["FLAGS"]) - {b"\\Recent"})}


def parts(structure: Value, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The section numbers of all parts of a BODYSTRUCTURE, each with its type (RFC 9051 §6.4.5.1)."""
    if isinstance(structure[0], list):
        children = list(zip(range(1, 1000), structure, strict=False))
        for number, child in children:
            if not isinstance(child, list):
                break
            yield from part(child, f"{prefix}{number}")
    else:
        yield from part(structure, f"{prefix}1")


def part(structure: Value, number: str) -> Iterator[tuple[str, str]]:
    if isinstance(structure[0], list):
        yield number, "multipart"
        yield from parts(structure, number + ".")
        return
    kind = b"/".join(structure[:2]).decode().lower()
    yield number, kind
    if kind in {"message/rfc822", "message/global"}:
        yield from parts(structure[8], number + ".")


def sections(structure: Value) -> Iterator[str]:
    """What can be asked of a letter, part by part."""
    yield from (
        "BODY.PEEK[]",
        "BODY.PEEK[HEADER]",
        "BODY.PEEK[TEXT]",
        "BODY.PEEK[]<100.300>",
        "BODY.PEEK[TEXT]<0.64>",
    )
    yield "BODY.PEEK[HEADER.FIELDS (From To SUBJECT received)]"
    yield "BODY.PEEK[HEADER.FIELDS.NOT (From To SUBJECT received)]"
    yield from ("RFC822.HEADER", "BODY.PEEK[9]", "BODY.PEEK[1.9]")
    for number, kind in parts(structure):
        yield f"BODY.PEEK[{number}]"
        yield f"BODY.PEEK[{number}.MIME]"
        if kind in {"message/rfc822", "message/global"}:
            yield from (f"BODY.PEEK[{number}.HEADER]", f"BODY.PEEK[{number}.TEXT]")
            yield f"BODY.PEEK[{number}.HEADER.FIELDS (Date Content-Type)]"


def test_sections(pair: Pair) -> None:
    """Every part of every letter, its MIME header, and pieces of them, octet for octet."""
    structures = pair.talks[0].fetch("UID FETCH 1:* (BODYSTRUCTURE)")
    found: list[Difference] = []
    for start in range(1, len(pair.sent) + 1, 500):
        commands = {
            uid: f"UID FETCH {uid} ({' '.join(sections(row['BODYSTRUCTURE']))})"
            for uid, row in structures.items()
            if start <= uid < start + 500
        }
        theirs, ours = pair.both(lambda talk, commands=commands: talk.fetch_each(commands))
        found += pair.compare(theirs, ours)
    judge(SECTIONS, found)


def words(pair: Pair) -> Iterator[tuple[int, str, str]]:
    """Words that stand somewhere: the letter they were drawn from, the key that must find them, the word."""
    dice = random.Random(9051)
    for uid in range(1, len(pair.sent) + 1, 14):
        octets = pair.sent[uid - 1][1]
        message = message_from_bytes(octets.partition(b"\r\n\r\n")[0])
        for key in ("Subject", "From", "To", "Cc"):
            try:
                text = str(make_header(decode_header(message[key] or "")))
            except (LookupError, ValueError, UnicodeError):
                continue
            if found := re.findall(r"\w{2,}", text):
                word = dice.choice(found)
                yield uid, key.upper(), dice.choice([word, word.upper(), word[1:], word[:4]])
        body = octets.partition(b"\r\n\r\n")[2]
        if found := re.findall(rb"[A-Za-z]{4,}", body):
            word = dice.choice(found).decode()
            yield uid, dice.choice(["BODY", "TEXT"]), dice.choice([word, word.lower(), word[1:-1]])


SEARCHES = [
    *"ALL ANSWERED DELETED DRAFT FLAGGED SEEN UNSEEN UNANSWERED UNDELETED UNDRAFT UNFLAGGED".split(),
    *("KEYWORD $Label1", "UNKEYWORD $Label1", "KEYWORD nobody", "LARGER 100000", "SMALLER 700", "LARGER 0"),
    *("BEFORE 5-Nov-2025", "ON 05-Nov-2025", "SINCE 20-Nov-2025", "NOT SINCE 20-Nov-2025"),
    *("SENTBEFORE 1-Jan-2003", "SENTON 12-Sep-2002", "SENTSINCE 1-Jan-2010", "NOT SENTSINCE 1-Jan-1990"),
    *('HEADER Subject ""', 'HEADER X-Mailer ""', "HEADER X-Mailer Outlook", 'HEADER Message-ID ".com>"'),
    *('HEADER List-Id ""', "HEADER Received localhost", 'HEADER Content-Type "boundary"', "BCC a"),
    *(
        'HEADER Bcc ""',
        'BCC ""',
        'CC ""',
        'TO ""',
        'SUBJECT ""',
        'TEXT ""',
        'BODY ""',
        'HEADER DKIM-Signature "dkim"',
    ),
    *("OR SEEN FLAGGED", "OR (SEEN DRAFT) (FLAGGED LARGER 5000)", "NOT (OR SEEN FLAGGED)", "1:10,20 SEEN"),
    *("UID 5:20 NOT SEEN", "UID *", "5000:*", "NOT 1:6500"),
]


def test_search(pair: Pair) -> None:
    """Flags, sizes, dates and headers over the whole mailbox; words in the letters around the one they were drawn from."""
    questions = [(key, f"UID SEARCH {key}".encode()) for key in SEARCHES]
    for uid, key, word in words(pair):
        asked, reach = word.encode(), 30 if key in {"BODY", "TEXT"} else 400
        around = f"UID {max(1, uid - reach)}:{uid + reach}"
        command = f"UID SEARCH CHARSET UTF-8 {around} {key} {{{len(asked)}+}}\r\n".encode() + asked
        questions.append((f"{key}\n{word}", command))
    theirs, ours = pair.both(lambda talk: [talk.numbers(command) for _, command in questions])
    found: list[Difference] = []
    for (question, _), one, other in zip(questions, theirs, ours, strict=True):
        if isinstance(one, bytes) or isinstance(other, bytes):
            if one != other:
                found.append(Difference(question, "", b"", (), one, other))
            continue
        found += [
            Difference(question, *pair.sent[int(uid) - 1], (), uid in one, uid in other)
            for uid in set(one) ^ set(other)
        ]
    judge(SEARCH, found)


def test_sort(pair: Pair) -> None:
    """The same order of all letters that cannot be read in two ways, by each key."""
    keys = "ARRIVAL CC DATE FROM SIZE SUBJECT TO".split()
    keys += ["REVERSE DATE", "SUBJECT REVERSE DATE", "REVERSE SUBJECT FROM", "DISPLAYFROM", "DISPLAYTO"]
    for key in keys:
        fine = {b"%d" % uid for uid, (_, letter) in enumerate(pair.sent, 1) if clear(letter, key)}
        assert len(fine) > len(pair.sent) * 0.7
        command = f"UID SORT ({key}) UTF-8 ALL"
        theirs, ours = pair.both(lambda talk, command=command: talk.numbers(command))
        assert sorted(theirs) == sorted(ours)
        assert [uid for uid in theirs if uid in fine] == [uid for uid in ours if uid in fine], key


@pytest.mark.parametrize("way", ["REFERENCES", "ORDEREDSUBJECT"])
def test_thread(pair: Pair, way: str) -> None:
    """The same letters belong together."""
    theirs, ours = (
        {uid: sorted(members) for members in map(flat, threads) for uid in members}
        for threads in pair.both(lambda talk: talk.numbers(f"UID THREAD {way} UTF-8 ALL"))
    )
    found = [
        Difference(way, *letter, (), theirs.get(uid), ours.get(uid))
        for uid, letter in enumerate(pair.sent, 1)
        if theirs.get(uid) != ours.get(uid)
    ]
    judge(ORDER, found)


def flat(thread: Value) -> list[int]:
    return [uid for one in thread for uid in flat(one)] if isinstance(thread, list) else [int(thread)]


ENCODED = re.compile(rb"(?im)^content-transfer-encoding:\s*(?:base64|quoted|x-uu)")


def test_binary(pair: Pair) -> None:
    """Every part decoded, and how many octets that is."""
    structures = pair.talks[0].fetch("UID FETCH 1:* (BODYSTRUCTURE)")
    commands = [
        (uid, f"UID FETCH {uid} (BINARY.PEEK[{number}] BINARY.SIZE[{number}])")
        for uid, row in sorted(structures.items())
        if ENCODED.search(pair.sent[uid - 1][1])
        for number, kind in list(parts(row["BODYSTRUCTURE"]))[:6]
        if kind != "multipart" and not kind.startswith("message/")
    ]

    def ask(talk: Talk) -> dict[int, dict[str, Value]]:
        found: dict[int, dict[str, Value]] = {}
        for uid, command in commands:
            row = found.setdefault(uid, {})
            try:
                (items,) = talk.fetch_each({uid: command}).values()
                said = items.pop("status")
            except ConnectionError:  # as Dovecot does where base64 is broken
                talk.close()
                talk.open()
                said, items = b"CLOSED", {}
            row |= items
            if not said.startswith(b"OK"):
                row[command.partition("(")[2]] = said
        return found

    theirs, ours = pair.both(ask)
    for rows in (theirs, ours):  # Dovecot counts a decoded part as shorter than it sends it
        for row in rows.values():
            sizes = {name: row.pop(name) for name in list(row) if name.startswith("BINARY.SIZE")}
            if rows is ours:
                told = {name: b"%d" % len(row[name.replace(".SIZE", "")] or b"") for name in sizes}
                assert sizes == told
    judge(BINARY, pair.compare(theirs, ours))
