"""The index of the words in letters: which letters have a needle somewhere. RFC 9051 §6.4.4.

What is found is what the RFC's search finds, a substring in any case, for every needle: the tokens that the needle is sure
to meet (`mail.terms.plan`) leave few letters over, and where they do not settle it the texts of those do, which are kept packed
beside the index. SQLite's index is an FTS5 table without positions or contents, PostgreSQL's a GIN index; both hold the
same tokens, and each letter once however many mailboxes it is in. So a search names the letters among which it looks.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from hawknest.mail.searchable import HIDDEN, VERSION, Field, Searchable, Texts, unpack
from hawknest.mail.terms import Plan, normal, plan
from hawknest.store import headlines, vocabulary
from hawknest.store.engine import Connection, Many, Row, Statement
from hawknest.store.vocabulary import Known

FEW: Final = 16  # words that are looked up for however few letters
MANY: Final = 20_000  # words that are not, for however many: the texts are read sooner
ASKED: Final = 64  # tokens in a question that any of them answers

_LETTERS: Final = "(SELECT column1 FROM (VALUES {rows}) AS v)"
_THERE: Final = Many(f"SELECT id FROM blob WHERE id IN {_LETTERS}", 1)
_INDEXED: Final = Many(f"SELECT blob_id, version FROM searched WHERE blob_id IN {_LETTERS}", 1)
_FORGET: Final = Many(f"DELETE FROM searched WHERE blob_id IN {_LETTERS}", 1)
_KEEP: Final = Many("INSERT INTO searched (blob_id, version, texts) VALUES {rows}", 3)
_INDEX: Final = Many("INSERT INTO words (rowid, tokens) VALUES {rows}", 2)
_TEXTS: Final = Many(f"SELECT blob_id, texts FROM searched WHERE blob_id IN {_LETTERS}", 1)
_ALL: Final = Statement(
    "SELECT rowid FROM words WHERE words MATCH :tokens",
    postgres="""SELECT rowid FROM words
                WHERE string_to_array(tokens, ' ') @> string_to_array(:tokens, ' AND ')""",
)
_ANY: Final = Statement(
    "SELECT rowid FROM words WHERE words MATCH :tokens",
    postgres="""SELECT rowid FROM words
                WHERE string_to_array(tokens, ' ') && string_to_array(:tokens, ' OR ')""",
)


def put(connection: Connection, letters: Iterable[tuple[int, Searchable]], known: Known) -> set[str]:
    """Index letters by the ids of their blobs, with their headlines; those that have gone meanwhile are passed over.

    Returns the words that were new: `known.learn` is to be told them once the transaction is durable.
    """
    given = dict(letters)
    there = [row[0] for row in connection.many(_THERE, _ids(given))]
    rows = [(blob, given[blob]) for blob in sorted(there)]
    connection.many(_FORGET, _ids(there))
    headlines.put(connection, [(blob, letter.headline) for blob, letter in rows])
    connection.many(_KEEP, [(blob, VERSION, letter.packed) for blob, letter in rows])
    connection.many(_INDEX, [(blob, letter.tokens) for blob, letter in rows])
    new = known.new(set[str]().union(*(letter.words for _, letter in rows)))
    vocabulary.add(connection, new)
    return new


def missing(connection: Connection, blobs: Collection[int]) -> set[int]:
    """Tell which letters the index does not know, or not in the way of this program."""
    indexed = {blob for blob, version in connection.many(_INDEXED, _ids(blobs)) if version == VERSION}
    return set(blobs) - indexed


def find(connection: Connection, blobs: AbstractSet[int], fields: Sequence[Field], needle: str) -> set[int]:
    """Find those of some indexed letters that have a needle in one of the fields.

    TEXT is `(Field.HEADER, Field.BODY)`.
    """
    needle = normal(needle)
    question = _question(connection, plan(needle), len(blobs))
    left: dict[int, list[Field]] = {}
    found: set[int] = set()
    for field in fields:
        some = question.ask(connection, blobs, field)
        if question.exact:
            found |= some
        elif field in (Field.HEADER, Field.BODY):
            for blob in some:
                left.setdefault(blob, []).append(field)
        else:
            found |= headlines.matching(connection, some, field, needle)
    return found | {
        blob
        for blob, texts in _texts(connection, left.keys() - found)
        if any(needle in (texts.body if field is Field.BODY else texts.header) for field in left[blob])
    }


def find_header(connection: Connection, blobs: AbstractSet[int], name: str, needle: str) -> set[int] | None:
    """Find those of some indexed letters that have a needle in a field of that name; an empty one: that have such a field.

    None: the index keeps nothing of these fields, and the letters have to be read.
    """
    name, needle = name.lower(), normal(needle)
    if name in HIDDEN:
        return None
    named, wanted = plan(f":{name}:"), plan(needle)
    question = _question(
        connection, Plan(named.tokens | wanted.tokens, wanted.parts, exact=False), len(blobs)
    )
    some = question.ask(connection, blobs, Field.HEADER)
    return {
        blob
        for blob, texts in _texts(connection, some)
        if any(needle in value for value in texts.field(name))
    }


@dataclass(frozen=True, slots=True)
class _Question:
    """A plan with words in the place of parts of words."""

    tokens: Collection[str]
    choices: Sequence[Collection[str]]
    exact: bool

    def ask(self, connection: Connection, blobs: AbstractSet[int], field: Field) -> AbstractSet[int]:
        """Find those of some letters that answer the plan in a field."""
        if self.tokens:
            blobs = blobs & {row[0] for row in connection.all(_ALL, tokens=_join(field, self.tokens, "AND"))}
        for words in self.choices:
            blobs = blobs & set(_any(connection, field, words)) if blobs else blobs
        return blobs


def _question(connection: Connection, wanted: Plan, letters: int) -> _Question:
    limit = max(FEW, min(letters, MANY))  # to look up a word costs about what to read a text does
    choices = [vocabulary.having(connection, part, limit) for part in wanted.parts]
    few = [words for words in choices if words is not None]
    return _Question(wanted.tokens, few, wanted.exact and len(few) == len(choices))


def _any(connection: Connection, field: Field, words: Collection[str]) -> Iterator[int]:
    some = list(words)
    for start in range(0, len(some), ASKED):
        for row in connection.all(_ANY, tokens=_join(field, some[start : start + ASKED], "OR")):
            yield row[0]


def _join(field: Field, tokens: Iterable[str], word: str) -> str:
    return f" {word} ".join(field + token for token in tokens)


def _texts(connection: Connection, blobs: Iterable[int]) -> Iterator[tuple[int, Texts]]:
    rows = list(_ids(blobs))
    for start in range(0, len(rows), 1024):
        for blob, packed in connection.many(_TEXTS, rows[start : start + 1024]):
            yield blob, unpack(packed)


def _ids(blobs: Iterable[int]) -> list[Row]:
    return [(blob,) for blob in blobs]
