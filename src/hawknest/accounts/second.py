"""The second factor of signing in on the web: codes of an authenticator app, and recovery codes. RFC 6238, RFC 4226.

Each code opens once: of the app's codes the time step of the last one is kept, a recovery code goes. Wrong codes are counted
for the account, in the transaction that looks at them, so that many who try at once get no more tries than one. Recovery
codes are made with the first second factor, of whichever kind, and go with the last.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from pyotp import random_base32
from pyotp.totp import TOTP

from hawknest.accounts import passwords
from hawknest.accounts.errors import AccountError
from hawknest.accounts.sessions import digest
from hawknest.store import Connection, Statement

STEP: Final = 30  # seconds that a code is shown (RFC 6238 §5.2)
DRIFT: Final = 1  # steps that a clock may be wrong
RECOVERY: Final = 8  # codes
TRIES: Final = 10  # wrong codes
SPAN: Final = 900.0  # seconds in which so many may come

_TOTP: Final = Statement("SELECT secret, confirmed_at, used FROM totp WHERE account_id = :account")
_BEGIN: Final = Statement(
    """INSERT INTO totp (account_id, secret, confirmed_at, used) VALUES (:account, :secret, NULL, 0)
       ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, used = 0"""
)
_CONFIRM: Final = Statement("UPDATE totp SET confirmed_at = :now, used = :used WHERE account_id = :account")
_USE: Final = Statement("UPDATE totp SET used = :used WHERE account_id = :account")
_REMOVE: Final = Statement("DELETE FROM totp WHERE account_id = :account")
_RECOVERY: Final = Statement("INSERT INTO recovery_code (account_id, hash) VALUES (:account, :hash)")
_RECOVER: Final = Statement("DELETE FROM recovery_code WHERE account_id = :account AND hash = :hash")
_NO_RECOVERY: Final = Statement("DELETE FROM recovery_code WHERE account_id = :account")
_NO_PASSKEYS: Final = Statement("DELETE FROM passkey WHERE account_id = :account")
_STANDING: Final = Statement(
    """SELECT (SELECT count(*) FROM totp WHERE account_id = :account AND confirmed_at IS NOT NULL),
         (SELECT count(*) FROM passkey WHERE account_id = :account),
         (SELECT count(*) FROM recovery_code WHERE account_id = :account)"""
)
_FAILURES: Final = Statement("SELECT count, since FROM second_failure WHERE account_id = :account")
_FAIL: Final = Statement(
    """INSERT INTO second_failure (account_id, count, since) VALUES (:account, :count, :since)
       ON CONFLICT (account_id) DO UPDATE SET count = excluded.count, since = excluded.since"""
)
_FORGIVE: Final = Statement("DELETE FROM second_failure WHERE account_id = :account")


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account has of second factors."""

    totp: bool
    passkeys: int
    recovery: int  # codes that are left

    @property
    def asked(self) -> bool:
        """Whether a second factor is asked for."""
        return self.totp or self.passkeys > 0

    @property
    def ways(self) -> list[str]:
        """Name what can be brought."""
        found = [("totp", self.totp), ("passkey", self.passkeys > 0), ("recovery", self.recovery > 0)]
        return [name for name, there in found if there] if self.asked else []


@dataclass(frozen=True, slots=True)
class Begun:
    """An authenticator app that is to be set up."""

    secret: str = field(repr=False)  # base32
    uri: str = field(repr=False)  # what its QR code says


class TooMany(AccountError):
    """There were so many wrong codes that none is looked at for a while."""


def standing(connection: Connection, account_id: int) -> Standing:
    """Tell what an account has of second factors."""
    row = connection.one(_STANDING, account=account_id)
    assert row is not None
    return Standing(bool(row[0]), row[1], row[2])


def begin(connection: Connection, account_id: int, address: str, issuer: str) -> Begun:
    """Make the secret that an authenticator app is to share; it counts for nothing until a code of it came.

    `issuer` is what the app calls this server. Raises AccountError where there is one already.
    """
    row = connection.one(_TOTP, account=account_id)
    if row is not None and row[1] is not None:
        raise AccountError("an authenticator app is set up already: remove that one first")
    secret = random_base32()
    connection.run(_BEGIN, account=account_id, secret=secret)
    label, name = quote(f"{issuer}:{address}"), quote(issuer)
    return Begun(secret, f"otpauth://totp/{label}?secret={secret}&issuer={name}")


def confirm(connection: Connection, account_id: int, code: str, now: float) -> list[str]:
    """Take the first code of an authenticator app: from now on it is asked for. Raises AccountError.

    Returns recovery codes, where there were none yet; they are kept nowhere.
    """
    row = connection.one(_TOTP, account=account_id)
    if row is None or row[1] is not None:
        raise AccountError("please begin again: there is no authenticator app to confirm")
    step = _step(row[0], code, 0, now)
    if step is None:
        raise AccountError(
            "this is not the code that the app shows now; if it keeps being refused, the clock of the phone or of the "
            "server is wrong"
        )
    connection.run(_CONFIRM, account=account_id, now=now, used=step)
    return recovery(connection, account_id)


def recovery(connection: Connection, account_id: int, *, anew: bool = False) -> list[str]:
    """Make recovery codes where there are none, or with `anew` in place of those there are. Returns them, kept nowhere."""
    if not anew and standing(connection, account_id).recovery:
        return []
    connection.run(_NO_RECOVERY, account=account_id)
    codes = [passwords.in_groups(4) for _ in range(RECOVERY)]
    for code in codes:
        connection.run(_RECOVERY, account=account_id, hash=digest(_typed(code)))
    return codes


def check(connection: Connection, account_id: int, code: str, now: float) -> bool:
    """Tell whether a code opens: the app's of this moment, or a recovery code; it does so once. Raises TooMany.

    To be called in a transaction that is kept whatever the answer: it counts the wrong ones.
    """
    count, since = connection.one(_FAILURES, account=account_id) or (0, now)
    if now - since > SPAN:
        count, since = 0, now
    if count >= TRIES:
        raise TooMany("There were too many wrong codes; please try again in a quarter of an hour")
    if _opens(connection, account_id, code, now):
        connection.run(_FORGIVE, account=account_id)
        return True
    connection.run(_FAIL, account=account_id, count=count + 1, since=since)
    return False


def remove(connection: Connection, account_id: int) -> None:
    """Take an authenticator app away. Raises AccountError where there is none."""
    if not connection.run(_REMOVE, account=account_id):
        raise AccountError("there is no authenticator app to remove")
    tidy(connection, account_id)


def forget(connection: Connection, account_id: int) -> bool:
    """Take all second factors away, for somebody who has lost them. Returns whether there were any."""
    there = standing(connection, account_id).asked
    for statement in (_REMOVE, _NO_PASSKEYS, _NO_RECOVERY, _FORGIVE):
        connection.run(statement, account=account_id)
    return there


def tidy(connection: Connection, account_id: int) -> None:
    """Let the recovery codes go where there is nothing to recover any more."""
    if not standing(connection, account_id).asked:
        connection.run(_NO_RECOVERY, account=account_id)


def _opens(connection: Connection, account_id: int, code: str, now: float) -> bool:
    row = connection.one(_TOTP, account=account_id)
    if row is not None and row[1] is not None:
        secret, _, used = row
        if (step := _step(secret, code, used, now)) is not None:
            connection.run(_USE, account=account_id, used=step)
            return True
    return connection.run(_RECOVER, account=account_id, hash=digest(_typed(code))) > 0


def _step(secret: str, code: str, used: int, now: float) -> int | None:
    """Find the time step that a code is for, after the last one whose code was used (RFC 6238 §5.2)."""
    typed, step, totp = _typed(code), int(now // STEP), TOTP(secret)
    for near in range(step - DRIFT, step + DRIFT + 1):
        if near > used and hmac.compare_digest(totp.generate_otp(near), typed):
            return near
    return None


def _typed(code: str) -> str:
    """A code without what people type between its signs."""
    return "".join(c for c in code.lower() if c.isascii() and c.isalnum())
