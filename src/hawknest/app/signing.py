"""The rooms of a worker that have to do with signing, put together."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from hawknest.accounts.settings import Policies
from hawknest.accounts.vault import Vault
from hawknest.config import Config, Profile
from hawknest.dns import Resolver
from hawknest.log import Log
from hawknest.net.authority import Authority, Freshly
from hawknest.post.keysmith import Keysmith
from hawknest.post.rewriting import Rewriting
from hawknest.post.signing import Signatures
from hawknest.store import Store


@dataclass(frozen=True, slots=True)
class Around:
    """The rooms around them, and the worker's name."""

    store: Store
    vault: Vault
    resolver: Resolver
    log: Log
    owner: str


def made(
    config: Config, around: Around, policies: Callable[[], Policies], srs_keys: tuple[bytes, ...]
) -> tuple[Keysmith, Signatures]:
    """Make who looks after the keys, and who signs with them."""
    contents = config.contents
    keysmith = Keysmith(
        store=around.store,
        vault=around.vault,
        resolver=Freshly(Authority(around.resolver, time.monotonic, contents.coach.port), around.resolver),
        log=around.log,
        owner=around.owner,
        clock=time.time,
        policies=policies,
        asks=contents.profile != Profile.LOCAL or bool(contents.dns.resolvers),
    )
    rewriting = Rewriting(
        around.resolver, lambda: policies().forward_from_rewrite != "off", srs_keys, time.time
    )
    return keysmith, Signatures(
        around.store, around.vault, around.log, time.time, rewriting, contents.hostname
    )
