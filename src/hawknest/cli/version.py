"""`hawknest version`."""

import platform
from importlib import metadata

from hawknest.cli.say import Json, show


def number() -> str:
    """The program's version; a checkout that was never installed says so."""
    try:
        return metadata.version("hawknest")
    except metadata.PackageNotFoundError:
        return "0.1.0+checkout"


def version(*, json: Json = False) -> None:
    """Tell the version of the program and of Python.

    Example: `hawknest version --json`
    """
    about = {"hawknest": number(), "python": platform.python_version()}
    show(about, json, lambda: f"hawknest {about['hawknest']} (Python {about['python']})")
