"""All words of all letters, to find those that hold a part of a word.

The words lie together in a few large texts, which are searched faster than any index of pieces could be kept. New words
are only ever added behind the others, so that a batch of letters writes one row; that a word is new, the writer knows from
what it has added itself (`Known`). A word that is there twice, or that no letter has any more, does no harm.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from hawknest.mail.terms import Part
from hawknest.store.engine import Connection, Statement

KNOWN: Final = 50_000  # words that are remembered to be there
WHOLE: Final = 512 * 1024  # octets of a row that is left as it is
SMALL: Final = 50  # rows smaller than that, which are worth being put together

_ADD: Final = Statement("INSERT INTO vocabulary (words) VALUES (:words)")
_WITH: Final = Statement(
    "SELECT words FROM vocabulary WHERE instr(words, :part) > 0",
    postgres="SELECT words FROM vocabulary WHERE strpos(words, :part) > 0",
)
_SMALL: Final = Statement(
    "SELECT id, octet_length(words) FROM vocabulary WHERE octet_length(words) < :whole ORDER BY id"
)
_TAKE: Final = Statement("DELETE FROM vocabulary WHERE id = :id RETURNING words")


class Known:
    """Words that are in the vocabulary already: the common ones, so that few are added twice.

    It may only learn what is durable.
    """

    __slots__ = ("_words",)

    def __init__(self) -> None:
        self._words: set[str] = set()

    def new(self, words: Iterable[str]) -> set[str]:
        """Leave out the words that are known to be there."""
        return set(words).difference(self._words)

    def learn(self, words: AbstractSet[str]) -> None:
        """Remember words that were added."""
        if len(self._words) > KNOWN:
            self._words.clear()
        # Words with a digit in them are mostly ids, which do not come again.
        self._words.update(word for word in words if word.isalpha())


def add(connection: Connection, words: AbstractSet[str]) -> None:
    """Add words."""
    if words:
        connection.run(_ADD, words=_line_by_line(words))


def having(connection: Connection, part: Part, limit: int) -> set[str] | None:
    """Find the words that hold a part. None: they are more than the limit."""
    pattern = "\n" * part.begins + part.text + "\n" * part.ends
    found: set[str] = set()
    for (words,) in connection.all(_WITH, part=pattern):
        for word in _around(words, pattern):
            found.add(word)
            if len(found) > limit:
                return None
    return found


def gather(connection: Connection) -> bool:
    """Put small rows together when they are many, each word once; as many as make one large row.

    Returns whether there is more to do.
    """
    small = connection.all(_SMALL, whole=WHOLE)
    if len(small) < SMALL:
        return False
    words: set[str] = set()
    octets = 0
    for row, size in small:
        taken = connection.one(_TAKE, id=row)
        words.update(taken[0].strip("\n").split("\n") if taken else ())
        octets += size
        if octets > WHOLE:
            break
    add(connection, words)
    return True


def _line_by_line(words: AbstractSet[str]) -> str:
    return "\n" + "\n".join(sorted(words)) + "\n"


def _around(words: str, pattern: str) -> Iterator[str]:
    """The words in which a pattern is; a line end in it is one around a word."""
    at = words.find(pattern)
    while at >= 0:
        start = at + 1 if pattern.startswith("\n") else words.rindex("\n", 0, at + 1) + 1
        end = words.index("\n", max(start, at + len(pattern) - 1))
        yield words[start:end]
        at = words.find(pattern, end)
