"""The pages: files that were built beforehand, kept in memory, and found by their exact names.

A request names a file of the list or none: no path is ever made of what somebody asks for. Files whose names hold a hash of
their contents may be kept by browsers for ever; all others are asked for again each time. The application's own addresses
give its first page, which finds its way from there.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hawknest.doors.web.errors import Problem, not_found

PLACE: Final = Path(__file__).with_name("static")
FIRST: Final = "index.html"
#: The first parts of the addresses that the application itself understands.
PAGES: Final = frozenset(
    "welcome sign-in log options users aliases queue letters audit access me setup help".split()
)
SIGN_UP: Final = "join"  # one more, where people may make accounts for themselves

_HASHED: Final = re.compile(r"^assets/.*-[\w-]{8,}\.\w+$")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
#: What is packed. The first page is not: it is short, and whoever looks for BREACH (compressed secrets) finds nothing to ask about.
_TEXT: Final = re.compile(r"^(text/(?!html)|application/(javascript|json|manifest\+json)|image/svg)")
_TYPES: Final = {
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Hawknest</title>
<h1>The pages are not built</h1>
<p>This copy of Hawknest was started from its sources, and its pages were not built yet. Build them with
<code>./dev ui</code> in the source directory, or install the package, which builds them, with
<code>pip install .</code>; then load this page again. Mail is served all the same.</p></html>
"""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One file."""

    data: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)  # by gzip, where that is shorter
    media: str
    mark: str  # its entity tag (RFC 9110 §8.8.3)
    caching: str


class Shelf:
    """All files, read again when the first page is another."""

    def __init__(self, place: Path = PLACE) -> None:
        self._place = place
        self._read_at: int = -1
        self._leaves: dict[str, Leaf] = {}

    def give(self, request: Request, *, sign_up: bool = False) -> Response:
        """Give the file that a request names, or the application's first page. Raises Problem.

        `sign_up` says whether the page where people make accounts for themselves is there. Where not it is as little there as
        any other (404), but who comes with an old link is told so in words.
        """
        path: bytes = request.scope["raw_path"]
        if request.method not in {"GET", "HEAD"}:
            raise not_found() if path.startswith(b"/api/") else _only_read()
        self._look()
        name = path.removeprefix(b"/").decode("ascii", "replace")
        if (leaf := self._leaves.get(name)) is not None and name != FIRST:
            return _answer(request, leaf)
        page = name.partition("/")[0]
        closed = name == SIGN_UP and not sign_up
        if name and (_strange(name) or not (page in PAGES or name == SIGN_UP)):
            raise not_found()
        first = self._leaves.get(FIRST)
        if first is None:
            return HTMLResponse(_NOT_BUILT, 503, _NO_STORE)
        return _answer(request, first, 404 if closed else 200)

    def _look(self) -> None:
        try:
            changed_at = (self._place / FIRST).stat().st_mtime_ns
        except OSError:
            self._read_at, self._leaves = -1, {}
            return
        if changed_at != self._read_at:
            self._leaves = dict(_leaves(self._place))
            self._read_at = changed_at


_NO_STORE: Final = {"cache-control": "no-store"}


def _leaves(place: Path) -> list[tuple[str, Leaf]]:
    found: list[tuple[str, Leaf]] = []
    for path in sorted(place.rglob("*")):
        if path.is_file():
            name = path.relative_to(place).as_posix()
            found.append((name, _leaf(name, path.read_bytes())))
    return found


def _leaf(name: str, data: bytes) -> Leaf:
    suffix = Path(name).suffix
    media = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = gzip.compress(data, 9, mtime=0) if _TEXT.match(media) else None
    if packed is not None and len(packed) >= len(data):
        packed = None
    if media.startswith("text/"):
        media += "; charset=utf-8"
    mark = f'W/"{hashlib.sha256(data).hexdigest()[:20]}"'  # weak: packed or not, it is the same file
    return Leaf(data, packed, media, mark, _FOR_EVER if _HASHED.match(name) else "no-cache")


def _answer(request: Request, leaf: Leaf, status: int = 200) -> Response:
    headers = {"cache-control": leaf.caching, "etag": leaf.mark, "vary": "accept-encoding"}
    if status == 200 and leaf.mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = leaf.data
    if leaf.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body = leaf.packed
        headers["content-encoding"] = "gzip"
    return Response(body, status, headers | {"content-type": leaf.media})


def _strange(name: str) -> bool:
    """Tell whether a name is none that the application makes: its addresses have names of letters and addresses in them alone."""
    return any(part in {".", ".."} or "\\" in part for part in name.split("/")) or bool(_ODD.search(name))


_ODD: Final = re.compile(r"%(?:2e|2f|5c|00|25|c0|c1)", re.IGNORECASE)


def _only_read() -> Problem:
    return Problem(405, "Not here", "This can only be read", headers={"allow": "GET, HEAD"})
