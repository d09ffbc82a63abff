"""The coach's words: none is missing, none is left over, and both languages fill in the same places."""

import re
import string
from pathlib import Path

import pytest

from hawknest.post.coach import providers, words_findings
from hawknest.post.coach.lines import LINES
from hawknest.post.coach.words import ALL
from hawknest.post.coach.words_titles import TITLES
from hawknest.post.domaincheck_words import WORDS

SOURCES = sorted(Path(providers.__file__).parent.glob("*.py"))
_KEY = re.compile(r"[\"']([a-z][a-z0-9]*(?:-[a-z0-9]+)*)[\"']")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", [*words_findings.FINDINGS, *TITLES])
def test_both_languages_say_the_same(key: str) -> None:
    message = words_findings.FINDINGS.get(key) or TITLES[key]
    for part in (message.text, message.advice):
        assert places(part["en"]) == places(part["ja"])
        assert bool(part["en"]) == bool(part["ja"])
        assert not part["en"] or part["en"] != part["ja"]
    assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", message.text["ja"])


def test_every_word_is_used_and_every_use_has_words() -> None:
    said = {
        key
        for file in SOURCES
        if not file.name.startswith("words")
        for key in _KEY.findall(file.read_text("utf-8"))
    }
    assert set(words_findings.FINDINGS) <= said
    assert {line.key for line in LINES} | {"echo"} == set(TITLES)
    outcomes = {
        key
        for file in SOURCES
        for key in re.findall(
            r'(?:Outcome\([^()]*?, |waiting\(|Note\()"([a-z0-9-]+)"', file.read_text("utf-8")
        )
    }
    assert len(outcomes) > 40
    assert outcomes <= set(ALL)


def test_no_word_of_the_domain_check_is_changed() -> None:
    assert not set(WORDS) & set(words_findings.FINDINGS)


def test_providers_say_all_there_is_to_say() -> None:
    assert len({one.id for one in providers.PROVIDERS}) == len(providers.PROVIDERS)
    for one in providers.PROVIDERS:
        assert one.port == {"implicit": 465, "starttls": 587}[one.tls]
        assert all((*one.user, *one.notes))
        assert not one.spf or one.spf.startswith("include:")
    assert sum(one.japanese for one in providers.PROVIDERS) >= 8


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("smtp.gmail.com", "gmail"),
        ("email-smtp.ap-northeast-1.amazonaws.com", "ses"),
        ("example.sakura.ne.jp", "sakura"),
        ("sv1234.xserver.jp", "xserver"),
        ("SMTP.SENDGRID.NET.", "sendgrid"),
        ("mail.example.org", None),
        ("sakura.ne.jp.example.org", None),
    ],
)
def test_the_provider_of_a_smart_host(host: str, found: str | None) -> None:
    provider = providers.of_host(host)
    assert (provider.id if provider else None) == found
