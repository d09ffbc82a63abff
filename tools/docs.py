"""Build the generated documents, or check that they are true: python tools/docs.py [--check]."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from cyclopts import App  # noqa: E402
from rich.console import Console  # noqa: E402

import rfc  # noqa: E402 (found by the line above)
from hawknest import cli  # noqa: E402
from hawknest.cli.reference import reference_text  # noqa: E402
from hawknest.doors.web import openapi  # noqa: E402
from hawknest.doors.web.describe import WHO  # noqa: E402
from hawknest.doors.web.route import Route  # noqa: E402
from hawknest.doors.web.routes import ROUTES  # noqa: E402

DOCS = ROOT / "docs"

_API = """\
# The API

What the pages of Hawknest can do, for programs. The running server has the same as a page, `/api/docs`, and as OpenAPI 3.1,
`/api/v1/openapi.json`; both are made of the table of routes, as this page is.

- *Who asks.* A program shows an API token: `Authorization: Bearer hawknest-…`. It is made on the pages or by `POST /api/v1/tokens`, for
  some scopes and if you like until some time, never does more than its owner may, and ends with the owner's account. Pages have the cookie of
  their session, and send `X-Hawknest: 1` with whatever changes something.
- *Where.* What administers answers on listeners with `admin = true` alone; elsewhere it is not there (404). Who administers some
  domains sees those alone.
- *Values.* Times are seconds since the epoch, sizes octets. A member that is not known is a mistake. `?` marks what may be left out.
- *Lists* come a page at a time: `{"items": […], "next": …, "total": …}`; ask again with `after` set to `next` until that is null.
- *Refusals* are problems (RFC 9457): `{"type", "title", "status", "detail", "field"}`, where `detail` is for people and `field` names
  the member at fault where one is.
- *Twice is once.* A POST that makes something heeds `Idempotency-Key`: sent again with the same key within an hour it is answered as
  the first time, and not done again.
- *What was changed*, by whom, by which way, and what it was before is in `GET /api/v1/audit`.

## Webhooks

A webhook is told of `delivered` (another server has taken a letter for a recipient), `bounced` (it never will) and `sign_in_failed` (gathered over some
seconds; `account` is empty for a name that is nobody's). Each is one `POST` of JSON with

- `Hawknest-Event`, its name, and `Hawknest-Delivery`, its number, the same at every try: you may be told twice, for instance when
  your answer was lost;
- `Hawknest-Signature: t=TIME,v1=HEX`: HEX is the HMAC-SHA256 of `TIME.BODY` under the webhook's secret. Compare it in constant time, and
  refuse what is older than some minutes.

An answer of 2xx within ten seconds is a yes; else it is tried again after 10 seconds, then ever more rarely for a day and a half.
No redirect is followed. A webhook needs https and an address on the Internet; one on this machine or in its network must be said to be
`private`, and may then do without TLS.

## What happens now

`GET /api/v1/events` is a stream of server-sent events: `status` when the state of the server changes (looked at every second), `log` for each
line, `audit` for each change by anybody, `dropped` with the number of lines that were lost because you read too slowly. `topics` and the
filters say what is wanted. One account has ten streams at the most. It ends when the session or token it was asked with ends.
"""

_CLI = """\
# The command line

What `--help` says, for every command. What a command finds wrong is one line on stderr and exit code 1, what was typed
wrong is exit code 2; `hawknest sendmail` ends with the codes of sysexits.h.
"""


def main(words: list[str]) -> int:
    """Write, or with --check compare, every generated document."""
    problems = rfc.problems(ROOT)
    for line in problems:
        print(f"docs/standards.toml: {line}")
    stale = 0
    for name, text in documents().items():
        path = DOCS / name
        if path.exists() and path.read_text("utf-8") == text:
            continue
        if "--check" in words:
            stale += 1
            print(f"docs/{name} is not what the program says: ./dev fix writes it anew")
        else:
            DOCS.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            print(f"wrote docs/{name}")
    return 1 if problems or stale else 0


def documents() -> dict[str, str]:
    """Every generated document by its name."""
    return {
        "api.md": api_text(),
        "config.md": reference_text(),
        "cli.md": cli_text(),
        "standards.md": rfc.page(ROOT),
    }


def api_text() -> str:
    """Every route of the API, in Markdown."""
    described = openapi.document(ROUTES)
    told = [route for route in ROUTES if not route.aside]
    parts: list[str] = []
    for name in dict.fromkeys(map(openapi.noun, told)):
        parts.append(f"## {name}\n")
        parts += [route_text(described, route) for route in told if openapi.noun(route) == name]
    return "\n".join([_API, *parts])


def route_text(described: dict[str, Any], route: Route) -> str:
    """One route: who may, what it takes, what it gives."""
    found = described["paths"][route.path][route.method.lower()]
    scope = f" · token scope `{route.scope}`" if route.scope else ""
    lines = [f"### {route.method} {route.path}\n", f"{route.summary}.\n", f"For {WHO[route.need]}{scope}.\n"]
    asked = [p for p in found["parameters"] if p["in"] != "path"]
    if asked:
        lines += ["| parameter | in | meaning |", "|---|---|---|"]
        lines += [f"| `{p['name']}` | {p['in']} | {_cell(p.get('description', ''))} |" for p in asked]
        lines.append("")
    if route.body is not None:
        schema = found["requestBody"]["content"][route.media]["schema"]
        lines += [f"Takes `{route.media}`:\n", *members_text(described, schema)]
    answer = found["responses"]["2XX"].get("content", {}).get("application/json")
    if route.answer is not None and answer:
        lines += ["Gives:\n", *members_text(described, answer["schema"])]
    return "\n".join(lines)


def members_text(described: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """The members of a type in a table, or its kind in a word."""
    members = openapi.members(described, schema)
    if not members:
        return [f"`{openapi.kind_of(schema)}`", ""]
    rows = [
        f"| `{one.name}`{'' if one.needed else ' ?'} | {_cell(one.kind)} | {_cell(one.meaning)} |"
        for one in members
    ]
    return ["| member | kind | meaning |", "|---|---|---|", *rows, ""]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def cli_text() -> str:
    """The help of every command, in Markdown."""
    os.environ.pop("HAWKNEST_DATA", None)
    parts = [
        f"## {' '.join(('hawknest', *path))}\n\n```\n{help_of(path)}```\n" for path in commands(cli.tree())
    ]
    return "\n".join([_CLI, *parts])


def commands(app: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command, the program itself first."""
    yield path
    for name in app:
        if not name.startswith("-"):
            yield from commands(app[name], (*path, name))


def help_of(path: tuple[str, ...]) -> str:
    """What --help prints for a command, on a terminal of a hundred columns."""
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=False, no_color=True, legacy_windows=False)
    cli.tree(path[0] if path else "")([*path, "--help"], console=console, result_action="return_value")
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
