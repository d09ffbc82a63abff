"""The build hook: the web pages are built when the package is, and lie in the wheel and in the sdist.

An sdist has them built already, so whoever installs it needs neither Node nor the npm registry; an editable install is for
developers, who build them with ./dev. HAWKNEST_SKIP_UI=1 leaves them out.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent / "tools"))

import pages  # pyright: ignore[reportMissingImports]


class Pages(BuildHookInterface[Any]):
    """Builds the web pages where that is needed."""

    def dependencies(self) -> list[str]:
        """Ask for Node, only where the pages have to be built."""
        return [pages.NODE] if self._wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages before the package is put together."""
        del build_data
        if version != "editable" and self._wanted():
            pages.build()

    def _wanted(self) -> bool:
        if os.environ.get("HAWKNEST_SKIP_UI", "") not in {"", "0"}:
            return False
        from_sdist = (pages.ROOT / "PKG-INFO").is_file() and (pages.STATIC / "index.html").is_file()
        return not from_sdist and pages.stale()
