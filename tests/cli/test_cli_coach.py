"""`hawknest coach` at the command line: once, in JSON, in both languages, within 80 columns, and until all that is needed is green."""

import json

import pytest
from rich.cells import cell_len
from rich.console import Console

from dnsserver import DnsServer
from hawknest.cli.coach_view import Board, wrapped

WORLD = {"mail.nest.test A": "127.0.0.1", "nest.test TXT": '"v=spf1 +all"'}


@pytest.fixture
def names(shell):
    with DnsServer(WORLD, ttl=1) as server:
        server.head("nest.test")
        shell("config", "set", "dns.resolvers", f'["{server.address}:{server.port}"]')
        shell("config", "set", "coach.port", str(server.port))
        yield server


@pytest.mark.usefixtures("names")
def test_what_a_newcomer_reads(shell):
    said = shell("coach", "nest.test", "--once", code=1)
    assert "0 of 9 needed" not in said
    assert "✓ Name of this server" in said
    assert "✗ Where letters to the domain go (MX)  (needed)" in said
    assert "Name (in nest.test)" in said
    assert "@                    MX    10 mail.nest.test." in said or "  MX    10 mail.nest.test." in said
    assert "Not ready yet" in said.splitlines()[-1]
    assert all(cell_len(line) <= 80 for line in said.splitlines())
    assert not any(line.endswith(" ") for line in said.splitlines())
    japanese = shell("coach", "--once", "--lang", "ja", code=1)
    assert "メールの届け先 (MX)  (必須)" in japanese
    assert all(cell_len(line) <= 80 for line in japanese.splitlines())
    assert len(japanese.splitlines()) > 60


@pytest.mark.usefixtures("names")
def test_for_programs(shell):
    found = json.loads(shell("coach", "nest.test", "--json", code=1))
    assert (found["domain"], found["ready"]) == ("nest.test", False)
    assert {one["state"] for one in found["lines"]} <= {"green", "yellow", "red", "waiting", "unknown"}
    assert json.loads(shell("coach", "--providers", "--json"))[0]["host"]
    assert "smtp.ocn.ne.jp" in shell("coach", "--providers", "--lang", "ja")


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (50, 80), (24, 60), (60, 200)])
def test_what_is_to_be_done_next_fits_into_the_window(shell, rows, columns):
    found = json.loads(shell("coach", "nest.test", "--json", code=1))
    for language in ("en", "ja"):
        console = Console(
            width=columns, height=rows, highlight=False, markup=False, force_terminal=True, color_system=None
        )
        shown = console.render_lines(Board(found, language), console.options, pad=False)
        said = "\n".join("".join(segment.text for segment in line) for line in shown)
        assert len(shown) <= rows, said
        assert ("10 mail.nest.test." in said) is True, said
        assert ("Ctrl-C" in said) is True


def test_what_is_typed_wrong(shell):
    shell("coach", "nowhere.test", "--once", code=1)
    assert "nowhere.test" in shell.err
    shell("coach", "--once", "--lang", "fr", code=1)
    assert "--lang" in shell.err


def test_an_address_has_nothing_to_enter(shell):
    shell("domain", "add", "[192.0.2.7]")
    shell("coach", "[192.0.2.7]", "--once", code=1)
    assert "IP address" in shell.err


def test_without_a_domain(empty_shell):
    assert "hawknest.toml" in (empty_shell("coach", "--once", code=1) or empty_shell.err)


@pytest.mark.parametrize("width", [10, 37, 76])
@pytest.mark.parametrize(
    "text",
    [
        "A sentence of some words, and a_very_long_name_without_any_space.example.org at its end.",
        "日本語の文は、どこでも折り返せますが、句読点は行の先頭に来ません。mail.example.org も途中で切れません。",
        "",
        "x" * 200,
    ],
)
def test_lines_are_broken_where_they_may_be(text, width):
    lines = list(wrapped(text, width))
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(("、", "。")) for line in lines)
