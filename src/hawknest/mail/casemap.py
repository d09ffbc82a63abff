"""The order that people's texts are sorted in: i;unicode-casemap. RFC 5051, which RFC 5256 §3 names for SORT and THREAD.

A text is mapped to title case and taken apart (compatibility decomposition); the results are compared by their UTF-8,
which Python's own order of code points agrees with.
"""

import unicodedata


def casemap(text: str) -> str:
    """The key by which a text is compared. RFC 5051 §2.

    Args:
        text: any text.

    Returns:
        A text that is equal for texts which differ in case or form only.
    """
    if text.isascii():
        return text.upper()
    return unicodedata.normalize("NFKD", "".join(map(_title, text)))


def _title(character: str) -> str:
    # UnicodeData's own mapping is from one character to one; what Python maps to several has none there.
    title = character.title()
    return title if len(title) == 1 else character
