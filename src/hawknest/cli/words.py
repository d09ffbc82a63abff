"""The words an owner meets most, in English and Japanese; LC_ALL, LC_MESSAGES or LANG chooses.

A further language is a further column. What is printed as JSON is never translated.
"""

import os
from collections.abc import Mapping
from typing import Final

from hawknest.cli.messages import MESSAGES

LANGUAGES: Final = ("en", "ja")


def language(environment: Mapping[str, str] | None = None) -> str:
    """The language that the environment asks for, English where we have no words for it."""
    found = os.environ if environment is None else environment
    asked = next((found[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if found.get(name)), "")
    return "ja" if asked.lower().startswith("ja") else "en"


def tell(key: str, /, **values: object) -> str:
    """Give a message in the language of the environment, its places filled in."""
    return MESSAGES[key][LANGUAGES.index(language())].format_map(values)
