"""Thunderbird without a screen, told what to do by Marionette: numbered JSON commands over a loopback port."""

import contextlib
import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from interop.postfix import free_port
from interop.programs import need

_ACTIONS = (Path(__file__).parent / "thunderbird.js").read_text()
_CALL = """
const [call, words, done] = arguments;
const doing = { setUp, signIn, create, look, wait, read, mark, move, remove, search, send };
(async () => doing[call](...words))().then(
  value => done({ value: value ?? null }), error => done({ error: `${error}\\n${error.stack}` }));
"""
#: Nothing is asked at the first start, nothing is looked for outside.
_PREFERENCES = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "mail.biff.play_sound": False,
    "mail.biff.show_alert": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mailnews.database.global.indexer.enabled": False,
    "mailnews.start_page.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "signon.rememberSignons": False,
    "toolkit.telemetry.enabled": False,
}


class Thunderbird:
    """The program with a profile in a directory, from start to end; any function of thunderbird.js can be called."""

    def __init__(self, directory: Path) -> None:
        self.program = need("thunderbird")
        self.directory = directory
        self.count = 0

    def __enter__(self) -> Self:
        port = free_port()
        lines = (_PREFERENCES | {"marionette.port": port}).items()
        text = "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in lines)
        (self.directory / "user.js").write_text(text)
        words = [self.program, "--headless", "-marionette", "-remote-allow-system-access", "-no-remote"]
        with (self.directory / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                [*words, "-profile", str(self.directory)],
                env={
                    "HOME": str(self.directory),
                    "MOZ_HEADLESS": "1",
                    "PATH": "/usr/bin:/bin",
                    "LANG": "C.UTF-8",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            self._connect(port)
            self.tell("WebDriver:NewSession")
            self.tell("Marionette:SetContext", value="chrome")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, EOFError):
            self.tell("Marionette:Quit", flags=["eForceQuit"])
        self.file.close()
        self.sock.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _connect(self, port: int) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                self.sock = socket.create_connection(("127.0.0.1", port), timeout=40)
                break
            except OSError:
                assert time.monotonic() < end, (self.directory / "output.log").read_text()[-2000:]
                time.sleep(0.05)
        self.file = self.sock.makefile("rb")
        self._heard()

    def _heard(self) -> Any:
        size = b""
        while (octet := self.file.read(1)) != b":":
            if not octet:
                raise EOFError
            size += octet
        return json.loads(self.file.read(int(size)))

    def tell(self, command: str, **parameters: object) -> Any:
        """Give a command of Marionette, and wait for its answer."""
        self.count += 1
        message = json.dumps([0, self.count, command, parameters]).encode()
        self.sock.sendall(b"%d:%b" % (len(message), message))
        _, _, error, result = self._heard()
        assert error is None, (command, error)
        return result

    def __call__(self, function: str, *words: object) -> Any:
        """Call a function of thunderbird.js."""
        answer = self.tell(
            "WebDriver:ExecuteAsyncScript",
            script=_ACTIONS + _CALL,
            args=[function, list(words)],
            sandbox="system",
            newSandbox=False,
            scriptTimeout=30_000,
        )["value"]
        assert "error" not in answer, (function, words, answer["error"])
        return answer["value"]
