"""What the owner changes while the server runs: policies, each documented where it stands.

They live in the database, one row a policy that differs from its default, and are changed by the same words everywhere:
`hawknest config set NAME VALUE`.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec

from hawknest.accounts.changes import changed
from hawknest.accounts.errors import AccountError
from hawknest.store import Connection, Statement
from hawknest.trust import dnsbl
from hawknest.trust.dnsbl import BadZone

Sentence = msgspec.Meta


#: Names of the DNS with spaces between.
_NAMES: Final = r"^\s*([A-Za-z0-9_]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?(\s+|$))*$"

#: The same, each perhaps with the answers that count (trust.dnsbl).
_LISTS: Final = r"^\s*([A-Za-z0-9_][-A-Za-z0-9_.]{0,251}[A-Za-z0-9](=127(\.[0-9]{1,3}|\.\[[0-9.;]{1,200}\]){3})?(\s+|$))*$"


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """The run-time policies."""

    message_size_limit: Annotated[
        int,
        msgspec.Meta(ge=0, le=1 << 50, description="Octets that a letter may have, in or out; 0: no limit"),
    ] = 50 * 1024 * 1024
    recipients_limit: Annotated[
        int, msgspec.Meta(ge=1, le=50_000, description="Recipients that one letter may have")
    ] = 1000
    receive: Annotated[
        bool,
        msgspec.Meta(
            description="Whether letters are taken in from others; off: their servers are told to try again later"
        ),
    ] = True
    check_senders: Annotated[
        bool,
        msgspec.Meta(
            description="Whether letters from strangers are looked over: SPF, DKIM, DMARC, ARC and the lists below. "
            "What is done with forged ones each domain says for itself"
        ),
    ] = True
    trusted_forwarders: Annotated[
        str,
        msgspec.Meta(
            pattern=_NAMES,
            description="Domains of forwarders and mailing lists whose word is believed (ARC) when a letter that they changed "
            "no longer proves its author; with spaces between",
        ),
    ] = ""
    blocklists: Annotated[
        str,
        msgspec.Meta(
            pattern=_LISTS,
            description="DNS lists of bad addresses, such as zen.spamhaus.org (mind their terms); letters from them count as "
            "forged. With spaces between, each also with the answers that count: list.example=127.0.0.[2..11]",
        ),
    ] = ""
    allowlists: Annotated[
        str,
        msgspec.Meta(
            pattern=_LISTS,
            description="DNS lists of good addresses, such as list.dnswl.org; they outweigh the bad ones. With spaces between",
        ),
    ] = ""
    send_to_internet: Annotated[
        bool,
        msgspec.Meta(
            description="Whether users may send to addresses elsewhere (the original's Allow Relay); strangers never may"
        ),
    ] = True
    sender_policy: Annotated[
        bool, msgspec.Meta(description="Whether users may send only as their own addresses and aliases")
    ] = True
    pop_before_smtp: Annotated[
        bool,
        msgspec.Meta(
            description="Legacy: whether an address that has just read its mail by POP3 may send without logging in. "
            "Everybody behind the same router shares it"
        ),
    ] = False
    pop_before_smtp_minutes: Annotated[
        int, msgspec.Meta(ge=1, le=60, description="Minutes that a POP3 login opens the way for")
    ] = 15
    cram_md5: Annotated[
        bool,
        msgspec.Meta(
            description="Legacy: whether CRAM-MD5 is offered; passwords set while it is on are kept readable for it"
        ),
    ] = False
    mend_newlines: Annotated[
        bool,
        msgspec.Meta(
            description="Legacy: whether a letter with bare CR or LF is mended instead of refused (for old programs)"
        ),
    ] = False
    plus_separator: Annotated[
        str,
        msgspec.Meta(
            pattern="^[-+_=.#~]?$",
            description="The character before the detail in user+detail@domain; empty: no such thing",
        ),
    ] = "+"
    app_passwords_only: Annotated[
        str,
        msgspec.Meta(
            pattern="^(off|with_second_factor|always)$",
            description="Whether mail programs get in with app passwords alone, so that the account's own password is for the pages: "
            "off (who wants it switches it on for the own account), with_second_factor (for all who have a second factor), always",
        ),
    ] = "off"
    new_device_letters: Annotated[
        bool,
        msgspec.Meta(
            description="Whether users are told by letter when their account is used from a network, or with a password or by a "
            "protocol there, that was not seen before"
        ),
    ] = True
    sign_in_days: Annotated[
        float,
        msgspec.Meta(
            gt=0, le=3650, description="Days that sign-ins can be looked up, and that a network is remembered"
        ),
    ] = 30.0
    clear_login: Annotated[
        bool,
        msgspec.Meta(
            description="Legacy: whether passwords are taken without TLS from other machines. Anybody can listen"
        ),
    ] = False
    queue_days: Annotated[
        float,
        msgspec.Meta(
            gt=0, le=30, description="Days after which a letter that cannot be delivered is given up"
        ),
    ] = 5.0
    delay_warning_hours: Annotated[
        float,
        msgspec.Meta(ge=0, le=720, description="Hours after which the sender is told of a delay; 0: never"),
    ] = 4.0
    failover: Annotated[
        bool,
        msgspec.Meta(
            description="Whether letters to a destination that refuses this server's address, or cannot be reached, go by a smart host "
            "of hawknest.toml with `failover = true`; you are told by letter"
        ),
    ] = True
    failover_days: Annotated[
        float,
        msgspec.Meta(
            gt=0, le=90, description="Days after which the straight way is tried again, with the next letter"
        ),
    ] = 3.0
    responder_days: Annotated[
        float,
        msgspec.Meta(gt=0, le=3650, description="Days until the same sender gets an automatic reply again"),
    ] = 7.0
    sign_up: Annotated[
        str,
        msgspec.Meta(
            pattern="^(off|invited|approved)$",
            description="Whether people make accounts for themselves on the web pages: off, invited (with an invitation link), "
            "approved (with one, or when an administrator says yes)",
        ),
    ] = "off"
    mta_sts: Annotated[
        str,
        msgspec.Meta(
            pattern="^(off|testing|enforce)$",
            description="What our MTA-STS policy asks of those who send to us: testing (to report when TLS or our certificate is not "
            "right), enforce (to send nothing then), off (nothing). It is heard where the DNS has the records for it",
        ),
    ] = "testing"
    update_check: Annotated[
        bool,
        msgspec.Meta(
            description="Whether to look once a day whether there is a new version, where hawknest.toml says at which address; "
            "nothing is told about this server, and nothing is installed"
        ),
    ] = False
    dkim_rotation_days: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=3650,
            description="Days after which a domain gets new keys to sign with; the old ones sign until the DNS has the new ones. 0: never",
        ),
    ] = 180.0
    forward_from_rewrite: Annotated[
        str,
        msgspec.Meta(
            pattern="^(off|dmarc)$",
            description="Whether a letter that is sent on gets another From: off, or dmarc (where its author's domain would have it refused otherwise)",
        ),
    ] = "off"
    dmarc_reports: Annotated[
        bool,
        msgspec.Meta(
            description="Whether domains that ask for it are told once a day who sent letters here in their name (DMARC reports, "
            "RFC 9990). Off, as on most small servers: where few people get letters, a report tells about each of them"
        ),
    ] = False
    tls_reports: Annotated[
        bool,
        msgspec.Meta(
            description="Whether domains that ask for it are told once a day how TLS to their servers went (RFC 8460)"
        ),
    ] = True
    keep_report_letters: Annotated[
        bool,
        msgspec.Meta(
            description="Whether letters to dmarc-reports@ and tls-reports@ stay in the inbox after their reports were read; "
            "off: they are moved to Trash"
        ),
    ] = False
    report_days: Annotated[
        float, msgspec.Meta(gt=0, le=3650, description="Days that reports of other servers are kept")
    ] = 400.0
    journey_days: Annotated[
        float, msgspec.Meta(gt=0, le=3650, description="Days that the journeys of letters can be looked up")
    ] = 30.0


_ALL: Final = Statement("SELECT key, value FROM setting")
_SET: Final = Statement(
    "INSERT INTO setting (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_UNSET: Final = Statement("DELETE FROM setting WHERE key = :key")
#: Rows of the table `setting` that are no policies.
STATES: Final = frozenset({"acme", "address", "coach", "delivery", "salt_key", "srs_keys", "update", "vault"})


def policies(connection: Connection) -> Policies:
    """Read the policies."""
    known = Policies.__struct_fields__
    values = {key: msgspec.json.decode(value) for key, value in connection.all(_ALL) if key in known}
    return msgspec.convert(values, Policies)


def set_policy(connection: Connection, name: str, text: str | None) -> Policies:
    """Set a policy from the words of its owner, or with None to its default. Raises AccountError."""
    old = policies(connection)
    key = name.strip().lower().replace("-", "_")
    if key not in Policies.__struct_fields__:
        raise AccountError(f"there is no policy {name}; `hawknest config show` lists them")
    if text is None:
        connection.run(_UNSET, key=key)
    else:
        value = _read(getattr(old, key), text.strip(), key)
        try:
            _fit(msgspec.convert({key: value}, Policies))
        except BadZone as error:
            raise AccountError(f"{key}: {error}") from None
        except msgspec.ValidationError as error:
            raise AccountError(f"{key} cannot be {text.strip()[:80]}: {_plainly(error, key)}") from None
        connection.run(_SET, key=key, value=msgspec.json.encode(value).decode())
    changed(connection)
    return policies(connection)


def set_values(connection: Connection, values: Mapping[str, Any]) -> Policies:
    """Set policies to values of their types; one that is its default is no longer kept. Raises AccountError."""
    try:
        _fit(msgspec.convert(dict(values), Policies))
    except BadZone as error:
        raise AccountError(str(error)) from None
    defaults = Policies()
    for key, value in values.items():
        if value == getattr(defaults, key):
            connection.run(_UNSET, key=key)
        else:
            connection.run(_SET, key=key, value=msgspec.json.encode(value).decode())
    changed(connection)
    return policies(connection)


def _fit(wanted: Policies) -> None:
    """See that lists can be asked. Raises BadZone."""
    dnsbl.zones(f"{wanted.blocklists} {wanted.allowlists}")


_BOUND: Final = re.compile(r"Expected `\w+` (>=|>|<=|<) ([0-9.]+)")
#: What a policy that is a word may be.
_EXPECTED: Final = {
    "plus_separator": "it must be one of - + _ = . # ~ or nothing",
    "app_passwords_only": "it must be off, with_second_factor or always",
    "sign_up": "it must be off, invited or approved",
    "mta_sts": "it must be off, testing or enforce",
    "forward_from_rewrite": "it must be off or dmarc",
}
_RELATIONS: Final = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}


def _plainly(error: msgspec.ValidationError, key: str) -> str:
    if bound := _BOUND.match(str(error)):
        return f"it must be {_RELATIONS[bound[1]]} {bound[2].removesuffix('.0')}"
    return _EXPECTED.get(key, "it must be names such as example.org, with spaces between")


def state(connection: Connection, key: str) -> Any:
    """Read one of the server's own states, None where it was never set."""
    for name, value in connection.all(_ALL):
        if name == key:
            return msgspec.json.decode(value)
    return None


def set_state(connection: Connection, key: str, value: Any) -> None:
    """Keep one of the server's own states."""
    assert key in STATES
    connection.run(_SET, key=key, value=msgspec.json.encode(value).decode())


def _read(old: Any, text: str, key: str) -> Any:
    """Read a value as its owner types it, in the type of the old one."""
    match old:
        case bool():
            words = {
                "on": True,
                "yes": True,
                "true": True,
                "1": True,
                "off": False,
                "no": False,
                "false": False,
                "0": False,
            }
            if text.lower() not in words:
                raise AccountError(f"{key} is on or off, not {text}")
            return words[text.lower()]
        case int():
            return _size(text, key)
        case float():
            try:
                return float(text)
            except ValueError:
                raise AccountError(f"{key} is a number, not {text}") from None
        case _:
            return text


_UNITS: Final = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _size(text: str, key: str) -> int:
    """Read a whole number; 5M is 5 MiB."""
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].upper() in _UNITS else (text, "")
    try:
        return int(number) * _UNITS.get(unit, 1)
    except ValueError:
        raise AccountError(f"{key} is a whole number, such as 50M, not {text}") from None


def srs_keys(connection: Connection) -> tuple[bytes, ...]:
    """Read the secrets of sender rewriting, the newest first; the first time, make one."""
    keys: list[str] | None = state(connection, "srs_keys")
    if not keys:
        keys = [secrets.token_hex(20)]
        set_state(connection, "srs_keys", keys)
    return tuple(bytes.fromhex(key) for key in keys)


def salt_key(connection: Connection) -> bytes:
    """Read the key that gives every login name its salt (`accounts.salts`); the first time, make one."""
    key: str | None = state(connection, "salt_key")
    if not key:
        key = secrets.token_hex(32)
        set_state(connection, "salt_key", key)
    return bytes.fromhex(key)


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The server's own secrets, the same in every worker and after every start."""

    srs: tuple[bytes, ...] = field(repr=False)
    salt: bytes = field(repr=False)


def own_keys(connection: Connection) -> OwnKeys:
    """Read the server's own secrets; the first time, make them."""
    return OwnKeys(srs_keys(connection), salt_key(connection))
