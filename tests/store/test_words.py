"""The index of words against a naive look through every text, on both engines: same needles, same letters found."""

import itertools
import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail import mime
from hawknest.mail.headline import headline
from hawknest.mail.searchable import Field, Searchable, Texts, header_text, searchable
from hawknest.mail.searchtext import body_text
from hawknest.mail.terms import PIECE, STRIDE, normal, plan, tokens
from hawknest.store import Connection, Statement, vocabulary, words
from hawknest.store.blobs import Content
from hawknest.store.letters import keep, release
from hawknest.store.vocabulary import Known
from mail_corpora import letters
from stores import Nest

INDEXED = Statement("SELECT count(*) FROM words")
VOCABULARY = Statement("SELECT words FROM vocabulary")
TEXT = (Field.HEADER, Field.BODY)

JAPANESE = """\
会議室の予約について、下記のとおりお願いします。議事録は2026年11月18日(水)までに配布。
お世話になっております。株式会社ホークネストの山田です。ﾌｧｲﾙをご確認ください。TEL 03-1234
東京都千代田区1-1 Meetingは10時から。見積書PDFを添付しました。ミーティング・スケジュール
ภาษาไทยไม่มีช่องว่าง 한국어 문장입니다 Straße ΣΊΣΥΦΟΣ İstanbul ﬁne ½ "quoted" foo_bar a/b x=1;
""".splitlines()


def texts() -> list[tuple[bytes, str]]:
    """Header sections, and the texts of bodies."""
    found: list[tuple[bytes, str]] = []
    for letter in letters("spamassassin")[::20] + letters("jpmobile-ja") + letters("email-mime"):
        root = mime.scan(letter)
        found.append((letter[root.header : root.body], body_text(letter, root, 20_000)))
    for number, (one, other) in enumerate(itertools.permutations(JAPANESE, 2)):
        header = f"Subject: {one[: number + 5]}\r\nFrom: 山田 <yamada@example.org>\r\nTo: a{number}@example.com\r\n"
        found.append((header.encode(), one + "\r\n" + other + " " + "x1y2" * number * 5))
    return found


def index(nest: Nest, rows: Iterable[Searchable], known: Known | None = None) -> list[int]:
    """Keep a letter for each row, and index it."""
    rows = list(rows)

    def job(connection: Connection) -> list[int]:
        blobs = keep(connection, [(Content(1, b"x"), 1) for _ in rows])
        words.put(connection, zip(blobs, rows, strict=True), known or Known())
        return blobs

    return nest.do(job)


def needles(rows: list[Texts], count: int) -> Iterator[str]:
    """Pieces of texts, mostly short, some of them spoilt a little or put together from two."""
    draw = random.Random(5)
    for _ in range(count):
        text = draw.choice(draw.choice(rows))
        start = draw.randrange(len(text) + 1)
        length = draw.choice((1, 2, 2, 3, 4, 5, 7, 9, 14, 25, 50, 90))
        needle = text[start : start + length].replace("\n", " ")
        match draw.randrange(8):
            case 0:
                needle += draw.choice("e会 .1")
            case 1:
                needle = needle.strip() + draw.choice(("x", " ", "-", "議")) + needle[:3]
            case 2:
                needle = (needle.split() or [""])[0]
            case _:
                pass
        yield needle.upper() if draw.randrange(4) == 0 else needle


@pytest.mark.parametrize("enough", [0, words.ENOUGH])
def test_the_index_finds_what_a_look_through_all_texts_finds(
    nest: Nest, enough: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "ENOUGH", enough)
    letters = texts()
    rows = [searchable(header, body) for header, body in letters]
    blobs = index(nest, rows)
    found = dict(zip(blobs, (row.texts for row in rows), strict=True))
    shorts = dict(zip(blobs, (headline(header) for header, _ in letters), strict=True))
    some = set(blobs[::2])
    with nest.connection(readonly=True) as connection:
        for number, needle in enumerate(needles(list(found.values()), 400)):
            sought = normal(needle)
            among = some if number % 5 == 0 else set(blobs)

            def naive(field: Field, among: set[int] = among, sought: str = sought) -> set[int]:
                return {blob for blob in among if sought in text_of(found[blob], shorts[blob], field)}

            for field in (Field.BODY, Field.HEADER):
                assert words.find(connection, among, (field,), needle) == naive(field), (field, needle)
            assert words.find(connection, among, TEXT, needle) == naive(Field.BODY) | naive(Field.HEADER), (
                needle
            )
            field = list(Field)[number % 5 + 2]
            if not sought:
                continue
            assert words.find(connection, among, (field,), needle) == naive(field), (field, needle)
            if number % 7 == 0:
                named = {b for b in among if any(sought in value for value in found[b].field("received"))}
                assert words.find_header(connection, among, "Received", needle) == named, needle


def text_of(texts: Texts, short: object, field: Field) -> str:
    match field:
        case Field.BODY:
            return texts.body
        case Field.HEADER:
            return texts.header
        case Field.FROM:
            return short.sender  # type: ignore[attr-defined]
        case _:
            return getattr(short, field.name.lower())  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("needle", "finds"),
    [
        ("", {0, 1, 2, 3}),
        ("meeting", {0, 1}),
        ("EETIN", {0, 1}),
        ("会", {2, 3}),
        ("会議", {2}),
        ("会議室", {2}),
        ("議 会", set()),
        ("議会", {3}),
        ("the meeting", {0}),
        ("e m", {0}),
        ("meeting.", {1}),
        ("!", {1}),
        ("nowhere", set()),
        ("ミーティング", {3}),
        ("\uff90\uff70\uff83\uff68\uff9d\uff78\uff9e", {3}),  # half-width
        ("  the\r\n meeting", {0}),
    ],
)
def test_table(nest: Nest, needle: str, finds: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "ENOUGH", 0)
    bodies = ["At the  Meeting", "premeetings... meeting.!", "会議室 x", "議会のミーティング"]
    blobs = index(nest, [searchable(b"Subject: s\r\n", body) for body in bodies])
    with nest.connection(readonly=True) as connection:
        wanted = needle.strip() if needle.startswith(" ") else needle
        assert words.find(connection, set(blobs), (Field.BODY,), wanted) == {blobs[n] for n in finds}


def test_header_fields_by_name(nest: Nest) -> None:
    header = b"List-Id: Club <club.example.org>\r\nX-Empty:\r\nDKIM-Signature: b=abc\r\nSubject: the club\r\n"
    (one, other) = index(
        nest, [searchable(header, ""), searchable(b"List-Id-Not: club\r\n", "list-id: club")]
    )
    with nest.connection(readonly=True) as connection:
        both = {one, other}
        assert words.find_header(connection, both, "LIST-ID", "Club") == {one}
        assert words.find_header(connection, both, "list-id", "the club") == set()
        assert words.find_header(connection, both, "list-id", "") == {one}
        assert words.find_header(connection, both, "x-empty", "") == {one}
        assert words.find(connection, both, (Field.SUBJECT,), "") == {one}
        assert words.find(connection, both, (Field.BCC,), "") == set()
        assert words.find(connection, both, TEXT, "") == both
        assert words.find_header(connection, both, "dkim-signature", "abc") is None
        assert words.find(connection, both, TEXT, "subject: the club") == {one}


def test_a_letter_that_goes_leaves_the_index(nest: Nest) -> None:
    one, other = index(nest, [searchable(b"", "hello"), searchable(b"", "hello there")])
    nest.do(lambda connection: release(connection, one))
    with nest.connection() as connection:
        assert words.find(connection, {one, other}, (Field.BODY,), "hello") == {other}
        assert connection.one(INDEXED) == (1,)
        assert words.missing(connection, {one, other}) == {one}
    assert nest.do(lambda connection: words.put(connection, [(one, searchable(b"", "x"))], Known())) == set()


def test_a_letter_is_indexed_anew(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = index(nest, [searchable(b"Subject: old\r\n", "old")])
    with nest.connection() as connection:
        assert words.missing(connection, [one]) == set()
        monkeypatch.setattr(words, "VERSION", words.VERSION + 1)
        assert words.missing(connection, [one]) == {one}
    nest.do(
        lambda connection: words.put(connection, [(one, searchable(b"Subject: new\r\n", "new"))], Known())
    )
    with nest.connection() as connection:
        assert words.missing(connection, [one]) == set()
        assert words.find(connection, {one}, TEXT, "old") == set()
        assert words.find(connection, {one}, (Field.SUBJECT,), "new") == {one}


def test_words_that_are_known_are_added_once(nest: Nest) -> None:
    known = Known()
    for _ in range(3):
        new = nest.do(lambda connection: words.put(connection, [], known))
        assert new == set()
        index(nest, [searchable(b"", "again and again")], known)
        known.learn({"again", "and"})
    with nest.connection() as connection:
        assert connection.all(VOCABULARY) == [("\nagain\nand\n",)]


def test_small_rows_of_words_are_put_together(nest: Nest) -> None:
    for number in range(vocabulary.SMALL):
        nest.do(lambda connection, n=number: vocabulary.add(connection, {"common", f"word{n}", f"{n}th"}))
    nest.do(vocabulary.gather)
    with nest.connection() as connection:
        rows = connection.all(VOCABULARY)
        assert len(rows) == 1
        assert len(rows[0][0].split()) == 2 * vocabulary.SMALL + 1
        assert vocabulary.having(connection, *plan("ord49").parts, 9) == {"word49"}


def test_too_many_words_are_no_help_but_no_harm(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "FEW", 5)
    monkeypatch.setattr(words, "MANY", 5)
    blobs = index(nest, [searchable(b"", f"word{n} a{n}") for n in range(20)])
    with nest.connection() as connection:
        assert words.find(connection, set(blobs), (Field.BODY,), "ord") == set(blobs)
        assert words.find(connection, set(blobs), (Field.BODY,), "ord19") == {blobs[19]}


ALPHABET = st.text("ab1 .会議のß", max_size=12)


@given(ALPHABET, ALPHABET, ALPHABET, st.integers(0, 4))
def test_a_text_answers_the_plan_of_every_piece_of_it(
    before: str, needle: str, after: str, times: int
) -> None:
    """No needle that a text has is passed over, and what the plan calls exact is."""
    needle = normal(needle * (1 + times * 9))
    for text in (normal(before + needle + after), normal(before + after)):
        found = tokens(text)
        wanted = plan(needle)
        answers = wanted.tokens <= found.words | found.close and all(
            any(
                part.begins <= word.startswith(part.text)
                and part.ends <= word.endswith(part.text)
                and part.text in word
                for word in found.words
            )
            for part in wanted.parts
        )
        if needle in text:
            assert answers
        elif wanted.exact:
            assert not answers


@given(
    st.text("abc", min_size=PIECE + 1, max_size=4 * PIECE), st.integers(0, 3 * PIECE), st.integers(1, STRIDE)
)
def test_long_words_are_held_in_pieces(word: str, start: int, length: int) -> None:
    part = word[start : start + length]
    assert max(map(len, tokens(word).words)) <= PIECE
    assert any(part in piece for piece in tokens(word).words)


def test_header_texts_hide_signatures() -> None:
    header = b"DKIM-Signature: v=1; b=AAAA\r\nSubject: =?utf-8?q?caf=C3=89?=\r\n"
    assert header_text(header) == "subject: café"


def test_many_small_rows_are_put_together_bit_by_bit(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "WHOLE", 2000)
    for number in range(3 * vocabulary.SMALL):
        nest.do(lambda connection, n=number: vocabulary.add(connection, {f"w{n}x{k}" for k in range(9)}))
    assert nest.do(vocabulary.gather)
    while nest.do(vocabulary.gather):
        pass
    with nest.connection() as connection:
        rows = connection.all(VOCABULARY)
        assert len(rows) < vocabulary.SMALL
        assert sum(len(row[0].split()) for row in rows) == 27 * vocabulary.SMALL
