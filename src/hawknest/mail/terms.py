"""Texts in the one form in which they are searched. RFC 9051 §6.4.4.

SEARCH means: the needle is somewhere in the text, whatever the case. Here both are first brought into a form in which wide,
half-width and composed characters are what they look like, case is gone, and any run of white space is one space.
"""

import re
import unicodedata
from typing import Final

# Controls have no look, and a NUL or a lone surrogate is nothing that every database can hold: they are space as well.
_SPACE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def normal(text: str) -> str:
    """The text as it is searched: NFKC, without case, white space as single spaces.

    Args:
        text: any text.
    """
    if text.isascii():
        return _SPACE.sub(" ", text.lower())
    # Folding may compose anew and composing may bring capitals back: twice is enough (Unicode's NFKC_Casefold).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", folded.casefold()))
