"""An image of a mailbox and a client's view of it, in tables: what happens, and what the client is told then."""

from array import array
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.doors.imap import image as images
from hawknest.doors.imap.image import Image
from hawknest.doors.imap.view import View
from hawknest.store.changes import Delta
from hawknest.store.engine import Row
from hawknest.store.flags import Change, Mode
from hawknest.store.mailbox import Mailbox


def row(uid: int, modseq: int, flags: int = 0, keywords: str = "") -> Row:
    return uid, flags, keywords, modseq, 100 + uid, 1000.0 + uid, None, 10 + uid, 20 + uid


def delta(
    modseq: int,
    new: Sequence[Row] = (),
    changed: Sequence[Row] = (),
    gone: Sequence[int] = (),
    uidnext: int = 100,
) -> Delta:
    return Delta(Mailbox(1, 1, "INBOX", "inbox", 7, uidnext, modseq), new, changed, gone)


def three() -> Image:
    """UIDs 1, 3 and 5, which came with these modseqs."""
    return Image(delta(5, [row(1, 1), row(3, 3), row(5, 5)]))


# What happens; what is told where EXPUNGE may be: (number, UID)s, EXISTS, UIDs with flags; and where it may not be.
SYNC = {
    "nothing": ([], ([], None, []), ([], None, [])),
    "one comes": ([delta(6, [row(6, 6)])], ([], 4, []), ([], 4, [])),
    "flags": ([delta(6, changed=[row(3, 6, 1)])], ([], None, [3]), ([], None, [3])),
    "the first goes": ([delta(6, gone=[1])], ([(1, 1)], None, []), ([], None, [])),
    "all go": ([delta(6, gone=[1, 3, 5])], ([(1, 1), (1, 3), (1, 5)], None, []), ([], None, [])),
    "the outer go": ([delta(6, gone=[5]), delta(7, gone=[1])], ([(1, 1), (2, 5)], None, []), ([], None, [])),
    "one for another": ([delta(7, [row(6, 6)], gone=[3])], ([(2, 3)], 3, []), ([], None, [])),
    "comes and goes": ([delta(6, [row(6, 6)]), delta(7, gone=[6])], ([], None, []), ([], None, [])),
    "flags, then gone": (
        [delta(6, changed=[row(3, 6, 1)]), delta(7, gone=[3])],
        ([(2, 3)], None, []),
        ([], None, []),
    ),
    "gone, flags of another": (
        [delta(6, gone=[1]), delta(7, changed=[row(5, 7, 1)])],
        ([(1, 1)], None, [5]),
        ([], None, [5]),
    ),
    "flags of a new one": (
        [delta(6, [row(6, 6)]), delta(7, changed=[row(6, 7, 1)])],
        ([], 4, []),
        ([], 4, []),
    ),
    "flags twice, backwards": (
        [delta(7, changed=[row(5, 7, 1), row(1, 6, 1)])],
        ([], None, [1, 5]),
        ([], None, [1, 5]),
    ),
}


@pytest.mark.parametrize("what", SYNC)
@pytest.mark.parametrize("expunge", [True, False])
def test_what_is_told(what: str, expunge: bool) -> None:
    deltas, *told = SYNC[what]
    image = three()
    view = View.of(image)
    for one in deltas:
        image.take(one)
        image.take(one)  # a second time, which changes nothing
    news = view.sync(image, expunge=expunge)
    assert (list(news.gone), news.exists, list(news.flags)) == told[not expunge]
    rest = view.sync(image, expunge=True)
    everything = told[0]
    assert [uid for _, uid in (*news.gone, *rest.gone)] == [uid for _, uid in everything[0]]
    assert (news.exists or rest.exists) == everything[1]
    assert list(view.uids[: view.count]) == list(image.uids)
    assert not view.sync(image, expunge=True)


def test_numbers_stay_until_it_is_told_that_something_went() -> None:
    image = three()
    view = View.of(image)
    image.take(delta(7, [row(6, 6)], gone=[3]))
    view.sync(image, expunge=False)
    assert [view.number(uid) for uid in (1, 3, 5, 6)] == [1, 2, 3, None]
    assert (view.largest(by_uid=False), view.largest(by_uid=True)) == (3, 5)
    view.sync(image, expunge=True)
    assert [view.number(uid) for uid in (1, 3, 5, 6)] == [1, None, 2, 3]
    assert (view.largest(by_uid=False), view.largest(by_uid=True)) == (3, 6)


def test_an_empty_mailbox_has_no_largest() -> None:
    view = View.of(Image(delta(1)))
    assert (view.largest(by_uid=False), view.largest(by_uid=True), view.number(1)) == (0, 0, None)


@pytest.mark.parametrize(
    ("ranges", "by_uid", "uids"),
    [
        ([(1, 1)], False, [1]),
        ([(2, 9)], False, [3, 5]),
        ([(4, 9)], False, []),
        ([(1, 1)], True, [1]),
        ([(2, 4)], True, [3]),
        ([(2, 2)], True, []),
        ([(1, 1), (4, 99)], True, [1, 5]),
    ],
)
def test_places(ranges: list[tuple[int, int]], by_uid: bool, uids: list[int]) -> None:
    view = View.of(three())
    assert list(view.uids_at(view.places(ranges, by_uid=by_uid))) == uids


def test_own_changes_are_not_told_and_those_that_they_cover_are() -> None:
    image = three()
    view = View.of(image)
    image.take(delta(6, changed=[row(3, 6, 1)]))  # somebody else's
    view.owe(image)
    image.take(delta(7, changed=[row(1, 7, 2), row(3, 7, 3)]))  # its own
    view.told.add(7)
    assert view.sync(image, expunge=False).flags == [3]
    assert not view.owed
    assert not view.told


def test_an_answer_that_comes_late_brings_nothing_back() -> None:
    image = three()
    late = delta(6, [row(6, 6)], changed=[row(1, 2, 9)])
    image.take(delta(7, gone=[6, 1]))  # what came and went meanwhile
    image.take(late)
    assert (list(image.uids), image.mailbox.modseq) == ([3, 5], 7)


@pytest.mark.parametrize("log", [2, 3, 4, 100])
def test_what_changed_since_and_what_came(log: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "LOG", log)
    image = three()
    image.take(delta(8, [row(6, 7)], changed=[row(5, 8, 1), row(1, 6, 1)]))
    image.take(delta(9, changed=[row(6, 9, 1)]))
    wanted = {4: [1, 5, 6], 5: [1, 5, 6], 6: [5, 6], 7: [5, 6], 8: [6], 9: []}
    for modseq, uids in wanted.items():
        assert list(image.changed_since(modseq)) == uids, modseq


def test_columns_keep_step() -> None:
    image = three()
    image.take(delta(8, [row(6, 7, 4, "blue")], changed=[row(5, 8, 1, "red")], gone=[3]))
    assert list(image.uids) == [1, 5, 6]
    assert list(image.flags) == [0, 1, 4]
    assert list(image.modseqs) == [1, 8, 7]
    assert list(image.sizes) == [101, 105, 106]
    assert list(image.blobs) == [11, 15, 16]
    assert list(image.emails) == [21, 25, 26]
    assert image.received == array("d", [1001.0, 1005.0, 1006.0])
    assert image.keywords == {5: "red", 6: "blue"}
    assert image.known == {"red", "blue"}
    assert (image.first_unseen(), image.count(lambda flags: flags & 1 == 1)) == (0, 1)
    image.take(delta(9, gone=[6]))
    assert image.keywords == {5: "red"}


KEYWORDS = st.lists(st.sampled_from(["red", "Blue", "blue"]), max_size=2).map(tuple)
CHANGES = st.builds(
    Change, st.sampled_from(Mode), st.integers(0, 31), KEYWORDS, st.none() | st.integers(0, 8)
)
LETTERS = st.lists(
    st.tuples(st.integers(0, 31), st.integers(1, 9), st.sampled_from(["", "red", "blue red"])), max_size=8
)
RANGES = st.lists(st.integers(0, 30), unique=True, max_size=4).map(
    lambda ends: [*zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)]
)


@given(LETTERS, RANGES, CHANGES)
def test_a_change_of_flags_is_what_the_store_would_tell_of_it(
    letters: list[tuple[int, int, str]], ranges: list[tuple[int, int]], what: Change
) -> None:
    rows = [row(3 * nth, modseq, flags, words) for nth, (flags, modseq, words) in enumerate(letters, 1)]
    limit = what.unchanged_since
    changed: list[Row] = []
    for uid, flags, words, modseq, *_ in rows:
        if any(first <= uid <= last for first, last in ranges) and (limit is None or modseq <= limit):
            new = what.of(flags, words)
            changed += [(uid, *new, 10)] if new != (flags, words) else []
    altered, told = Image(delta(9, rows)), Image(delta(9, rows))
    altered.alter(ranges, what, 10)
    told.take(delta(10, changed=changed))
    for column in Image.__slots__:
        assert getattr(altered, column) == getattr(told, column), column


@pytest.mark.parametrize("asked", [[], [1], [5, 1, 3], [1, 2, 6], list(range(1, 9))])
def test_numbers_of_uids(asked: list[int]) -> None:
    image = three()
    view = View.of(image)
    image.take(delta(7, [row(6, 6)]))  # of which the client does not know
    assert view.numbers(asked) == [number for uid in asked if (number := view.number(uid)) is not None]
    many = View.of(Image(delta(200, [row(2 * nth, nth) for nth in range(1, 101)])))
    assert many.numbers([200, 3, 2]) == [100, 1]
