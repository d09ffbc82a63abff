"""Texts in the one form in which they are searched, and the tokens that an index has of them. RFC 9051 §6.4.4.

SEARCH means: the needle is somewhere in the text, whatever the case. Both are first brought into a form in which wide,
half-width and composed characters are what they look like, case is gone, and white space is single spaces.

An index cannot hold every piece of a text. It holds tokens: *words*, and of scripts that are written without spaces each
character and each pair of neighbours. A `Plan` says what of this a needle is sure to meet: whole tokens, and at its
ends perhaps parts of words, which the list of all words turns into words. What is found so is the answer itself when the
needle is one word, or one or two characters of such a script; otherwise it is looked up in the texts that are left.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

# Controls have no look, and a NUL or a lone surrogate is nothing that every database can hold: they are space as well.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
#: Thai to Lao, Burmese, Khmer, kana and bopomofo, Han.
_CLOSE: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN: Final = re.compile(rf"([{_CLOSE}]+)|([^\W_{_CLOSE}]+)")
_NO_WORD: Final = {code: " " for code in range(128) if not chr(code).isalnum()}

# Longer words (nobody's, but they come) are held in pieces that overlap, so that any part up to STRIDE is in one of them.
PIECE: Final = 64
STRIDE: Final = 32


def normal(text: str) -> str:
    """The text as it is searched: NFKC, without case, white space as single spaces.

    Args:
        text: any text.
    """
    if text.isascii():
        text = text.lower()
    else:
        # Folding may compose anew and composing may bring capitals back: twice is enough (Unicode's NFKC_Casefold).
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        text = unicodedata.normalize("NFKC", text.casefold())
    if _CONTROLS.search(text):
        text = _CONTROLS.sub(" ", text)
    words = " ".join(text.split())
    return f"{' ' * text[:1].isspace()}{words}{' ' * text[-1:].isspace()}" if words else " " * bool(text)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text."""

    words: set[str]
    #: Characters and pairs of neighbours.
    close: set[str]


def tokens(text: str) -> Tokens:
    """Take a text apart.

    Args:
        text: a text as `normal` gives it.
    """
    if text.isascii():
        return Tokens(_cut(set(text.translate(_NO_WORD).split())), set())
    words: set[str] = set()
    close: set[str] = set()
    for run, word in _RUN.findall(text):
        if word:
            words.add(word)
        else:
            close.update(run)
            close.update(map(str.__add__, run, run[1:]))
    return Tokens(_cut(words), close)


def _cut(words: set[str]) -> set[str]:
    if max(map(len, words), default=0) > PIECE:
        for word in [word for word in words if len(word) > PIECE]:
            words.remove(word)
            words.update(pieces(word))
    return words


def pieces(word: str) -> Iterator[str]:
    """The pieces that a word is held in: itself, unless it is too long."""
    for start in range(0, max(len(word) - STRIDE, 1), STRIDE):
        yield word[start : start + PIECE]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a word: whoever has the needle has a word that holds it, or begins or ends with it."""

    text: str
    begins: bool = False
    ends: bool = False

    @property
    def test(self) -> Callable[[str], bool]:
        """Whether a word has the part in the right place."""
        if self.begins:
            return lambda word: word.startswith(self.text)
        if self.ends:
            return lambda word: word.endswith(self.text)
        return lambda word: self.text in word


@dataclass(frozen=True, slots=True)
class Plan:
    """What a text surely has among its tokens when it has the needle in it."""

    tokens: frozenset[str]
    parts: tuple[Part, ...]
    #: Whether that is enough: a text that has all this has the needle.
    exact: bool


def plan(needle: str) -> Plan:
    """Make the plan of a needle.

    Args:
        needle: what is searched for, as `normal` gives it.
    """
    whole: set[str] = set()
    parts: list[Part] = []
    exact = False
    for found in _RUN.finditer(needle):
        first, last = found.start() == 0, found.end() == len(needle)
        run = found[0]
        if found[1]:
            whole.update(map(str.__add__, run, run[1:]) if len(run) > 1 else run)
            exact = first and last and len(run) <= 2
        elif first or last:
            exact = first and last and len(run) <= STRIDE
            parts.append(_part(run, first=first, last=last))
        else:
            whole.update(pieces(run))
    return Plan(frozenset(whole), tuple(parts), exact or not needle)


def _part(run: str, *, first: bool, last: bool) -> Part:
    """The part that a word at an end of the needle is; of a long one, as much as a piece is sure to hold."""
    if first and last:
        return Part(run[:STRIDE])
    return Part(run[-STRIDE:], ends=True) if first else Part(run[:STRIDE], begins=True)
