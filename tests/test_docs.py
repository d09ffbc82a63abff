"""Documents that cannot lie: every setting, policy, command and standard is in them, and they are fresh."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import docs  # noqa: E402 (found by the line above)
import rfc  # noqa: E402
from hawknest import cli  # noqa: E402
from hawknest.cli.reference import settings_documented  # noqa: E402


@pytest.mark.parametrize("name", ["config.md", "cli.md", "standards.md"])
def test_a_generated_document_is_fresh(name):
    assert (ROOT / "docs" / name).read_text("utf-8") == docs.documents()[name], "./dev fix writes it anew"


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "config.md").read_text("utf-8")
    names = dict(settings_documented())
    assert len(names) > 50
    for name, words in names.items():
        assert words, name
        assert f"`{name.rpartition('.')[2]}`" in page, name


def test_every_command_is_documented_with_an_example():
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    paths = list(docs.commands(cli.tree()))
    assert {path[0] for path in paths if path} == set(cli.COMMANDS)
    for path in paths:
        assert f"## {' '.join(('hawknest', *path))}\n" in page
        text = docs.help_of(path)
        assert "COMMAND" in text.splitlines()[0] or "Example: " in text, path


def test_the_standards_and_the_code_agree():
    assert rfc.problems(ROOT) == []


def test_a_wrong_list_is_noticed(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("RF" + "C 300 §1")
    (tmp_path / "docs" / "standards.toml").write_text(
        '[[rfc]]\nnumber = 321\ntitle = "t"\nkept = "yes"\n[[rfc]]\nnumber = 321\ntitle = "t"\nkept = "maybe"\n'
    )
    # The number stands apart from its letters, so that this file cites no such standard itself.
    assert rfc.problems(tmp_path) == [
        "RF" + "C 321: kept must be yes, partial or no",
        "RF" + "C 300 is cited in src/a.py and not in the list",
        "RF" + "C 321 is said to be kept, but no line cites it",
        "RF" + "C 321 is there twice",
    ]
