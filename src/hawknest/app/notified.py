"""Who writes notices, put together, and the forgetting of what needs no memory any more."""

import asyncio
import contextlib
import time
from functools import partial
from typing import Final

from hawknest.post import notices
from hawknest.post.inbound import Office
from hawknest.post.notices import Notices
from hawknest.store import Store, StoreError

HOUR: Final = 3600.0


def notices_of(office: Office) -> Notices:
    """Put together who writes notices, out of the rooms that letters are received in."""
    return Notices(
        store=office.store,
        router=office.router,
        log=office.log,
        terms=office.terms,
        hostname=office.hostname,
        clock=office.clock,
        utc_offset=office.utc_offset,
        on_queued=office.on_queued,
    )


async def tidying(store: Store) -> None:
    """Forget, every hour, what was kept for a time that is over."""
    while True:
        await asyncio.sleep(HOUR)
        with contextlib.suppress(StoreError):  # next time, then
            await store.write(partial(notices.forget, now=time.time()))
