"""Who may send what, where a grid cannot go: the seed's own table, switches that turn in mid-session, routers, clocks, races."""

from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hawknest.accounts import devices, domains, exempt, settings, users
from hawknest.accounts.passwords import secrets_of
from hawknest.app.nest import Nest
from hawknest.net.link import Tls
from hawknest.store import Connection, Statement, journey
from nests import PASSWORD, STRANGER, Session, converse, deliver, nest

ROUTER, LAN = "192.168.1.1", "192.168.1.7"
FOREIGN = "RCPT TO:<x@foreign.example>"
LOGIN = "AUTH PLAIN " + b64encode(f"\0mia\0{PASSWORD}".encode()).decode()
_AGE = Statement("UPDATE pop_login SET until = until - 900")
_WAITING = Statement("SELECT count(*) FROM outgoing_recipient")
_ADDRESSES = Statement("SELECT address FROM outgoing_recipient")


async def opened(rooms: Nest, peer: str = STRANGER, service: str = "smtp", *, name: str = "pc") -> Session:
    """A session over TLS that said hello."""
    session = Session(rooms, service, peer)
    session.link.tls = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", b"")
    await session.settle()
    await say(session, f"EHLO {name}")
    return session


async def say(session: Session, *lines: str) -> list[str]:
    """Say lines; gives the codes that answer them, with their enhanced codes."""
    session.send("".join(f"{line}\r\n" for line in lines).encode())
    said = (await session.settle()).decode().split("\r\n")
    return [" ".join(line.split(" ")[:2]) for line in said if line[3:4] == " "]


async def change(rooms: Nest, job: Any) -> None:
    """Change the database as the command line does while the server runs."""
    await rooms.store.write(job)
    rooms.directory.refresh()


def policy(name: str, text: str) -> Any:
    return partial(settings.set_policy, name=name, text=text)


def overhear(rooms: Nest) -> list[tuple[str, dict[str, Any]]]:
    """Listen to what the category `auth` of the log is told."""
    heard: list[tuple[str, dict[str, Any]]] = []
    rooms.log.auth.info = rooms.log.auth.warning = lambda event, **fields: heard.append((event, fields))
    return heard


def shared(connection: Connection) -> None:
    devices.add(connection, "printer", secrets_of(PASSWORD), [])


@pytest.mark.parametrize("profile", ["original", "secure"])
@pytest.mark.parametrize("mode", ["exempt", "single credential", "POP3 credential", "none"])
async def test_the_seeds_own_table(tmp_path: Path, mode: str, profile: str) -> None:
    """PARITY 54: on success restricted by nothing else, as of old; else a foreign sender is 553 5.7.1."""
    policies = {"sender_policy": "off"} if profile == "original" else {}
    async with nest(tmp_path, policies=policies, exemptions=[LAN], change=shared) as rooms:
        session = await opened(rooms, LAN if mode == "exempt" else STRANGER)
        if mode.endswith("credential"):
            name = "printer" if mode.startswith("single") else "mia"
            plain = b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
            assert await say(session, f"AUTH PLAIN {plain}") == ["235 2.7.0"]
        for sender in ("mia@example.org", "x@x.example"):
            answers = await say(session, f"MAIL FROM:<{sender}>", "RCPT TO:<tom@example.org>", FOREIGN)
            fine = ["250 2.1.0", "250 2.1.5", "250 2.1.5"]
            if mode == "none":
                assert answers == [*fine[:2], "550 5.7.1"]
            elif profile == "original" or sender == "mia@example.org":
                assert answers == fine
            elif mode == "exempt":  # anybody may bring the people here a letter from anybody
                assert answers == [*fine[:2], "553 5.7.1"]
            else:
                assert answers == ["553 5.7.1", "503 5.5.1", "503 5.5.1"]
            await say(session, "RSET")


async def test_the_switch_to_send_at_all_holds_from_the_next_letter_on(tmp_path: Path) -> None:
    """PARITY 19, in a session that was there before."""
    async with nest(tmp_path, exemptions=[LAN]) as rooms:
        session = await opened(rooms, LAN)
        mail = ("MAIL FROM:<mia@example.org>", "RCPT TO:<tom@example.org>", FOREIGN, "RSET")
        assert await say(session, *mail) == ["250 2.1.0", "250 2.1.5", "250 2.1.5", "250 2.0.0"]
        await change(rooms, policy("send_to_internet", "off"))
        assert await say(session, *mail) == ["250 2.1.0", "250 2.1.5", "550 5.7.1", "250 2.0.0"]
        await change(rooms, policy("send_to_internet", "on"))
        assert (await say(session, *mail))[2] == "250 2.1.5"
        await change(rooms, partial(exempt.remove, text=LAN))
        assert (await say(session, *mail))[2] == "550 5.7.1"


async def test_receiving_pauses_for_strangers_alone(tmp_path: Path) -> None:
    async with nest(tmp_path) as rooms:
        stranger, user = await opened(rooms), await opened(rooms, service="submission")
        assert await say(user, LOGIN) == ["235 2.7.0"]
        await change(rooms, policy("receive", "off"))
        assert await say(stranger, "MAIL FROM:<x@foreign.example>") == ["451 4.3.2"]
        assert await say(user, "MAIL FROM:<mia@example.org>", "RCPT TO:<mia@example.org>") == [
            "250 2.1.0",
            "250 2.1.5",
        ]
        await change(rooms, policy("receive", "on"))
        assert await say(stranger, "MAIL FROM:<x@foreign.example>") == ["250 2.1.0"]


async def test_an_exemption_ends_by_itself(tmp_path: Path) -> None:
    """PARITY 59: within a session, too."""
    now = [1_000_000.0]

    def expiring(connection: Connection) -> None:
        exempt.add(connection, "127.0.0.1", expires_at=now[0] + 3600)

    async with nest(tmp_path, change=expiring) as rooms:
        object.__setattr__(rooms.office, "clock", lambda: now[0])
        session = await opened(rooms, "127.0.0.1")
        assert await say(session, "MAIL FROM:<>", FOREIGN, "RSET") == ["250 2.1.0", "250 2.1.5", "250 2.0.0"]
        now[0] += 3600
        assert (await say(session, "MAIL FROM:<>", FOREIGN))[1] == "550 5.7.1"


async def test_an_exempt_address_with_a_wrong_password_is_told_so_and_needs_none(tmp_path: Path) -> None:
    """PARITY 58: of old, any password was right there."""
    async with nest(tmp_path, exemptions=["127.0.0.1"]) as rooms:
        heard = overhear(rooms)
        session = await opened(rooms, "127.0.0.1")
        assert await say(session, "AUTH PLAIN AG1pYQB3cm9uZw==") == ["535 5.7.8"]
        assert await say(session, "MAIL FROM:<mia@example.org>", FOREIGN) == ["250 2.1.0", "250 2.1.5"]
        assert [event for event, _ in heard] == ["denied", "exempt"]


@pytest.mark.parametrize("service", ["smtp", "submission", "submissions"])
async def test_no_password_is_taken_in_the_clear(tmp_path: Path, service: str) -> None:
    """PARITY 62."""
    async with nest(tmp_path) as rooms:
        sent = f"EHLO pc\r\nAUTH LOGIN\r\nAUTH LOGIN bWlh\r\n{LOGIN}\r\nAUTH CRAM-MD5\r\nQUIT\r\n".encode()
        said = await converse(rooms, service, sent)
        assert said.count(b"\r\n538 5.7.11 ") == 4
        assert b"AUTH" not in said.partition(b"538")[0]


async def test_the_router_is_exempt_only_by_itself(tmp_path: Path) -> None:
    """PARITY 61: behind its address may be anybody from outside (hair-pin NAT)."""
    async with nest(tmp_path, exemptions=["192.168.1.*"]) as rooms:
        rooms.gateways._found, rooms.gateways._looked = frozenset({ROUTER}), float("inf")
        heard = overhear(rooms)
        session = await opened(rooms, LAN)
        assert await say(session, "MAIL FROM:<mia@example.org>", FOREIGN) == ["250 2.1.0", "250 2.1.5"]
        assert [event for event, _ in heard] == ["exempt"]
        session = await opened(rooms, ROUTER)
        mail = ("MAIL FROM:<mia@example.org>", "RCPT TO:<tom@example.org>", FOREIGN)
        assert await say(session, *mail) == ["250 2.1.0", "250 2.1.5", "550 5.7.1"]
        assert [event for event, _ in heard] == ["exempt", "not exempt: this is the router"]
        await change(rooms, partial(exempt.add, text=ROUTER, confirmed=True, gateways=(ROUTER,)))
        await say(session, "RSET")
        assert (await say(session, *mail))[2] == "250 2.1.5"


async def test_pop_before_smtp_is_for_a_while_and_for_who_still_lives_here(tmp_path: Path) -> None:
    """PARITY 63."""
    policies = {"pop_before_smtp": "on", "clear_login": "on", "sender_policy": "off"}
    async with nest(tmp_path, policies=policies) as rooms:
        heard = overhear(rooms)
        mail = ("MAIL FROM:<mia@example.org>", FOREIGN)
        assert (await say(await opened(rooms), *mail))[1] == "550 5.7.1"
        await converse(rooms, "pop3", f"USER mia\r\nPASS {PASSWORD}\r\nQUIT\r\n".encode())
        assert (await say(await opened(rooms, "192.0.2.10"), *mail))[1] == "550 5.7.1"
        assert (await say(await opened(rooms, name="pc1"), *mail))[1] == "250 2.1.5"
        assert (await say(await opened(rooms, name="pc1"), *mail))[1] == "250 2.1.5"
        assert not [event for event, _ in heard if "two" in event]
        assert (await say(await opened(rooms, name="pc2"), *mail))[1] == "250 2.1.5"
        (fields,) = [fields for event, fields in heard if "two machines" in event]
        assert (fields["peer"], fields["first"], fields["second"]) == (STRANGER, "pc1", "pc2")
        rooms.gateways._found, rooms.gateways._looked = frozenset({STRANGER}), float("inf")
        assert (await say(await opened(rooms, name="pc1"), *mail))[
            1
        ] == "550 5.7.1"  # a router: it may be anybody
        rooms.gateways._found = frozenset()
        assert (await say(await opened(rooms, name="pc1"), *mail))[1] == "250 2.1.5"
        await change(rooms, partial(users.change, text="mia@example.org", active=False))
        assert (await say(await opened(rooms, name="pc1"), *mail))[1] == "550 5.7.1"


@pytest.mark.parametrize(
    ("peer", "login", "told"),
    [
        (STRANGER, False, (None, None)),
        (STRANGER, True, ("mia@example.org", None)),
        (LAN, False, (None, "exempt address")),
        (LAN, True, ("mia@example.org", None)),
    ],
)
async def test_the_journey_tells_by_what_right_a_letter_was_let_through(
    tmp_path: Path,
    peer: str,
    login: bool,
    told: tuple[str | None, str | None],
) -> None:
    async with nest(tmp_path, exemptions=[LAN]) as rooms:
        session = await opened(rooms, peer)
        if login:
            await say(session, LOGIN)
        await say(session, "MAIL FROM:<mia@example.org>", "RCPT TO:<tom@example.org>", "DATA")
        session.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
        letter = (await session.settle()).split(b"Accepted as ")[1].strip().decode()
        (found,) = await rooms.store.read(partial(journey.find, key=letter))
        assert (found.detail.get("login"), found.detail.get("right")) == told


async def test_pop_before_smtp_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with nest(tmp_path, policies={"pop_before_smtp": "on", "clear_login": "on"}) as rooms:
        await converse(rooms, "pop3", f"USER mia\r\nPASS {PASSWORD}\r\nQUIT\r\n".encode())
        session = await opened(rooms)
        mail = ("MAIL FROM:<mia@example.org>", FOREIGN, "RSET")
        assert (await say(session, *mail))[1] == "250 2.1.5"
        await rooms.store.write(lambda c: c.run(_AGE))
        assert (await say(session, *mail))[1] == "550 5.7.1"


async def test_a_domain_that_goes_between_rcpt_and_data_opens_nothing(tmp_path: Path) -> None:
    """What was local when it was named must not leave for elsewhere when the letter is there."""
    async with nest(tmp_path) as rooms:
        session = await opened(rooms)
        assert await say(session, "MAIL FROM:<>", "RCPT TO:<tom@example.net>", "DATA") == [
            "250 2.1.0",
            "250 2.1.5",
            "354 Send",
        ]
        await rooms.store.write(partial(domains.remove, text="example.net"))
        assert await say(session, "Subject: x", "", ".") == ["550 5.7.1"]
        assert await rooms.store.read(lambda c: c.one(_WAITING)) == (0,)


async def test_a_user_or_device_that_is_switched_off_sends_no_further_letter(tmp_path: Path) -> None:
    """A session that was logged in before does not outlive the login: a stolen password is stopped by changing it."""
    off = partial(devices.change, name="printer", active=False)
    for name, job in (
        ("mia", partial(users.change, text="mia@example.org", active=False)),
        ("mia", partial(users.set_password, text="mia@example.org", secret=None)),
        ("printer", off),
    ):
        (directory := tmp_path / str(id(job))).mkdir()
        async with nest(directory, policies={"sender_policy": "off"}, change=shared) as rooms:
            session = await opened(rooms, service="submissions")
            plain = b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
            mail = ("MAIL FROM:<x@foreign.example>", FOREIGN, "RSET")
            assert await say(session, f"AUTH PLAIN {plain}", *mail) == [
                "235 2.7.0",
                "250 2.1.0",
                "250 2.1.5",
                "250 2.0.0",
            ]
            await change(rooms, partial(domains.add, text="other.example", now=0.0))  # concerns nobody
            assert (await say(session, *mail))[1] == "250 2.1.5"
            await change(rooms, job)
            assert (await say(session, *mail))[0] == "530 5.7.0"


async def test_what_its_owner_sends_on_leaves_whoever_wrote_it(tmp_path: Path) -> None:
    """A forward is the owner's order, no relay: only the address it names gets the letter."""

    def forwarding(connection: Connection) -> None:
        users.change(connection, "tom@example.org", forward=("away@foreign.example",), keep_copy=False)

    async with nest(tmp_path, change=forwarding) as rooms:
        await deliver(rooms, b"Subject: x\r\n\r\nx\r\n", "tom@example.org")
        assert await rooms.store.read(lambda c: c.all(_ADDRESSES)) == [("away@foreign.example",)]
