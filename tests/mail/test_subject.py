"""Base subjects, RFC 5256 §2.1: a table, and the RFC's steps one by one as a naive model."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.mail.subject import Subject, base_subject

TABLE = [
    ("", "", False),
    ("   ", "", False),
    ("hello", "hello", False),
    ("  two \t\r\n words ", "two words", False),
    ("Re: hello", "hello", True),
    ("RE:re : Re:hello", "hello", True),
    ("Fw: hello", "hello", True),
    ("Fwd:hello", "hello", True),
    ("Forward: hello", "Forward: hello", False),
    ("Regarding: hello", "Regarding: hello", False),
    ("Re[2]: hello", "hello", True),
    ("Re [2] : hello", "hello", True),
    ("[list] Re: hello", "hello", True),
    ("[list] [PATCH 1/2] hello", "hello", False),
    ("Re: [list] Re: hello", "hello", True),
    ("Re: [list] hello [tail]", "hello [tail]", True),
    ("[only]", "[only]", False),
    ("[one] [two]", "[two]", False),
    ("Re: [one] [two] (fwd) ", "[two]", True),
    ("hello (fwd)", "hello", True),
    ("hello (FWD) (fwd)", "hello", True),
    ("(fwd)", "", True),
    ("[fwd: hello]", "hello", True),
    ("[Fwd: Re: hello (fwd)]", "hello", True),
    ("Re: [fwd: [list] [fwd:hello]]", "hello", True),
    ("[fwd: hello] there", "there", False),
    ("[fwd:]", "", True),
    ("[fwd: [x] ]", "[x]", True),
    ("Re:", "", True),
    ("re", "re", False),
    ("[unclosed Re: hello", "[unclosed Re: hello", False),
    ("Re\uff1a 見積もりの件", "見積もりの件", True),
    ("【重要】Re: 会議", "【重要】Re: 会議", False),
]


@pytest.mark.parametrize(("text", "base", "reply"), TABLE)
def test_table(text: str, base: str, reply: bool) -> None:
    assert base_subject(text) == Subject(base, reply)


BLOB = r"\[[^\[\]]*\] *"
LEADER = re.compile(rf"(?:(?:{BLOB})*(re|fwd?) *(?:{BLOB})?[:\uff1a]| )", re.IGNORECASE)


def step_by_step(text: str) -> Subject:
    """The RFC's own words, one after the other."""
    text, reply = re.sub(r"\s+", " ", text), False
    while True:
        while (text.endswith(" ")) or text.lower().endswith("(fwd)"):  # (2)
            reply = reply or not text.endswith(" ")
            text = text[:-1] if text.endswith(" ") else text[:-5]
        while True:
            before = text
            if leader := LEADER.match(text):  # (3)
                reply = reply or bool(leader[1])
                text = text[leader.end() :]
            elif (blob := re.match(BLOB, text)) and text[blob.end() :]:  # (4)
                text = text[blob.end() :]
            if text == before:  # (5)
                break
        if not (text.lower().startswith("[fwd:") and text.endswith("]")):  # (6)
            return Subject(text, reply)
        text, reply = text[5:-1], True


PIECES = st.sampled_from("re fw fwd Re: FW: [ ] [x] [fwd: (fwd) : x a·b".split() + [" ", "  ", "\t"])


@given(st.lists(PIECES, max_size=14).map("".join))
def test_the_steps_agree(text: str) -> None:
    assert base_subject(text) == step_by_step(text)


@pytest.mark.parametrize("piece", ["[fwd:", "[x] ", "Re: ", "[", "re [", "]", "(fwd) ", "[fwd:a] "])
def test_long_ones_take_no_long_time(piece: str) -> None:
    base_subject(piece * 20_000 + "]" * 20_000)
