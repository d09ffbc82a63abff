"""The finger door: what a user chose to tell, and nothing else. RFC 1288.

Users who are not there and users who tell nothing look the same. Nobody's list is given, and no other host is asked
(RFC 1288 §3.2.1-3.2.2 let a server refuse both).
"""

from dataclasses import dataclass
from typing import Final

from hawknest.accounts.directory import Directory
from hawknest.accounts.finger import finger_text
from hawknest.log import Log
from hawknest.mail.address import AddressError, canonical_domain
from hawknest.net.link import Link
from hawknest.store import Store, StoreError
from hawknest.wire import finger

SILENT: Final = "There is nothing to tell."
NO_LIST: Final = "This server does not tell who is here; ask for somebody by name."
NO_FORWARDING: Final = "This server does not ask other servers."
NO_QUESTION: Final = "That is no question this server understands."
NOT_NOW: Final = "This cannot be answered now; please try again later."


@dataclass(frozen=True, slots=True)
class Rooms:
    """The rooms that this door asks."""

    store: Store
    directory: Directory
    log: Log


async def serve(link: Link[finger.Event], rooms: Rooms) -> None:
    """Answer one question."""
    assert isinstance(link.engine, finger.Server)
    event = await link.event()
    match event:
        case finger.Query(text):
            link.engine.say(await answer(text, rooms))
            rooms.log.finger.info("asked", peer=link.peer)
        case finger.TooLong():
            link.engine.say(NO_QUESTION)
        case None:
            pass


async def answer(text: str, rooms: Rooms) -> str:
    """Answer a question: a name, or a name at a domain of ours."""
    if not text:
        return NO_LIST
    local, at, domain = text.partition("@")
    if "@" in domain or (at and not local):
        return NO_FORWARDING
    try:
        name = canonical_domain(domain) if domain else ""
        return await rooms.store.read(lambda connection: finger_text(connection, local, name)) or SILENT
    except AddressError:
        return SILENT
    except StoreError as error:
        rooms.log.system.error("finger not answered", error=str(error))
        return NOT_NOW
