"""What came of an attempt to deliver a letter to one recipient, as values.

`code` is the enhanced status code (RFC 3463): the remote's own where it gave one, ours where there was no remote or it
gave none. `words` are the remote's exact words with its reply code, or ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hawknest.wire.smtp.reply import Reply


@dataclass(frozen=True, slots=True)
class Where:
    """The host that a recipient was offered to."""

    host: str
    address: str
    port: int
    tls: str = ""  # version and cipher; '': in the clear
    proof: str = ""  # what showed that the host is the right one (`post.protection.Proof`); '': nothing did

    def __str__(self) -> str:
        """The host as people and reports name it."""
        return self.host or f"[{self.address}]"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A host that could not be used, and why; the next one was tried."""

    where: Where
    words: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The remote took the letter on."""

    code: str
    words: str
    where: Where
    reports: bool = False  # the remote will itself report on success (RFC 3461 §5.2.2)
    tried: tuple[Trouble, ...] = ()
    letter: Mapping[str, str] = field(default_factory=dict[str, str])  # how it left: for its journey


@dataclass(frozen=True, slots=True)
class Deferred:
    """It did not work now, and may work later."""

    code: str
    words: str
    where: Where | None = None
    everyone: bool = False  # no host of the destination can be used now, whoever the recipient is
    elsewhere: bool = True  # another host may be tried at once
    tried: tuple[Trouble, ...] = field(default=())
    letter: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Failed:
    """It will never work."""

    code: str
    words: str
    where: Where | None = None
    tried: tuple[Trouble, ...] = field(default=())
    letter: Mapping[str, str] = field(default_factory=dict[str, str])


Outcome = Delivered | Deferred | Failed

#: Octets of the remote's words that are kept.
WORDS: Final = 2000


def refused(reply: Reply, where: Where, default: tuple[int, int, int] = (0, 0, 0)) -> Deferred | Failed:
    """The outcome that a negative reply means: 5yz for ever, anything else for now (RFC 5321 §4.2.1)."""
    kind = Failed if reply.permanent else Deferred
    return kind(code_of(reply, default), words_of(reply), where)


def code_of(reply: Reply, default: tuple[int, int, int] = (0, 0, 0)) -> str:
    """The enhanced code of a reply; a code whose class contradicts the reply is none.

    `default` is the code to use, but for its class, where the remote gave none.
    """
    kind = reply.code // 100
    enhanced = reply.enhanced
    if enhanced is None or enhanced[0] != kind:
        enhanced = (kind if kind in {2, 4, 5} else 4, *default[1:])
    return "{}.{}.{}".format(*enhanced)


def words_of(reply: Reply) -> str:
    """The remote's words as they came, with newlines between lines."""
    enhanced = "{}.{}.{} ".format(*reply.enhanced) if reply.enhanced else ""
    return f"{reply.code} {enhanced}{reply.text}".rstrip()[:WORDS]
