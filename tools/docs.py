"""Build the generated documents, or check that they are true: python tools/docs.py [--check]."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from cyclopts import App  # noqa: E402
from rich.console import Console  # noqa: E402

import rfc  # noqa: E402 (found by the line above)
from hawknest import cli  # noqa: E402
from hawknest.cli.reference import reference_text  # noqa: E402

DOCS = ROOT / "docs"

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
    return {"config.md": reference_text(), "cli.md": cli_text(), "standards.md": rfc.page(ROOT)}


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
