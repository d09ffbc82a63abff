"""`hawknest domain keys`: what a domain signs its letters with, and what has to be in the DNS for it."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from cyclopts import Parameter

from hawknest.accounts import dkim_keys, domains
from hawknest.accounts import vault as vaults
from hawknest.accounts.dkim_keys import OVERLAP, Key, Moved, State
from hawknest.cli.nest import DEFAULT, Data, Nest, nest, tell
from hawknest.cli.say import Json, show, when
from hawknest.cli.words import tell as word


def keys(
    name: str,
    *,
    rotate: Annotated[bool, Parameter(negative=())] = False,
    data: Data = DEFAULT,
    json: Json = False,
) -> None:
    """Show the keys that a domain's letters are signed with (DKIM), how each of them stands, and the records to enter.

    A domain gets two keys when it is added, RSA and Ed25519. The server looks for them in the DNS every minute, and signs with each as soon as
    it is there; until then letters leave without a signature. After `dkim_rotation_days` new keys are made by themselves, and shown here.

    Example: `hawknest domain keys example.org` · `hawknest domain keys example.org --rotate`

    Args:
        name: The domain.
        rotate: Make new keys now. They take over when the DNS has them; the present ones sign until then, and stay in the DNS a week longer.
    """
    with nest(data) as here:
        domain = here.read(partial(domains.get, text=name)).name
        complete(here)
        added = _rotated(here, domain) if rotate else []
        found = here.read(partial(dkim_keys.listing, domain=domain))
    show(
        [_plain(key) for key in found],
        json,
        lambda: "\n".join(_lines(domain, found, added if rotate else None)),
    )


def complete(here: Nest) -> None:
    """Make the keys that domains lack; a server that runs does so as well."""
    for domain in here.read(dkim_keys.without):
        pair, vault = dkim_keys.make(), vaults.at(here.config.directory)
        here.write(partial(dkim_keys.complete, vault=vault, domain=domain, pair=pair, now=time.time()))


def bring(here: Nest, moved: Sequence[Moved]) -> None:
    """Take in keys that come with a configuration, make those that are lacking then, and say what could not be opened."""
    if moved:
        vault = vaults.at(here.config.directory)
        for key in here.write(partial(dkim_keys.bring, vault=vault, keys=moved, now=time.time())):
            tell(word("keys-closed", selector=key.selector, domain=key.domain))
    complete(here)


def _rotated(here: Nest, domain: str) -> list[Key]:
    pair, vault, now = dkim_keys.make(), vaults.at(here.config.directory), time.time()
    job = partial(dkim_keys.succeed, vault=vault, domain=domain, pair=pair, now=now)
    return here.change("domain.keys", domain, job)


def _plain(key: Key) -> dict[str, Any]:
    """A key for programs."""
    return {
        "selector": key.selector,
        "algorithm": key.algorithm.value,
        "state": key.state.value,
        "missing": key.missing,
        "name": key.name,
        "record": key.record,
        "created_at": key.created_at,
        "since": key.since,
        "looked_at": key.looked_at,
        "seen_at": key.seen_at,
    }


def _lines(domain: str, found: Sequence[Key], added: Sequence[Key] | None) -> list[str]:
    if domain.startswith("["):
        return [word("keys-literal", domain=domain)]
    if not found:
        return [word("keys-none", domain=domain)]
    first = word("keys-head", domain=domain)
    if added is not None:
        first = word("keys-rotated" if added else "keys-rotating")
    lines = [first]
    for key in found:
        lines += ["", f"{key.selector}  {key.algorithm}  {_standing(key)}"]
        if key.state is not State.RETIRED:
            lines += [f"  {key.name}. TXT", f"  {key.record}"]
    return lines


def _standing(key: Key) -> str:
    """How a key stands, in words."""
    match key.state:
        case State.NEW:
            return word("keys-missing", at=when(key.looked_at)) if key.missing else word("keys-new")
        case State.ACTIVE if key.missing:
            return word("keys-gone", at=when(key.looked_at))
        case State.ACTIVE:
            return word("keys-active", since=when(key.since))
        case State.RETIRING:
            return word("keys-retiring", until=when(key.since + OVERLAP))
        case State.RETIRED:
            return word("keys-retired")
