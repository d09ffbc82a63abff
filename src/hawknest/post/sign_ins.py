"""Keeping the log of sign-ins, and the letter about a new device: the first time that an account is used from somewhere new.

Attempts are gathered and written down together, new ones within seconds, what goes on all day once in a while. Whether a way in is new is
asked in the transaction that writes it down, so of several workers one finds it so; five connections that a program opens at once
are one. A letter is written for each network, not for each protocol that a new phone begins to use.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from hawknest.accounts import sign_ins
from hawknest.accounts.login import Attempt
from hawknest.accounts.settings import Policies
from hawknest.accounts.sign_ins import DAY, Times, Way
from hawknest.log import Log
from hawknest.mail.address import Address
from hawknest.post.notices import Note, Notices
from hawknest.store import Connection, Statement, Store, StoreError

SOON: Final = 3.0  # seconds until what is new is written down
LATE: Final = 120.0  # seconds until what goes on all day is
MOST: Final = 2000  # ways that are gathered at the most
EVERY: Final = 3600.0  # seconds until there is another letter about the same network
KNOWN: Final = 20_000  # ways of today that are remembered

_ADDRESS: Final = Statement(
    "SELECT a.local, d.name FROM account a JOIN domain d ON d.id = a.domain_id WHERE a.id = :account"
)

_SERVICES: Final = {
    "smtp": ("sending mail (SMTP)", "メールの送信 (SMTP)"),
    "imap": ("reading mail (IMAP)", "メールの閲覧 (IMAP)"),
    "pop3": ("fetching mail (POP3)", "メールの受信 (POP3)"),
    "web": ("the web pages", "ウェブの画面"),
}
_CREDENTIALS: Final = {
    "password": ("the account's password", "アカウントのパスワード"),
    "token": ("a login service", "外部のログインサービス"),
    "link": ("a sign-in link", "サインイン用リンク"),
    "password, code": ("the account's password and a code", "アカウントのパスワードと確認コード"),
    "password, passkey": ("the account's password and a passkey", "アカウントのパスワードとパスキー"),
}


@dataclass(slots=True)
class SignIns:
    """Who keeps the log of sign-ins, in one worker."""

    store: Store
    log: Log
    notices: Callable[[], Notices]
    policies: Callable[[], Policies]
    clock: Callable[[], float]
    _gathered: dict[Way, Times] = field(default_factory=dict[Way, Times])
    _known: set[Way] = field(default_factory=set[Way])
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def seen(self, attempt: Attempt) -> None:
        """Take note of an attempt."""
        way = sign_ins.way_of(attempt)
        times = self._gathered.get(way)
        if times is not None:
            times.count += 1
            times.last_at, times.peer = attempt.at, attempt.peer
        elif len(self._gathered) < MOST:
            self._gathered[way] = Times(1, attempt.at, attempt.at, attempt.peer)
        if way not in self._known:
            self._wake.set()

    async def run(self) -> None:
        """Write down what was gathered, until cancelled; what is left then, too."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LATE):
                        await self._wake.wait()
                        await asyncio.sleep(SOON)
                self._wake.clear()
                await self.flush()
        finally:
            await asyncio.shield(self.flush())

    async def flush(self) -> None:
        """Write down what was gathered, and tell of what is new."""
        gathered, self._gathered = self._gathered, {}
        if not gathered:
            return
        if len(self._known) > KNOWN:
            self._known.clear()
        since = self.clock() - self.policies().sign_in_days * DAY

        def job(connection: Connection) -> list[tuple[str, Way, Times]]:
            new = sign_ins.add(connection, gathered.items(), since)
            return [(_address(connection, way.account_id), way, times) for way, times in new]

        try:
            new = await self.store.write(job)
        except StoreError as error:
            self.log.system.error("sign-ins not written down", error=str(error))
            return
        self._known |= gathered.keys()
        if self.policies().new_device_letters:
            for address, way, times in new:
                if way.network != "loopback":
                    about = note(address, way, times)
                    await self.notices().account(address, f"sign-in {way.network}", about, EVERY)

    async def forget(self) -> None:
        """Forget what is too old. Raises StoreError."""
        before = self.clock() - self.policies().sign_in_days * DAY
        await self.store.write(partial(sign_ins.forget, before=before))


def _address(connection: Connection, account_id: int) -> str:
    row = connection.one(_ADDRESS, account=account_id)
    return str(Address(*row)) if row else ""


def note(address: str, way: Way, times: Times) -> Note:
    """Word the letter about a new way into an account."""
    subject = (
        "Your mail account was used from somewhere new",
        "新しい場所からメールアカウントが使われました",
    )
    return Note(subject, (_english(address, way, times), _japanese(address, way, times)))


def _english(address: str, way: Way, times: Times) -> str:
    return f"""\
Somebody signed in to {address} from a place that was not seen before:

  When:     {_when(times.first_at)}
  From:     {times.peer} (network {way.network})
  For:      {_service(way, 0)}
  By means of: {_credential(way, 0)}

If that was you (a new phone, another network, travelling), there is nothing to do.

If it was not you: sign in to the web pages, change your password under "Password and security", remove app passwords
that you do not know, end all sessions, and tell whoever runs this server."""


def _japanese(address: str, way: Way, times: Times) -> str:
    return f"""\
{address} に、これまでになかった場所からサインインがありました。

  日時:     {_when(times.first_at)}
  接続元:   {times.peer} (ネットワーク {way.network})
  用途:     {_service(way, 1)}
  使われたもの: {_credential(way, 1)}

ご自身によるもの (新しい端末、別の回線、旅行先など) であれば、何もする必要はありません。

心当たりがなければ、ウェブの画面にサインインして、パスワードを変更し、見覚えのないアプリパスワードを削除し、
すべてのセッションを終了したうえで、このサーバーの管理者に知らせてください。"""


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(at))


def _service(way: Way, language: int) -> str:
    return _SERVICES.get(way.service, (way.service, way.service))[language]


def _credential(way: Way, language: int) -> str:
    if way.credential.startswith("app:"):
        label = way.credential.removeprefix("app:")
        return (f"the app password “{label}”", f"アプリパスワード「{label}」")[language]
    return _CREDENTIALS.get(way.credential, (way.credential, way.credential))[language]
