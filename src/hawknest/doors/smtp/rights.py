"""By what right somebody sends, and whose address the sender is: what `accounts.permit` is asked with.

It is settled anew for each letter, so that what the owner switches off ends in sessions that are under way, too.
"""

from hawknest.accounts.directory import NotLocal
from hawknest.accounts.login import Kind
from hawknest.accounts.permit import Mode, Whose
from hawknest.doors.smtp.rooms import Rooms, SmtpLink, Visitor, client_of
from hawknest.mail.address import Address


async def right_of(link: SmtpLink, visitor: Visitor, rooms: Rooms) -> tuple[Mode, int]:
    """Settle by what right somebody sends, and as which account, 0 for none. Raises StoreError."""
    rules, login, first = rooms.directory.rules, visitor.login, visitor.letters == 1
    if login is not None and visitor.version != (version := rooms.directory.version):
        if not await rooms.keys.holds(client_of(link), login):
            rooms.log.auth.warning("login over", session=visitor.session, peer=link.peer, login=login.name)
            login = visitor.login = None
        visitor.version = version
    if login is not None:
        return (Mode.DEVICE if login.kind is Kind.DEVICE else Mode.ACCOUNT), login.account_id
    if rules.exempt(link.peer, now := rooms.office.clock()):
        if rules.exempt(link.peer, now, rooms.gateways()):
            if first:
                rooms.log.auth.info("exempt", session=visitor.session, peer=link.peer)
            return Mode.EXEMPT, 0
        if first:
            rooms.log.auth.warning("not exempt: this is the router", session=visitor.session, peer=link.peer)
    open_ways = rules.policies.pop_before_smtp and link.peer not in rooms.gateways()
    if open_ways and (way := await rooms.pop_way(link.peer, visitor.name)) is not None:
        if first and way.helo not in {"", visitor.name}:
            rooms.log.auth.warning(
                "pop before smtp: two machines share an address",
                session=visitor.session,
                peer=link.peer,
                first=way.helo,
                second=visitor.name,
            )
        return Mode.POP, way.account_id
    return Mode.STRANGER, 0


async def whose_is(sender: Address | None, mode: Mode, account_id: int, rooms: Rooms) -> Whose:
    """Settle whose address a sender is, as far as that matters to who sends. Raises StoreError."""
    if sender is None or mode is Mode.STRANGER or not rooms.directory.rules.policies.sender_policy:
        return Whose.OWN
    if account_id and await rooms.directory.owns(account_id, sender):
        return Whose.OWN
    return Whose.FOREIGN if isinstance(await rooms.directory.find(sender), NotLocal) else Whose.OURS
