"""Proofs for an authority entered into the DNS, in zones that we may change. RFC 8555 §8.4, RFC 2136."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from hawknest.accounts import publishing
from hawknest.accounts.publishing import Zone
from hawknest.accounts.vault import Vault, VaultError
from hawknest.net.acme import AcmeError
from hawknest.net.update import Change, UpdateError, update
from hawknest.store import Store

LABEL: Final = "_acme-challenge"
TTL: Final = 60  # seconds
SPREAD: Final = 5.0  # seconds until the zone's other servers have heard of it


@dataclass(frozen=True, slots=True)
class Registrar:
    """Who enters proofs."""

    store: Store
    vault: Vault
    spread: float = SPREAD

    async def can(self, names: Sequence[str]) -> bool:
        """Tell whether proofs for all these names could be entered. Raises StoreError."""
        found = [await self._zone(name) for name in names]
        return bool(found) and None not in found

    async def put(self, name: str, text: str) -> None:
        """Enter a proof, and wait until the zone's servers have it. Raises AcmeError, StoreError."""
        await self._change(name, Change(f"{LABEL}.{name}", "TXT", TTL, text))
        await asyncio.sleep(self.spread)

    async def take(self, name: str, text: str) -> None:
        """Take a proof out again. Raises AcmeError, StoreError."""
        await self._change(name, Change(f"{LABEL}.{name}", "TXT", 0, text, remove=True))

    async def _zone(self, name: str) -> Zone | None:
        return await self.store.read(partial(publishing.zone_of, name=f"{LABEL}.{name}"))

    async def _change(self, name: str, change: Change) -> None:
        zone = await self._zone(name)
        if zone is None:
            raise AcmeError("no-zone", "", (name,))
        try:
            await update(zone.endpoint, zone.name, zone.key(self.vault), [change])
        except (UpdateError, VaultError) as error:
            raise AcmeError("update", str(error), (name,)) from error
