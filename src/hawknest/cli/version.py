"""`hawknest version`."""

import platform

from hawknest import __version__
from hawknest.cli.say import Json, show


def version(*, json: Json = False) -> None:
    """Tell the version of the program and of Python.

    Example: `hawknest version --json`
    """
    about = {"hawknest": __version__, "python": platform.python_version()}
    show(about, json, lambda: f"hawknest {about['hawknest']} (Python {about['python']})")
