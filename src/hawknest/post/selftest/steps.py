"""The steps of the self-test: ports, TLS, a letter handed in, found, read back and removed, and that nobody can relay."""

import time
from functools import partial
from typing import Any, Final

from hawknest.accounts import token, users
from hawknest.accounts.directory import Account, Group, look_up
from hawknest.accounts.domains import address_of
from hawknest.accounts.errors import AccountError
from hawknest.accounts.settings import policies
from hawknest.post.selftest import probes
from hawknest.post.selftest.probes import Failed, Listener
from hawknest.post.selftest.trial import Broken, House, Trial
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, expunge, letters, places
from hawknest.store.blobs import Blobs

HOPS: Final = 10  # aliases that lead to one another
SENDS: Final = ("submissions", "submission")
READS: Final = ("pop3s", "pop3")
PATIENCE: Final = 5.0  # seconds until a letter that was accepted must be found


def run(house: House, to: str = "") -> Trial:
    """Try the running server; `to` is the address of the test letter, '' the first administrator's.

    Returns how it went; what it made is removed again. Raises AccountError where there is nobody to send to, StoreError.
    """
    trial = Trial(house)
    try:
        _run(trial, to)
    except Broken:
        pass
    finally:
        _clean(trial)
    return trial


def _run(trial: Trial, to: str) -> None:
    """Take all steps. Raises Broken, AccountError."""
    here = trial.house
    recipient, account = here.read(partial(_recipient, to=to or _admin(here)))
    trial.account = account
    listeners: list[Listener] = []
    with trial.step("running", needed=True, directory=str(here.directory)):
        listeners = [
            Listener(entry["service"], entry["address"], entry["port"], entry["tls"])
            for entry in here.listeners()
        ]
    reached = [listener for listener in listeners if _reach(trial, listener)]
    for listener in reached:
        if listener.speaks_smtp:
            with trial.step("relay", **_named(listener)):
                probes.relay(listener, recipient)
    sends, reads = _first(trial, reached, SENDS), _first(trial, reached, READS)
    if sends is None:
        return
    peers = {"smtp": sends.host} | ({"pop3": reads.host} if reads else {})
    trial.secret = here.write(
        partial(token.issue, account_id=account.account_id, peers=peers, now=time.time())
    )
    mark = f"X-Hawknest-Selftest: {trace_id()}"
    _hand_in(trial, sends, recipient, mark)
    unique_id = _find(trial, recipient)
    if reads is None:
        return
    with trial.step("read", needed=True, **_named(reads), account=str(account.address)):
        probes.read_back(reads, str(account.address), trial.secret, unique_id, mark.encode())
    with trial.step("removed", account=str(account.address), letter=trial.letter_id):
        if _uid(trial) is not None:
            raise Failed("it is still there")


def _admin(house: House) -> str:
    """The first administrator's address. Raises AccountError."""
    found = house.read(users.first_administrator)
    if found is None:
        raise AccountError("there is no administrator: say --to with an address of yours")
    return found


def _recipient(connection: Connection, to: str) -> tuple[str, Account]:
    """Find the account behind an address. Raises AccountError."""
    address = address_of(to)
    separator = policies(connection).plus_separator
    for _ in range(HOPS):
        match look_up(connection, address, separator):
            case Account() as account if account.active:
                return to, account
            case Group(targets=(address,)):
                continue
            case _:
                break
    raise AccountError(f"{to} does not lead to one mailbox here: say --to with the address of a user")


def _reach(trial: Trial, listener: Listener) -> bool:
    """Connect to a listener, and begin TLS where it has any. Returns whether it can be used further."""
    with trial.step("listener", **_named(listener)):
        probes.greeting(listener)
    if not trial.steps[-1].ok or listener.tls == "none":
        return trial.steps[-1].ok
    with trial.step("tls", **_named(listener)):
        probes.handshake(listener)
    return trial.steps[-1].ok


def _first(trial: Trial, reached: list[Listener], services: tuple[str, ...]) -> Listener | None:
    """Choose a listener for one of some services."""
    found = next((each for service in services for each in reached if each.service == service), None)
    if found is None:
        with trial.step("no-service", services=" / ".join(services)):
            raise Failed("no such listener could be reached")
    return found


def _hand_in(trial: Trial, listener: Listener, recipient: str, mark: str) -> None:
    """Log in with the token and hand a letter in. Raises Broken."""
    assert trial.account is not None
    sender = str(trial.account.address)
    letter = (
        f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: Hawknest self-test\r\n{mark}\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
        "This letter was sent by `hawknest selftest`, which reads and removes it again.\r\n"
    ).encode()
    with trial.step("login", needed=True, **_named(listener), account=sender):
        with probes.failing():
            client = probes.smtp(listener)
        try:
            probes.log_in(client, sender, trial.secret)
        except Failed:
            client.close()
            raise
    with client, trial.step("letter", needed=True, recipient=recipient):
        trial.letter_id = probes.send(client, sender, recipient, letter)


def _find(trial: Trial, recipient: str) -> str:
    """Wait until the letter is in the mailbox. Returns its unique-id in POP3. Raises Broken."""
    assert trial.account is not None
    account = trial.account
    with trial.step("filed", needed=True, recipient=recipient, letter=trial.letter_id):
        end = time.monotonic() + PATIENCE
        while (uid := _uid(trial)) is None:
            if time.monotonic() > end:
                raise Failed("the letter is not in the mailbox")
            time.sleep(0.1)
        _, uidvalidity, _ = trial.house.read(partial(letters.inbox, account_id=account.account_id))
        return f"{uidvalidity:x}.{uid}"
    raise AssertionError


def _uid(trial: Trial) -> int | None:
    """The letter's UID in the INBOX, while it is there."""
    assert trial.account is not None
    account_id = trial.account.account_id

    def question(connection: Connection) -> int | None:
        inbox, _, _ = letters.inbox(connection, account_id)
        return places.uid_of(connection, inbox, trial.letter_id)

    return trial.house.read(question)


def _clean(trial: Trial) -> None:
    """End the token, and remove a letter that was left over."""
    account = trial.account
    if trial.secret:
        trial.house.write(partial(token.withdraw, secret=trial.secret))
    if account is None or not trial.letter_id or (uid := _uid(trial)) is None:
        return

    def remove(connection: Connection) -> list[str]:
        inbox, _, _ = letters.inbox(connection, account.account_id)
        return expunge.remove(connection, account.account_id, inbox, [uid])

    blobs = Blobs(trial.house.directory)
    for place in trial.house.write(remove):
        blobs.remove(place)


def _named(listener: Listener) -> dict[str, Any]:
    return {"service": listener.service, "address": listener.host, "port": listener.port}
