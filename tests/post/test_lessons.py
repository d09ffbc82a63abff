"""What is a lesson and what is none, whichever way a mail program judges."""

import pytest

from hawknest.post.lessons import Judged, Lesson, Lessons, marks, verdict


@pytest.fixture
def heard() -> list[Lesson]:
    return []


@pytest.fixture
def lessons(heard: list[Lesson]) -> Lessons:
    made = Lessons()
    assert not made.heard
    made.listen(heard.append)
    assert made.heard
    return made


@pytest.mark.parametrize(
    ("keywords", "role", "junk"),
    [
        ("", "inbox", None),
        ("", "junk", True),
        ("$Junk", "inbox", True),
        ("junk $Work", "", True),
        ("$NotJunk", "junk", False),
        ("NonJunk", "inbox", False),
        ("NotJunk", "inbox", False),
        ("$Junk $NotJunk", "inbox", None),
        ("Junk NonJunk", "junk", True),
        ("$JunkMail NotJunky", "inbox", None),
    ],
)
def test_verdicts(keywords: str, role: str, junk: bool | None) -> None:
    assert verdict(keywords, role) is junk


def test_marks() -> None:
    assert marks(["$Work", "$junk", "NONJUNK"]) == ("$junk", "NONJUNK")


@pytest.mark.parametrize(
    ("source", "target", "keywords", "junk"),
    [
        ("inbox", "junk", "", True),
        ("inbox", "junk", "$NotJunk", True),
        ("inbox", "junk", "$Junk", None),  # said when it was marked
        ("junk", "inbox", "", False),
        ("junk", "archive", "$Junk", False),
        ("junk", "inbox", "$NotJunk", None),
        ("junk", "trash", "", None),
        ("trash", "junk", "", True),
        ("junk", "junk", "", None),
        ("inbox", "archive", "$Junk", None),
        ("", "", "", None),
    ],
)
def test_moves(
    lessons: Lessons, heard: list[Lesson], source: str, target: str, keywords: str, *, junk: bool | None
) -> None:
    lessons.moved(1, source, target, [Judged(7, keywords)])
    assert heard == ([] if junk is None else [Lesson(1, junk, [7])])


@pytest.mark.parametrize(
    ("role", "before", "after", "junk"),
    [
        ("inbox", "", "$Junk", True),
        ("inbox", "", "NonJunk", False),
        ("inbox", "NonJunk", "", None),  # Thunderbird takes this off first, and then marks
        ("inbox", "$Junk", "", False),
        ("inbox", "Junk", "$Junk", None),
        ("inbox", "$NotJunk", "$Junk $NotJunk", None),
        ("inbox", "$Junk $NotJunk", "$Junk", True),
        ("inbox", "$Junk", "$NotJunk", False),
        ("junk", "", "$Junk", None),  # it lies there: that was said when it was moved
        ("junk", "$Junk", "", None),  # it lies there still
        ("junk", "", "$NotJunk", False),
    ],
)
def test_marks_set_and_taken_off(
    lessons: Lessons, heard: list[Lesson], role: str, before: str, after: str, *, junk: bool | None
) -> None:
    lessons.marked(1, role, [Judged(7, before, after)])
    assert heard == ([] if junk is None else [Lesson(1, junk, [7])])


def test_letters_of_one_verdict_are_one_lesson(lessons: Lessons, heard: list[Lesson]) -> None:
    lessons.marked(1, "", [Judged(1, "", "Junk"), Judged(2, "", "NonJunk"), Judged(3, "", "$Junk")])
    assert heard == [Lesson(1, True, [1, 3]), Lesson(1, False, [2])]
    heard.clear()
    lessons.moved(1, "inbox", "junk", [Judged(1, "Junk"), Judged(2, "NonJunk"), Judged(4, "")])
    assert heard == [Lesson(1, True, [2, 4])]
