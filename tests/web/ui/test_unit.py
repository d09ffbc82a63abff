"""The web pages' own unit tests, run by the Node that comes as a Python package: texts in both languages, formats, paths."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_the_pages_own_tests():
    if not (ROOT / "ui" / "node_modules" / ".hawknest-lock").is_file():
        pytest.skip("the npm packages of ui/ are not here: ./dev test gets them")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "pages.py", "test"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
