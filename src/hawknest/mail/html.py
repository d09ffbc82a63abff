"""The text of HTML as people read it, for searching and previews; never for showing.

Tags are passed over and not understood: building the tree of a page takes quadratic time for letters made to that end (half a
megabyte of `<div>` took a parser in C nine seconds), and what stands between the tags is the same without it.
"""

import html
import re
from typing import Final

# A tag ends at the first ">" outside quotes, which begin after "=" only; what never ends, ends with the text.
_TAG: Final = re.compile(
    r"""<!--.*?(?:--!?>|\Z)
    |<(?P<hidden>script|style|template|title)(?=[\s/>]).*?(?:</(?P=hidden)(?=[\s/>])[^>]*+(?:>|\Z)|\Z)
    |</?(?P<name>[a-z][^\s/>]*+)(?:[^>=]|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+(?:>|\Z)
    |<[!?/][^>]*+(?:>|\Z)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
#: Tags within a word; all others part what is before them from what is behind.
_INLINE: Final = frozenset(
    "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr o:p q s samp small span strike strong "
    "sub sup time tt u var wbr".split()
)
_LONG_NUMBER: Final = re.compile(r"&#[0-9]{8,}+;?")


def text_of(page: str) -> str:
    """Take the text out of HTML: blocks on lines of their own, runs of white space as one space.

    Args:
        page: HTML, or any text.
    """
    text = html.unescape(_LONG_NUMBER.sub("\ufffd", _TAG.sub(_instead, " ".join(page.split()))))
    return "\n".join(line for line in map(_lean, text.split("\n")) if line)


def _instead(tag: re.Match[str]) -> str:
    name = tag["name"]
    return "\n" if name is not None and name.lower() not in _INLINE else ""


def _lean(line: str) -> str:
    return " ".join(line.split())
