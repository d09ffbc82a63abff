"""`hawknest selftest`: the whole way of a letter through the running server, step by step, and each broken step named.

It logs in with a token that is good once and for minutes, so no address needs to be exempt from logging in for a test.
"""

import time
from functools import partial
from typing import Any, Final

from hawknest.accounts import token
from hawknest.accounts.directory import Account, Group, look_up
from hawknest.accounts.domains import address_of
from hawknest.accounts.settings import policies
from hawknest.cli import probes
from hawknest.cli.nest import DEFAULT, Data, Nest, nest
from hawknest.cli.probes import Failed, Listener
from hawknest.cli.say import Json, show
from hawknest.cli.trial import Broken, Trial
from hawknest.cli.trouble import Trouble
from hawknest.cli.user import everybody
from hawknest.cli.words import tell
from hawknest.net.control import ask
from hawknest.post.traceid import trace_id
from hawknest.store import Connection, expunge, letters, places
from hawknest.store.blobs import Blobs

HOPS: Final = 10  # aliases that lead to one another
SENDS: Final = ("submissions", "submission")
READS: Final = ("pop3s", "pop3")
PATIENCE: Final = 5.0  # seconds until a letter that was accepted must be found


def selftest(*, to: str = "", data: Data = DEFAULT, json: Json = False) -> int:
    """Try the running server: its ports, TLS, a letter handed in, found, read back and removed, and that nobody can relay.

    It logs in with a token that is made for this test alone, opens each service once, and ends with it. Ends with exit code 1
    where a step fails.

    Example: `hawknest selftest`

    Args:
        to: The address of yours that the test letter goes to; without this it is the first administrator's.
    """
    with nest(data) as here:
        trial = Trial(here)
        try:
            _run(trial, to)
        except Broken:
            pass
        finally:
            _clean(trial)
            here.changed = False  # nothing that the server remembers
    answer = {"ok": trial.ok, "steps": [step.plain() for step in trial.steps]}
    show(answer, json, lambda: _in_words(trial))
    return 0 if trial.ok else 1


def _run(trial: Trial, to: str) -> None:
    """Take all steps. Raises Broken, Trouble."""
    here = trial.nest
    recipient, account = here.read(partial(_recipient, to=to or _admin(here)))
    trial.account = account
    listeners: list[Listener] = []
    with trial.step("running", needed=True, directory=str(here.config.directory)):
        listeners = [
            Listener(entry["service"], entry["address"], entry["port"], entry["tls"])
            for entry in ask(here.config.socket, "status")["listeners"]
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


def _admin(here: Nest) -> str:
    """The first administrator's address. Raises Trouble."""
    found = next((user.address for user in everybody(here) if user.admin and user.active), None)
    if found is None:
        raise Trouble("there is no administrator: say --to with an address of yours")
    return found


def _recipient(connection: Connection, to: str) -> tuple[str, Account]:
    """Find the account behind an address. Raises Trouble, AccountError."""
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
    raise Trouble(f"{to} does not lead to one mailbox here: say --to with the address of a user")


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
        _, uidvalidity, _ = trial.nest.read(partial(letters.inbox, account_id=account.account_id))
        return f"{uidvalidity:x}.{uid}"
    raise AssertionError


def _uid(trial: Trial) -> int | None:
    """The letter's UID in the INBOX, while it is there."""
    assert trial.account is not None
    account_id = trial.account.account_id

    def question(connection: Connection) -> int | None:
        inbox, _, _ = letters.inbox(connection, account_id)
        return places.uid_of(connection, inbox, trial.letter_id)

    return trial.nest.read(question)


def _clean(trial: Trial) -> None:
    """End the token, and remove a letter that was left over."""
    account = trial.account
    if trial.secret:
        trial.nest.write(partial(token.withdraw, secret=trial.secret))
    if account is None or not trial.letter_id or (uid := _uid(trial)) is None:
        return

    def remove(connection: Connection) -> list[str]:
        inbox, _, _ = letters.inbox(connection, account.account_id)
        return expunge.remove(connection, account.account_id, inbox, [uid])

    blobs = Blobs(trial.nest.config.directory)
    for place in trial.nest.write(remove):
        blobs.remove(place)


def _named(listener: Listener) -> dict[str, Any]:
    return {"service": listener.service, "address": listener.host, "port": listener.port}


def _in_words(trial: Trial) -> str:
    lines = [step.words for step in trial.steps]
    return "\n".join([*lines, "", tell("selftest-well" if trial.ok else "selftest-ill")])
