"""The words of the coach: each line's title and what breaks where it is skipped, and each finding's words; English and Japanese.

A key is also the `finding` of a line in JSON, so scripts may rely on it. Both languages fill in the same places; a test compares
them, and looks for keys that nobody uses or that have no words.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hawknest.post.coach.words_findings import FINDINGS
from hawknest.post.coach.words_titles import TITLES
from hawknest.post.domaincheck_words import WORDS, Language, Message

__all__ = ["ALL", "Language", "advice", "skipped", "text", "title"]

#: The coach's own words, and those that the domain check has already.
ALL: Final[Mapping[str, Message]] = MappingProxyType({**WORDS, **FINDINGS})


def title(line: str, language: Language) -> str:
    """What a line is about."""
    return TITLES[line].text[language]


def skipped(line: str, language: Language) -> str:
    """What breaks where a line is left as it is."""
    return TITLES[line].advice[language]


def text(key: str, values: Mapping[str, str], language: Language) -> str:
    """What was found, in a sentence or two."""
    return ALL[key].text[language].format_map(values)


def advice(key: str, values: Mapping[str, str], language: Language) -> str:
    """What to do about it; empty where nothing is to be done."""
    return ALL[key].advice[language].format_map(values)


def blank(value: str, language: Language) -> str:
    """A value with what only the owner knows named in the language."""
    for english, japanese in _BLANKS.items():
        value = value.replace(english, japanese) if language == "ja" else value
    return value


_BLANKS: Final = {
    "{public IPv4 address}": "{グローバル IPv4 アドレス}",
    "{public IPv6 address, if there is one}": "{あれば、グローバル IPv6 アドレス}",
}
