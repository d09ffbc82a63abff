"""What we had found out about a letter that an address of ours sends on, read from the letter itself, to be sealed for the next server. RFC 8617 §5.1.

Our own Authentication-Results stands right below the line of the address that sends it on; everything else with our name was taken away when
the letter came. A letter of a user, or one that came by LMTP, has none of ours there: then nothing is said about it.
"""

from dataclasses import dataclass

from hawknest.mail import authres
from hawknest.mail.address import Address, AddressError, parse_address
from hawknest.trust import arc, canonical


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A letter that is sent on, and what had been found about it."""

    via: Address  # the address of ours that sends it on
    results: bytes  # our field, as it stands
    chain: arc.Result  # of those who had sent it on before


def passed_on(header: bytes, host: str) -> PassedOn | None:
    """Look for what we had found in the header of a letter as it leaves; `host` is our name. None: nothing is to be sealed."""
    if not header.startswith(b"Delivered-To:"):
        return None
    first, second, *_ = *canonical.fields(header), (b"", b""), (b"", b"")
    name, results = second
    if name != b"authentication-results":
        return None
    value = results.partition(b":")[2]
    if authres.claimed(value).lower().rstrip(".") != host.lower().rstrip("."):
        return None
    try:
        via = parse_address(first[1].partition(b":")[2].strip().decode("utf-8", "replace"))
    except AddressError:
        return None
    said = next((one.result for one in authres.read(value) if one.name == "arc"), "none")
    try:
        return PassedOn(via, results, arc.Result(said))
    except ValueError:
        return None
