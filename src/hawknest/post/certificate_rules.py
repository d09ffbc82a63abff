"""Rules about certificates without any doing: which is shown, when it is renewed, what TLSA records say of it. RFC 9773, RFC 7671."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hawknest.accounts import authority
from hawknest.accounts.vault import Vault
from hawknest.net import tls
from hawknest.net.acme import STAGING, Window, new_key, read_key
from hawknest.store import Connection, certificates
from hawknest.store.certificates import Kept

DAY: Final = 86400.0
SPREAD: Final = 2 * DAY  # seconds from a new key's being told to its being used
WARN: Final = 14 * DAY  # seconds before the end at which somebody should see to it
#: Seconds from one failure to the next try; the last holds for all later ones.
PAUSES: Final = (60.0, 600.0, 3600.0, 4 * 3600.0, 12 * 3600.0)
SHORT: Final = 300.0  # seconds, where no authority was asked
SOON: Final = 15.0  # the same in the first hour, in which somebody may be entering records
EARLY: Final = 3600.0  # seconds: that hour, from when certificates were asked for
#: What goes wrong before an authority is asked: to look again costs nobody anything.
UNASKED: Final = frozenset({"no-address", "no-zone", "other-server", "no-way", "not-public"})


def best(kept: Sequence[Kept], ca: str, now: float) -> list[Kept]:
    """Choose what is shown for each subject: of those that hold, one that is no trial, of the wanted authority, the newest."""
    chosen: dict[str, Kept] = {}
    for one in sorted(
        kept, key=lambda one: (one.ends_at > now, one.ca != STAGING, one.ca == ca, one.begins_at)
    ):
        if one.names:
            chosen[one.subject] = one
    return list(chosen.values())


def scheduled(one: Kept, window: Window | None, now: float, random: float) -> Kept:
    """Choose when a certificate is renewed: in the authority's window, by chance, and never when it is almost over.

    `random` is from 0 to 1: not all who were given one on the same day should come on the same day again.
    """
    life = one.ends_at - one.begins_at
    if window is None:
        at = one.begins_at + life * (2 / 3 + random * 0.04)
        return replace(one, renew_at=at, opens_at=0.0, closes_at=0.0, look_at=now + DAY)
    same = (one.opens_at, one.closes_at) == (window.opens_at, window.closes_at)
    within = window.opens_at <= one.renew_at <= window.closes_at
    at = one.renew_at if same and within else window.opens_at + random * (window.closes_at - window.opens_at)
    return replace(
        one,
        renew_at=min(at, one.ends_at - life / 10),
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        look_at=window.look_at,
    )


def is_old(one: Kept, now: float) -> bool:
    """Whether it is time for a renewal, whatever was tried and failed since."""
    return now >= (one.opens_at or one.begins_at + (one.ends_at - one.begins_at) * 2 / 3)


def is_ending(one: Kept, now: float) -> bool:
    """Whether a certificate is so near its end that somebody should be told."""
    return one.ends_at - now < min(WARN, (one.ends_at - one.begins_at) / 4)


def pause(kind: str, failures: int, random: float, age: float) -> float:
    """Choose how long to wait after a failure, in seconds.

    `failures` are those before it, `age` the seconds since certificates were asked for.
    """
    spread = 0.75 + 0.5 * random
    if kind in UNASKED:
        return (SOON if age < EARLY else SHORT) * spread
    return PAUSES[min(failures, len(PAUSES) - 1)] * spread


def purpose(subject: str) -> str:
    """What the keys of a certificate are sealed for."""
    return f"certificate {subject}"


def announce(connection: Connection, vault: Vault, now: float) -> list[Kept]:
    """Make the next keys of all certificates, to be used when their TLSA records have spread (RFC 7671 §8.1).

    Returns the certificates with a key to come, whenever it was made.
    """
    ca, found = authority.wish(connection).ca, list[Kept]()
    for one in certificates.listing(connection):
        if one.ca != ca or not one.names:
            continue
        fresh = one
        if not one.next_key:
            key = new_key()
            fresh = replace(
                one,
                next_key=vault.seal(key, purpose(one.subject)),
                next_pin=tls.pin(read_key(key).public_key()).hex(),
                next_from=now + SPREAD,
                renew_at=min(one.renew_at, now + SPREAD) if one.renew_at > now else now + SPREAD,
            )
            certificates.put(connection, fresh)
        found.append(fresh)
    return found


def pins(connection: Connection, hostname: str, own: str) -> list[str]:
    """List what TLSA records 3 1 1 of the host have to say, in hexadecimal: of its certificate, and of the key to come.

    `own` is that of the certificate that is shown where no authority has given one.
    """
    ca = authority.wish(connection).ca
    for one in best(certificates.listing(connection), ca, 0.0):
        if one.subject == hostname.lower().removesuffix("."):
            return [pin for pin in (one.pin, one.next_pin) if pin]
    return [own] if own else []
