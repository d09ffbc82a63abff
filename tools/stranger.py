"""A stranger's path, walked and timed: from a fresh checkout on a machine that has nothing to the first letter read: ./dev stranger.

The checkout is a copy of what is committed, with a home of its own and no Node in reach (where this program may hide it, as root).
What a person would type and fill in is counted; the seconds are the machine's, nobody's thinking is in them. Two ways are
walked: `./dev run`, and `pip install .` with `hawknest init` and `hawknest serve`.
"""

import argparse
import contextlib
import email.message
import imaplib
import json
import os
import re
import shutil
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"(https?://\S+/welcome#\S+)")
PASSWORD = "a hawk over the meadow 7"
PATIENCE = 600.0  # seconds for the longest step
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
KEPT = (
    "PIP_",
    "NPM_",
    "npm_",
    "NODE_EXTRA_CA",
    "SSL_",
    "REQUESTS_",
)  # how packages are found is the machine's matter


@dataclass
class Walk:
    """What was done, and how long it took."""

    way: str
    steps: list[tuple[str, float]] = field(default_factory=list)
    commands: int = 0
    fields: int = 0
    clicks: int = 0

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Time one step."""
        began = time.perf_counter()
        yield
        self.steps.append((what, time.perf_counter() - began))
        print(f"  {self.steps[-1][1]:7.1f} s  {what}", file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        """All steps together."""
        return sum(seconds for _, seconds in self.steps)


class Machine:
    """A place where nothing is installed but Python."""

    def __init__(self, directory: Path) -> None:
        self.checkout = directory / "hawknest"
        self.checkout.mkdir()
        self.home = directory / "home"
        self.home.mkdir()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", self.checkout], input=archive.stdout, check=True)
        kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
        python = Path(sys.base_prefix) / "bin"
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{python}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "PIP_NO_CACHE_DIR": "1",
            "npm_config_cache": str(self.home / "npm"),
            **kept,
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command, with what it says on one pipe."""
        return subprocess.Popen(
            [*_without_node(), *words],
            cwd=self.checkout,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *words: str) -> str:
        """Run a command to its end."""
        process = self.start(*words)
        said, _ = process.communicate(timeout=PATIENCE)
        if process.returncode:
            sys.exit(f"{' '.join(words)}: {said[-2000:]}")
        return said


def _without_node() -> list[str]:
    """Hide the machine's own Node from a command, where that can be done."""
    found = [path for name in ("node", "npm", "npx") if (path := shutil.which(name))]
    if os.geteuid() != 0 or not shutil.which("unshare") or not found:
        return []
    hide = "; ".join(f"mount --bind /dev/null {path}" for path in found)
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", f'{hide}; exec "$@"', "sh"]


def said(process: subprocess.Popen[str], what: re.Pattern[str]) -> tuple[re.Match[str], str]:
    """Read what a process says until something is said; gives it, and all that was said before."""
    assert process.stdout is not None
    text = ""
    ends = time.monotonic() + PATIENCE
    for line in process.stdout:
        text += line
        if found := what.search(line):
            return found, text
        if time.monotonic() > ends:
            break
    sys.exit(f"it never said {what.pattern}:\n{text[-3000:]}")


def first_page(walk: Walk, link: str) -> None:
    """Open the link in a browser, fill the page of the first run in, and arrive at the overview."""
    with sync_playwright() as playwright:
        program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(locale="en-GB", ignore_https_errors=True)
        with walk.step("the link is opened, and the page of the first run stands there"):
            page.goto(link)
            page.get_by_role("button", name="Begin").wait_for()
            walk.clicks += 1
        with walk.step("the page is filled in, and the overview stands there"):
            page.get_by_label("Password").first.fill(PASSWORD)
            walk.fields += 1
            page.get_by_role("button", name="Begin").click()
            walk.clicks += 1
            page.get_by_text("Hawknest is running").wait_for()
        browser.close()


def letter(walk: Walk, sender: tuple[str, str], reader: tuple[str, str]) -> None:
    """Send a letter and read it, as mail programs do."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    note = email.message.EmailMessage()
    note["From"], note["To"], note["Subject"] = sender[0], reader[0], "The first letter"
    note.set_content("Hello!")
    with walk.step("a letter is sent and read"):
        with smtplib.SMTP_SSL("127.0.0.1", 2465, context=trusting) as smtp:
            smtp.login(*sender)
            smtp.send_message(note)
        with imaplib.IMAP4_SSL("127.0.0.1", 2993, ssl_context=trusting) as imap:
            imap.login(*reader)
            imap.select("INBOX")
            _, found = imap.search(None, "SUBJECT", '"The first letter"')
            if not found[0]:
                sys.exit("the letter is not there")
            _, got = imap.fetch(found[0].split()[-1].decode(), "(BODY[TEXT])")
            if b"Hello!" not in got[0][1]:
                sys.exit("the letter is another")


def by_run(directory: Path) -> Walk:
    """Walk by `./dev run`."""
    walk, machine = Walk("./dev run"), Machine(directory)
    walk.commands = 1
    process: subprocess.Popen[str] | None = None
    try:
        with walk.step(
            "./dev run: everything is installed, the pages are built, the server runs and shows its link"
        ):
            process = machine.start("./dev", "run")
            link, text = said(process, LINK)
            if "could not be built" in text:
                sys.exit(text)
        password = re.search(r"password +(\S.*?)  ", text)
        assert password is not None, text
        first_page(walk, link[1])
        letter(walk, ("tom@nest.test", password[1]), ("mia@nest.test", PASSWORD))
    finally:
        _end(process)
    return walk


def by_pip(directory: Path) -> Walk:
    """Walk by `pip install .`, `hawknest init` and `hawknest serve`."""
    walk, machine = Walk("pip install ."), Machine(directory)
    walk.commands = 4
    hawknest = machine.checkout / "venv/bin/hawknest"
    process: subprocess.Popen[str] | None = None
    try:
        with walk.step("python3 -m venv venv"):
            machine.run("python3", "-m", "venv", "venv")
        with walk.step("venv/bin/pip install . (the pages are built, without Node on the machine)"):
            machine.run("venv/bin/pip", "install", "--quiet", ".")
        words = "init --data nest --hostname mail.nest.test --domain nest.test --admin mia@nest.test --profile local"
        with walk.step(f"hawknest {words}"):
            text = machine.run(str(hawknest), *words.split())
        link = LINK.search(text)
        assert link is not None, text
        with walk.step("hawknest serve --data nest"):
            process = machine.start(str(hawknest), "serve", "--data", "nest")
            _wait_for_page(link[1])
        first_page(walk, link[1])
        letter(walk, ("mia@nest.test", PASSWORD), ("mia@nest.test", PASSWORD))
    finally:
        _end(process)
    return walk


def _wait_for_page(link: str) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            urlopen(link.partition("#")[0], timeout=2).read()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.05)
        else:
            return


def _end(process: subprocess.Popen[str] | None) -> None:
    if process is not None and process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def table(walks: list[Walk]) -> str:
    """What was measured, as Markdown."""
    lines = ["| way | step | seconds |", "| --- | --- | --- |"]
    for walk in walks:
        lines += [f"| {walk.way} | {what} | {seconds:.1f} |" for what, seconds in walk.steps]
        counted = f"{walk.commands} commands, {walk.fields} field to fill in, {walk.clicks} clicks"
        lines.append(f"| **{walk.way}** | **{counted}** | **{walk.seconds:.1f}** |")
    return "\n".join(lines)


def main() -> int:
    """Walk, and print what it took."""
    parser = argparse.ArgumentParser(
        prog="./dev stranger", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--way", choices=["run", "pip"], help="only this one")
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
    options = parser.parse_args()
    walks: list[Walk] = []
    for name, walker in (("run", by_run), ("pip", by_pip)):
        if options.way in (None, name):
            with tempfile.TemporaryDirectory(prefix="hawknest-stranger-") as directory:
                walks.append(walker(Path(directory)))
    found: Any = [asdict(walk) | {"seconds": walk.seconds} for walk in walks]
    print(json.dumps(found, indent=2) if options.json else table(walks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
