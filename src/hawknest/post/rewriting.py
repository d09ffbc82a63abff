"""Another From for what is sent on, where the author's domain would have it refused otherwise. RFC 7960 §4.1.

A letter that we send on fails SPF for its author's domain, always. Where it carries a good signature of that domain it is believed all
the same, for we change nothing that was signed. What has none and comes from a domain that says `p=reject` or `p=quarantine` is lost at
the next server. With the policy `forward_from_rewrite` such a letter leaves in the name of the address that sends it on:

    From: "Mia via example.org" <SRS0=…@example.org>        what comes back to that address goes on to the author
    Reply-To: mia@elsewhere.example                         so that an answer goes where it should without us

What the author wrote stays in X-Original-From. Everything else of the letter is as it was; a seal (ARC), which tells the next
server what we saw, goes in front of all (`post.signing`).
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from hawknest.dns import Resolver
from hawknest.mail import srs
from hawknest.mail.address import Address, AddressError, parse_address, to_unicode
from hawknest.mail.build import mailbox
from hawknest.mail.header import Header, split
from hawknest.mail.mailboxes import Mailbox, mailboxes
from hawknest.mail.words import fold
from hawknest.post.parcel import Parcel
from hawknest.trust import dkim, dmarc
from hawknest.trust.dmarc import Policy

DELIVERED_TO = b"Delivered-To: "  # what Router puts in front of what is sent on


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Decides whether a letter gets another From, and writes it.

    `wanted` is asked each time, so that a changed policy holds at once; `keys` are the secrets of sender rewriting.
    """

    resolver: Resolver
    wanted: Callable[[], bool]
    keys: tuple[bytes, ...] = field(repr=False)
    clock: Callable[[], float]

    async def header(self, parcel: Parcel, header: bytes) -> bytes | None:
        """Write the header that a letter leaves with; None: its own. Raises StoreError."""
        via = _sent_on_by(parcel.prefix) if self.wanted() else None
        if via is None:
            return None
        found = Header(header).every("From")
        named = mailboxes(found[0].raw) if len(found) == 1 else []
        if len(named) != 1 or (author := named[0].address) is None or author.domain in {"", via.domain}:
            return None
        if not await self._refused_otherwise(author.domain, parcel):
            return None
        return self._written(header, named[0], author, via)

    async def _refused_otherwise(self, domain: str, parcel: Parcel) -> bool:
        """Tell whether the author's domain asks for strictness, and no signature of it holds."""
        check = dmarc.Check(self.resolver)
        strict = {Policy.QUARANTINE, Policy.REJECT}
        verdict = await check.verdict(domain, spf=(), dkim=())
        if verdict.result is not dmarc.Result.FAIL or verdict.policy not in strict:
            return False
        verdict = await check.verdict(domain, spf=(), dkim=await self._signed_by(parcel))
        return verdict.result is dmarc.Result.FAIL

    async def _signed_by(self, parcel: Parcel) -> list[str]:
        """The domains whose signatures hold, as far as anybody can tell now."""
        look, head = None, b""
        async with aclosing(parcel.blocks()) as blocks:
            async for block in blocks:
                if look is not None:
                    look.update(block)
                    continue
                head += block
                end, body = split(head)
                if end < body:
                    look = dkim.Check(head[:end], self.clock())
                    look.update(head[body:])
        if look is None:
            look = dkim.Check(head, self.clock())
        fine = {dkim.Result.PASS, dkim.Result.TEMPERROR}  # a name that cannot be asked now may well be fine
        return [one.domain for one in await look.verdicts(self.resolver) if one.result in fine]

    def _written(self, header: bytes, named: Mailbox, author: Address, via: Address) -> bytes:
        whole = Header(header)
        (old,) = whole.every("From")
        ours = srs.encode(author, via.domain, self.keys, self.clock())
        name = f"{named.name or author.local} via {to_unicode(via.domain)}"
        fields = [fold(f"From: {mailbox(name, ours)}")]
        if not whole.count("Reply-To"):
            fields.append(fold(f"Reply-To: {author}"))
        written = "".join(f"{line}\r\n" for line in fields).encode()
        kept = b"X-Original-From:" + old.raw.rstrip(b"\r\n") + b"\r\n"
        return header[: old.start] + written + kept + header[old.end :]


def _sent_on_by(prefix: bytes) -> Address | None:
    """The address of ours that sends a letter on, as its first line says; None: nobody does."""
    if not prefix.startswith(DELIVERED_TO):
        return None
    line = prefix[len(DELIVERED_TO) :].partition(b"\r\n")[0]
    try:
        address = parse_address(line.decode("utf-8", "replace"))
    except AddressError:
        return None
    return None if address.domain.startswith("[") else address
