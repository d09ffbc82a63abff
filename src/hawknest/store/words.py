"""The index of the words in letters: which letters have a needle somewhere. RFC 9051 §6.4.4.

What is found is what the RFC's search finds, a substring in any case, for every needle: the tokens that the needle is sure
to meet (`mail.terms.plan`) leave few letters over, and where they do not settle it the texts of those do, which are kept
beside the index. SQLite's index is an FTS5 table without positions or contents, PostgreSQL's a GIN index; both hold the
same tokens, and each letter once however many mailboxes it is in. So a search names the letters among which it looks.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from hawknest.mail.searchable import HIDDEN, VERSION, Field, Searchable, Texts
from hawknest.mail.terms import Plan, normal, plan
from hawknest.store import headlines, vocabulary
from hawknest.store.engine import Connection, Many, Row, Statement
from hawknest.store.vocabulary import Known

FEW: Final = 16  # words that are looked up for however few letters
MANY: Final = 20_000  # words that are not, for however many
ENOUGH: Final = 2000  # letters whose texts are looked through sooner than the index is asked
ASKED: Final = 64  # tokens in a question that any of them answers
LETTERS: Final = 10_000  # letters in one question

_GIVEN: Final = "(SELECT column1 FROM (VALUES {rows}) AS v)"
_THERE: Final = Many(f"SELECT id FROM blob WHERE id IN {_GIVEN}", 1)
_FORGET: Final = Many(f"DELETE FROM searched WHERE blob_id IN {_GIVEN}", 1)
_MARK: Final = Many("INSERT INTO searched (blob_id, version) VALUES {rows}", 2)
_KEEP: Final = Many("INSERT INTO searched_text (blob_id, header, body) VALUES {rows}", 3)
_INDEX: Final = Many("INSERT INTO words (rowid, tokens) VALUES {rows}", 2)
_ALL: Final = Statement(
    "SELECT rowid FROM words WHERE words MATCH :tokens",
    postgres="SELECT rowid FROM words WHERE tokens_of(tokens) @> string_to_array(:tokens, ' AND ')",
)
_ANY: Final = Statement(
    "SELECT rowid FROM words WHERE words MATCH :tokens",
    postgres="SELECT rowid FROM words WHERE tokens_of(tokens) && string_to_array(:tokens, ' OR ')",
)


def _of_given(columns: str, table: str, which: str, which_postgres: str = "") -> Statement:
    """A question about those of some letters, `:blobs`, their ids with commas between."""
    return Statement(
        f"""SELECT {columns} FROM json_each('[' || :blobs || ']') AS given CROSS JOIN {table}
            ON blob_id = given.value WHERE {which}""",
        postgres=f"""SELECT {columns} FROM {table}
                     WHERE blob_id = ANY (string_to_array(:blobs, ',')::bigint[]) AND {which_postgres or which}""",
    )


def _holding(table: str, column: str) -> Statement:
    return _of_given("blob_id", table, f"instr({column}, :needle) > 0", f"strpos({column}, :needle) > 0")


#: Asked for what is missing, which is nothing nearly always, and not for what is there.
_MISSING: Final = Statement(
    """SELECT given.value FROM json_each('[' || :blobs || ']') AS given LEFT JOIN searched
         ON blob_id = given.value AND version = :version WHERE blob_id IS NULL""",
    postgres="""SELECT given.id FROM unnest(string_to_array(:blobs, ',')::bigint[]) AS given (id) LEFT JOIN searched
         ON blob_id = given.id AND version = :version WHERE blob_id IS NULL""",
)
_HEADERS: Final = _of_given(
    "blob_id, header", "searched_text", "instr(header, :needle) > 0", "strpos(header, :needle) > 0"
)
_HOLDING: Final = {
    Field.BODY: _holding("searched_text", "body"),
    Field.HEADER: _holding("searched_text", "header"),
    Field.SUBJECT: _holding("headline", "subject"),
    Field.FROM: _holding("headline", "sender"),
    Field.TO: _holding("headline", "recipient"),
    Field.CC: _holding("headline", "cc"),
    Field.BCC: _holding("headline", "bcc"),
}


def put(connection: Connection, letters: Iterable[tuple[int, Searchable]], known: Known) -> set[str]:
    """Index letters by the ids of their blobs, with their headlines; those that have gone meanwhile are passed over.

    Returns the words that were new: `known.learn` is to be told them once the transaction is durable.
    """
    given = dict(letters)
    there = [row[0] for row in connection.many(_THERE, _ids(given))]
    rows = [(blob, given[blob]) for blob in sorted(there)]
    connection.many(_FORGET, _ids(there))
    headlines.put(connection, [(blob, letter.headline) for blob, letter in rows])
    connection.many(_MARK, [(blob, VERSION) for blob, _ in rows])
    connection.many(_KEEP, [(blob, *letter.texts) for blob, letter in rows])
    connection.many(_INDEX, [(blob, letter.tokens) for blob, letter in rows])
    new = known.new(set[str]().union(*(letter.words for _, letter in rows)))
    vocabulary.add(connection, new)
    return new


def missing(connection: Connection, blobs: Collection[int]) -> set[int]:
    """Tell which letters the index does not know, or not in the way of this program."""
    found: set[int] = set()
    for some in _portions(blobs):
        found.update(row[0] for row in connection.all(_MISSING, blobs=some, version=VERSION))
    return found


def find(connection: Connection, blobs: AbstractSet[int], fields: Sequence[Field], needle: str) -> set[int]:
    """Find those of some indexed letters that have a needle in one of the fields.

    TEXT is `(Field.HEADER, Field.BODY)`. An empty needle is in every text, but not in a field that a letter lacks.
    """
    needle = normal(needle)
    question = _question(connection, plan(needle), len(blobs))
    found: set[int] = set()
    for field in fields:
        if not needle and field not in (Field.HEADER, Field.BODY):
            found |= find_header(connection, blobs, field.name, "") or set()
            continue
        some = question.ask(connection, blobs - found, field)
        if question.exact:
            found |= some
            continue
        for portion in _portions(some):
            found.update(row[0] for row in connection.all(_HOLDING[field], blobs=portion, needle=needle))
    return found


def find_header(connection: Connection, blobs: AbstractSet[int], name: str, needle: str) -> set[int] | None:
    """Find those of some indexed letters that have a needle in a field of that name; an empty one: that have such a field.

    None: the index keeps nothing of these fields, and the letters have to be read.
    """
    name, needle = name.lower(), normal(needle)
    if name in HIDDEN:
        return None
    named, wanted = plan(f":{name}:"), plan(needle)
    both = Plan(named.tokens | wanted.tokens, wanted.parts, exact=False)
    found: set[int] = set()
    for some in _portions(_question(connection, both, len(blobs)).ask(connection, blobs, Field.HEADER)):
        for blob, header in connection.all(_HEADERS, blobs=some, needle=needle):
            if any(needle in value for value in Texts(header, "").field(name)):
                found.add(blob)
    return found


@dataclass(frozen=True, slots=True)
class _Question:
    """A plan with words in the place of parts of words."""

    tokens: Collection[str]
    choices: Sequence[Collection[str]]
    exact: bool

    def ask(self, connection: Connection, blobs: AbstractSet[int], field: Field) -> AbstractSet[int]:
        """Find those of some letters that answer the plan in a field; or so few that their texts may answer."""
        enough = 0 if self.exact else ENOUGH
        for words in sorted(self.choices, key=len):
            if len(blobs) > enough:
                blobs = blobs & set(_any(connection, field, words))
        if self.tokens and len(blobs) > enough:
            blobs = blobs & {row[0] for row in connection.all(_ALL, tokens=_join(field, self.tokens, "AND"))}
        return blobs


def _question(connection: Connection, wanted: Plan, letters: int) -> _Question:
    if letters <= ENOUGH and not wanted.exact:
        return _Question((), (), exact=False)
    # To look up a word takes about as long as to look through two texts.
    limit = max(FEW, min(letters // 2, MANY))
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


def _portions(blobs: Iterable[int]) -> Iterator[str]:
    ids = sorted(blobs)
    for start in range(0, len(ids), LETTERS):
        yield ",".join(map(str, ids[start : start + LETTERS]))


def _ids(blobs: Iterable[int]) -> list[Row]:
    return [(blob,) for blob in blobs]
