"""What a subject is about, without Re:, Fwd: and the labels of lists: the base subject. RFC 5256 §2.1.

The RFC's steps remove a little, look again and remove more. That is the same as taking all leaders at once, then all
blobs except one that would leave nothing; here two marks move over a text that stays whole, so that no text takes long.
"""

import re
from typing import Final, NamedTuple

# quirk_full_width_colon: Japanese keyboards write the colon of `Re:` as U+FF1A; a subject that begins so is an answer.
# subj-blob   = "[" *BLOBCHAR "]" *WSP                    ; BLOBCHAR is any character but brackets
# subj-refwd  = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
# subj-leader = (*subj-blob subj-refwd) / WSP
_BLOB: Final = r"(?:\[[^\[\]]*+\] *+)"
_LEADERS: Final = re.compile(rf" *+((?:{_BLOB}*+(?:re|fwd?) *+{_BLOB}?[:\uff1a] *+)*+)", re.IGNORECASE)
_BLOBS: Final = re.compile(rf"{_BLOB}*+")
# subj-trailer = "(fwd)" / WSP
_TRAILER: Final = "(fwd)"
# subj-fwd-hdr = "[fwd:"    subj-fwd-trl = "]"
_FORWARD: Final = "[fwd:"
_SPACES: Final = re.compile(r"\s+")


class Subject(NamedTuple):
    """A subject taken apart."""

    #: What it is about, in the case it was written in; may be empty.
    base: str
    #: Whether something said that it answers or forwards another letter.
    reply: bool


def base_subject(text: str) -> Subject:
    """Take a subject apart. RFC 5256 §2.1.

    Args:
        text: the subject as people read it, encoded words decoded.

    Returns:
        The base subject, and whether this is a reply or a forward.
    """
    text = _SPACES.sub(" ", text)
    start, end, reply = 0, len(text), False
    while True:
        end, trailers = _without_trailers(text, start, end)
        leaders = _LEADERS.match(text, start, end)
        reply = reply or trailers or bool(leaders and leaders[1])
        start = _without_blobs(text, leaders.end() if leaders else start, end)
        if not (
            text[start : start + 5].lower() == _FORWARD and text[end - 1 : end] == "]" and end - start > 5
        ):
            return Subject(text[start:end], reply)
        start, end, reply = start + 5, end - 1, True


def _without_trailers(text: str, start: int, end: int) -> tuple[int, bool]:
    """Where the text ends without its trailers, and whether one of them was `(fwd)`."""
    found = False
    while end > start:
        if text[end - 1] == " ":
            end -= 1
        elif end - start >= 5 and text[end - 5 : end].lower() == _TRAILER:
            end, found = end - 5, True
        else:
            break
    return end, found


def _without_blobs(text: str, start: int, end: int) -> int:
    """Where the text begins without the blobs in front; the last of them stays when nothing else would."""
    blobs = _BLOBS.match(text, start, end)
    after = blobs.end() if blobs else start
    return after if after < end else max(text.rfind("[", start, end), start)
