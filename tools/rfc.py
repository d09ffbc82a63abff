"""The standards that the program keeps: docs/standards.md, made of docs/standards.toml and of the citations in the code.

A citation is `RFC 5321 §4.5.3` in a source file or transcript. Every cited RFC must be in the list, and whatever the list
says is kept must be cited somewhere: so nobody can claim what no line is about. `python tools/rfc.py` lists the gaps.
"""

import itertools
import re
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

PLACES = ("src/**/*.py", "src/**/*.sql", "tests/**/*.py", "tests/**/*.txt", "tests/**/*.conv")
MARKS = {"yes": "yes", "partial": "in part", "no": "no"}

_CITATION = re.compile(r"\bRFC (\d{3,5})\b")


@dataclass(frozen=True)
class Standard:
    """One row of the list."""

    number: int
    title: str
    kept: str
    note: str


def standards(root: Path) -> list[Standard]:
    """The list, by number."""
    rows = tomllib.loads((root / "docs" / "standards.toml").read_text("utf-8"))["rfc"]
    return sorted(
        (Standard(r["number"], r["title"], r["kept"], r.get("note", "")) for r in rows),
        key=lambda s: s.number,
    )


def citations(root: Path) -> dict[int, list[str]]:
    """The files that cite each RFC; those of the program come first."""
    found: dict[int, list[str]] = defaultdict(list)
    for place in PLACES:
        for path in sorted(root.glob(place)):
            name = path.relative_to(root).as_posix()
            for number in sorted({int(n) for n in _CITATION.findall(path.read_text("utf-8", "replace"))}):
                found[number].append(name)
    return found


def problems(root: Path) -> list[str]:
    """What is wrong between the list and the code."""
    rows, cited = standards(root), citations(root)
    known = {row.number for row in rows}
    lines = [f"RFC {row.number}: kept must be yes, partial or no" for row in rows if row.kept not in MARKS]
    lines += [
        f"RFC {number} is cited in {files[0]} and not in the list"
        for number, files in sorted(cited.items())
        if number not in known
    ]
    lines += [
        f"RFC {row.number} is said to be kept, but no line cites it"
        for row in rows
        if row.kept == "yes" and not any(name.startswith("src/") for name in cited.get(row.number, []))
    ]
    lines += [
        f"RFC {row.number} is there twice"
        for row, other in itertools.pairwise(rows)
        if row.number == other.number
    ]
    return lines


def page(root: Path) -> str:
    """The page, in Markdown."""
    cited = citations(root)
    lines = [
        "# Standards",
        "",
        "Made of `docs/standards.toml` and of the citations in the code. *Where* names the file that cites it most closely.",
        "",
        "| RFC | title | kept | where | note |",
        "|---|---|---|---|---|",
    ]
    for row in standards(root):
        files = [name for name in cited.get(row.number, []) if name.startswith("src/")] or cited.get(
            row.number, []
        )
        where = ", ".join(f"`{name.removeprefix('src/hawknest/')}`" for name in files[:2])
        more = f" and {len(files) - 2} more" if len(files) > 2 else ""
        lines.append(
            f"| [{row.number}](https://www.rfc-editor.org/rfc/rfc{row.number}) | {row.title} | {MARKS.get(row.kept, '?')} | "
            f"{where}{more} | {row.note} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    wrong = problems(Path(__file__).resolve().parent.parent)
    print("\n".join(wrong) or "the list and the code agree")
    sys.exit(1 if wrong else 0)
