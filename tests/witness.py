"""An IMAP client that believes what it is told, and complains when that breaks a rule. RFC 9051 §7, RFC 7162, RFC 9586.

There is no I/O in it: `send` gives the octets of a command, `feed` takes what the server says. What the server tells of the
selected mailbox makes the client's view: `messages`, in the order of their numbers, each with what is known of it so far.
What it keeps of a mailbox when it leaves is a `Memory`, with which it can come back.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Flags = frozenset[str]

_LITERAL = re.compile(rb"~?\{(\d+)\}\r\n\Z")
_TOKEN = re.compile(rb'([()])|"((?:[^"\\]|\\.)*)"|(\\?[^\s()"\[\]]+(?:\[[^\]]*\](?:<\d+>)?)?)')
_CODE = re.compile(rb"\[([A-Z0-9-]+)(?: ([^\]]*))?\]")
_SYSTEM = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"}


class Broken(AssertionError):
    """The server broke a rule."""


@dataclass(slots=True)
class Message:
    """What a client knows of a message; nothing at first."""

    uid: int = 0
    flags: Flags | None = None
    modseq: int = 0


@dataclass(slots=True)
class Memory:
    """What a client keeps of a mailbox between two sessions."""

    uidvalidity: int = 0
    uidnext: int = 0
    modseq: int = 0  # everything up to here it was told
    highest: int = 0  # the highest that it was told of
    known: dict[int, Message] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    @property
    def last(self) -> int:
        return max(self.known, default=0)


@dataclass(frozen=True, slots=True)
class Done:
    """The tagged end of a command."""

    status: str  # OK, NO, BAD; BYE: the connection ended instead
    code: str = ""
    argument: str = ""
    text: str = ""

    @property
    def ok(self) -> bool:
        return self.status == "OK"


def numbers_of(text: str) -> list[int]:
    """List the numbers of a set, in its order."""
    found: list[int] = []
    for word in text.split(",") if text else ():
        first, _, last = word.partition(":")
        low, high = sorted((int(first), int(last or first)))
        found.extend(range(low, high + 1))
    return found


def set_of(numbers: Iterable[int]) -> str:
    """Write numbers as a set."""
    return ",".join(map(str, numbers))


class Witness:
    """One client. `speaks`: what it enables, of CONDSTORE, QRESYNC, UIDONLY and IMAP4REV2."""

    def __init__(self, name: str, speaks: Iterable[str], memories: dict[str, Memory]) -> None:
        self.name = name
        self.speaks = frozenset(speaks)
        self.memories = memories  # by mailbox
        self.messages: list[Message] = []
        self.sure = 0  # the UID up to which all are known, also where there are no numbers to show a gap
        self.mailbox = ""  # that is selected
        self.closed = ""  # BYE and its words
        self.invited = False  # a `+` came
        self.found: list[int] = []  # what the last SEARCH found
        self.found_modseq = 0
        self.fetched: dict[int, dict[str, Any]] = {}  # what the last FETCH said, by UID or number
        self.copied = ""  # what the last MOVE said has which UID now
        self.vanished: list[int] = []  # what the last FETCH said is gone, earlier
        self._now = _Entered()
        self._announced: set[str] = set()
        self._entering: list[tuple[int, dict[str, Any]]] | None = None  # what SELECT tells of messages
        self._count = 0
        self._tag = b""
        self._verb = ""
        self._by_number = False
        self._asked_resync = False
        self._done: Done | None = None
        self._buffer = b""
        self._heard: deque[bytes] = deque(maxlen=60)

    # What it says

    def send(self, command: str | bytes, *, resync: bool = False) -> bytes:
        """Give the octets of a command; the end of it is what `ended` gives some time."""
        octets = command.encode() if isinstance(command, str) else command
        words = octets.split(maxsplit=2)
        self._verb = words[0].upper().decode()
        self._by_number = self._verb in {"FETCH", "STORE", "SEARCH", "SORT", "THREAD"}
        if self._verb == "UID":
            self._verb = words[1].upper().decode()
        self._count += 1
        self._tag = b"%b%d" % (self.name.encode(), self._count)
        self._done, self._asked_resync = None, resync
        self.invited = False
        self.found, self.found_modseq, self.fetched, self.vanished = [], 0, {}, []
        if self._verb in {"SELECT", "EXAMINE"}:
            self.leave()
            self._entering, self._announced = [], set()
            self.mailbox = octets.split()[1].strip(b'"').decode()
        self._heard.append(b"C: " + self._tag + b" " + octets)
        return self._tag + b" " + octets + b"\r\n"

    @property
    def ended(self) -> Done | None:
        """How the last command ended, or None: not yet."""
        if self._done is None and self.closed:
            return Done("BYE", text=self.closed)
        return self._done

    def leave(self) -> None:
        """Have no mailbox selected any more; what is known of it is remembered."""
        if not self.mailbox:
            self._now = _Entered()
            return
        if self.mailbox in self.memories and self._entering is None:
            memory = self.memory
            memory.known = {message.uid: message for message in self._complete()}
        self.mailbox, self.messages, self._entering = "", [], None
        self._now = _Entered()

    def _complete(self) -> Iterator[Message]:
        """Give the messages up to the first of which not all is known."""
        for message in self.messages:
            if (
                not message.uid
                or message.flags is None
                or ("UIDONLY" in self.speaks and message.uid > self.sure)
            ):
                return
            yield message

    @property
    def memory(self) -> Memory:
        """What it remembers of the selected mailbox."""
        return self.memories[self.mailbox]

    def uids(self) -> list[int]:
        """The UIDs of all messages; 0 where it is not known."""
        return [message.uid for message in self.messages]

    # What it hears

    def feed(self, data: bytes) -> None:
        """Take what the server says. Raises Broken."""
        self._buffer += data
        while (response := self._response()) is not None:
            self._heard.append(b"S: " + response[:-2])
            try:
                self._take(response)
            except Broken as error:
                raise Broken(f"{self.name} {sorted(self.speaks)}: {error}\n{self.transcript()}") from None

    def transcript(self) -> str:
        """What was said of late."""
        return "\n".join(line.decode(errors="replace") for line in self._heard)

    def _response(self) -> bytes | None:
        at = 0
        while True:
            end = self._buffer.find(b"\r\n", at)
            if end < 0:
                return None
            end += 2
            literal = _LITERAL.search(self._buffer[at:end])
            if literal is None:
                response, self._buffer = self._buffer[:end], self._buffer[end:]
                return response
            at = end + int(literal[1])
            if len(self._buffer) < at:
                return None

    def _take(self, response: bytes) -> None:
        head, _, rest = response.partition(b" ")
        if head == b"+":
            self.invited = True
        elif head == b"*":
            self._untagged(rest)
        elif head == self._tag:
            status, _, words = rest.rstrip(b"\r\n").partition(b" ")
            self._end(Done(status.decode(), *_code_of(words)))
        else:
            raise Broken(f"a tag that nobody sent: {head!r}")

    def _untagged(self, rest: bytes) -> None:
        first, _, more = rest.rstrip(b"\r\n").partition(b" ")
        if first.isdigit():
            word, _, items = more.partition(b" ")
            self._numbered(int(first), word.decode(), items)
            return
        match first:
            case b"BYE":
                self.closed = more.decode() or "BYE"
            case b"OK" | b"NO" | b"BAD":
                self._note(Done(first.decode(), *_code_of(more)))
            case b"VANISHED":
                earlier = more.startswith(b"(EARLIER) ")
                uids = numbers_of(more.removeprefix(b"(EARLIER) ").decode())
                (self._vanished_earlier if earlier else self._vanished)(uids)
            case b"FLAGS":
                self._announced |= {word.decode() for word in more.strip(b"()").split()}
            case b"SEARCH":
                words = more.decode().partition(" (MODSEQ ")
                self.found = [int(word) for word in words[0].replace("(MODSEQ", "").split()]
                self.found_modseq = int(words[2].rstrip(")") or 0)
                self._check_found()
            case b"ESEARCH":
                self._esearch(more.decode())
            case _:
                pass

    def _note(self, done: Done) -> None:
        match done.code:
            case "CLOSED" if self._entering is None:
                self.leave()
            case "COPYUID":
                self.copied = done.argument
            case "UIDVALIDITY":
                self._now.uidvalidity = int(done.argument)
            case "UIDNEXT":
                self._now.uidnext = int(done.argument)
            case "HIGHESTMODSEQ":
                self._now.modseq = int(done.argument)
            case _:
                pass

    def _esearch(self, text: str) -> None:
        if f'TAG "{self._tag.decode()}"' not in text:
            raise Broken("ESEARCH for another command")
        words = text.split(") ", 1)[1].split() if ") " in text else []
        self.found = numbers_of(words[words.index("ALL") + 1]) if "ALL" in words else []
        self.found_modseq = int(words[words.index("MODSEQ") + 1]) if "MODSEQ" in words else 0
        if ("UID" in words) == self._by_number:
            raise Broken("ESEARCH with numbers that were not asked for")
        self._check_found()

    def _check_found(self) -> None:
        if self._by_number and any(number > len(self.messages) for number in self.found):
            raise Broken("a number beyond EXISTS was found")
        if len(set(self.found)) != len(self.found):
            raise Broken("the same was found twice")

    def _numbered(self, number: int, word: str, items: bytes) -> None:
        match word:
            case "EXISTS":
                self._exists(number)
            case "EXPUNGE":
                self._expunge(number)
            case "RECENT":
                if number > (self._now.exists if self._entering is not None else len(self.messages)):
                    raise Broken("more RECENT than EXISTS")
            case "FETCH" | "UIDFETCH":
                self._fetch(number, _pairs(items), by_uid=word == "UIDFETCH")
            case _:
                raise Broken(f"an answer that nobody knows: {word}")

    def _exists(self, number: int) -> None:
        if self._entering is not None:
            self._now.exists = number
            return
        if number < len(self.messages):
            raise Broken(f"EXISTS shrinks from {len(self.messages)} to {number}")
        self.messages += [Message() for _ in range(number - len(self.messages))]

    def _may_remove(self) -> None:
        if self._by_number and self._done is None:
            raise Broken(f"messages go while {self._verb} uses numbers")
        if self._entering is not None or not self.mailbox:
            raise Broken("messages go while nothing is selected")

    def _expunge(self, number: int) -> None:
        self._may_remove()
        if self.speaks & {"QRESYNC", "UIDONLY"}:
            raise Broken("EXPUNGE, where VANISHED was agreed on")
        if not 1 <= number <= len(self.messages):
            raise Broken(f"EXPUNGE of {number} of {len(self.messages)}")
        self._went(number - 1)

    def _vanished(self, uids: Iterable[int]) -> None:
        self._may_remove()
        if not self.speaks & {"QRESYNC", "UIDONLY"}:
            raise Broken("VANISHED, which was not agreed on")
        for uid in uids:
            self._went(self._place(uid, "VANISHED"))

    def _vanished_earlier(self, uids: list[int]) -> None:
        if not self._asked_resync:
            raise Broken("VANISHED (EARLIER), for which nobody asked")
        if self._entering is not None:
            if self._entering:
                raise Broken("FETCH before VANISHED (EARLIER)")
            for uid in uids:
                self._now.vanished.add(uid)
        elif counted := set(uids) & {message.uid for message in self.messages}:
            raise Broken(f"VANISHED (EARLIER) of what is counted: {sorted(counted)}")
        self.vanished += uids

    def _place(self, uid: int, why: str) -> int:
        """Find a message by its UID, or where it must be among those whose UIDs are not known."""
        unknown = None
        for place, message in enumerate(self.messages):
            if message.uid == uid:
                return place
            if message.uid > uid and "UIDONLY" not in self.speaks:
                break
            if not message.uid:
                unknown = place if unknown is None else unknown
            elif "UIDONLY" not in self.speaks:
                unknown = None
        if unknown is None:
            raise Broken(f"{why} of UID {uid}, where there is none")
        return unknown

    def _place_of_new(self, uid: int) -> int:
        """Make the place for a UID of which is told for the first time, where there are no numbers."""
        unknown = next((place for place, one in enumerate(self.messages) if not one.uid), None)
        if unknown is None:
            raise Broken(f"UIDFETCH of UID {uid}, where all {len(self.messages)} are known")
        del self.messages[unknown]
        place = sum(0 < one.uid < uid for one in self.messages)
        self.messages.insert(place, Message())
        return place

    def _went(self, place: int) -> None:
        uid = self.messages.pop(place).uid
        if uid:
            self.memory.gone.add(uid)

    def _fetch(self, number: int, items: dict[str, Any], *, by_uid: bool) -> None:
        if by_uid != ("UIDONLY" in self.speaks):
            raise Broken("UIDFETCH and FETCH mixed up")
        asked = self._verb == "FETCH" and self._done is None
        if "FLAGS" in items and not asked:
            if "CONDSTORE" in self.speaks and "MODSEQ" not in items:
                raise Broken("flags without their modseq")
            if "QRESYNC" in self.speaks and not by_uid and "UID" not in items:
                raise Broken("flags without their UID")
        if self._entering is not None:
            self._entering.append((number, items))
            return
        if not self.mailbox:
            raise Broken("FETCH while nothing is selected")
        if by_uid:
            items["UID"] = number
            place = (
                self._place_of_new(number) if number not in self.uids() else self._place(number, "UIDFETCH")
            )
        elif not 1 <= number <= len(self.messages):
            raise Broken(f"FETCH of {number} of {len(self.messages)}")
        else:
            place = number - 1
        self._learn(place, items)
        if asked:
            self.fetched.setdefault(self.messages[place].uid or number, {}).update(items)

    def _learn(self, place: int, items: dict[str, Any]) -> None:
        message = self.messages[place]
        if (uid := items.get("UID")) is not None:
            self._check_uid(place, message, uid)
            message.uid = uid
        modseq = items.get("MODSEQ", message.modseq)
        if modseq < message.modseq:
            raise Broken(f"the modseq of {message} goes down to {modseq}")
        self.memory.highest = max(self.memory.highest, modseq)
        if (flags := items.get("FLAGS")) is not None:
            if unknown := flags - self._announced - _SYSTEM - {"\\Recent"}:
                raise Broken(f"keywords that nobody announced: {sorted(unknown)}")
            flags -= {"\\Recent"}
            storing = (
                self._verb == "STORE" and self._done is None
            )  # its own change, about which it wants no word
            if (
                message.flags not in {None, flags}
                and 0 < modseq == message.modseq
                and "MODSEQ" in items
                and not storing
            ):
                raise Broken(f"the flags of {message} are others, its modseq is not")
            message.flags = flags
        message.modseq = modseq

    def _check_uid(self, place: int, message: Message, uid: int) -> None:
        if message.uid not in {0, uid}:
            raise Broken(f"message {place + 1} had UID {message.uid} and has {uid}")
        before = max((one.uid for one in self.messages[:place]), default=0)
        after = next((one.uid for one in self.messages[place + 1 :] if one.uid), uid + 1)
        if not before < uid < after:
            raise Broken(f"UID {uid} between {before} and {after}")
        if uid in self.memory.gone:
            raise Broken(f"UID {uid} was gone and is there again")
        if uid < self._now.least and uid not in self.memory.known:
            raise Broken(f"UID {uid} is there, and was not before")

    # The end of a command

    def _end(self, done: Done) -> None:
        self._done = done
        if self._entering is not None:
            self._enter(done)
        elif done.ok and self._verb in {"CLOSE", "UNSELECT"}:
            self.leave()
        elif done.code == "HIGHESTMODSEQ":
            self._highest(int(done.argument))
        if self.messages and all(one.uid and one.flags is not None for one in self.messages):
            self.sure = self.messages[-1].uid
        if self.mailbox and not self._by_number:  # all is told that there was to be told
            self.memory.modseq = max(self.memory.modseq, self.memory.highest)

    def _highest(self, modseq: int) -> None:
        if modseq < self.memory.highest:
            raise Broken(f"HIGHESTMODSEQ {modseq} is lower than {self.memory.highest}, which was told")

    def _enter(self, done: Done) -> None:
        entering, self._entering = self._entering or [], None
        if not done.ok:
            self.mailbox, self.messages = "", []
            return
        now, memory = self._now, self.memories.setdefault(self.mailbox, Memory())
        if memory.uidvalidity != now.uidvalidity:
            memory = self.memories[self.mailbox] = Memory(now.uidvalidity)
        now.least = memory.last + 1
        if now.uidnext < memory.uidnext:
            raise Broken(f"UIDNEXT goes down from {memory.uidnext} to {now.uidnext}")
        memory.uidnext = now.uidnext
        self._highest(now.modseq)
        memory.modseq = memory.modseq if not self._asked_resync else now.modseq
        memory.highest = now.modseq
        self.messages, self.sure = [], 0
        if self._asked_resync:
            self.sure = memory.last
            memory.gone |= now.vanished
            self.messages = [one for uid, one in memory.known.items() if uid not in now.vanished]
        if len(self.messages) > now.exists:
            raise Broken(f"EXISTS {now.exists}, and {len(self.messages)} messages have not vanished")
        self.messages += [Message() for _ in range(now.exists - len(self.messages))]
        for number, items in entering:
            self._fetch(number, items, by_uid="UIDONLY" in self.speaks)


@dataclass(slots=True)
class _Entered:
    """What SELECT says."""

    exists: int = 0
    uidvalidity: int = 0
    uidnext: int = 0
    modseq: int = 0
    least: int = 0  # the lowest UID of messages that the client does not know from before
    vanished: set[int] = field(default_factory=set)


def _code_of(words: bytes) -> tuple[str, str, str]:
    if (found := _CODE.match(words)) is None:
        return "", "", words.decode(errors="replace")
    return found[1].decode(), (found[2] or b"").decode(), words[found.end() :].decode(errors="replace")


def _pairs(octets: bytes) -> dict[str, Any]:
    """Read what FETCH says: names and values."""
    (values,) = _values(octets)
    names = [name.decode().upper() for name in values[::2]]
    found: dict[str, Any] = dict(zip(names, values[1::2], strict=True))
    if "UID" in found:
        found["UID"] = int(found["UID"])
    if "MODSEQ" in found:
        found["MODSEQ"] = int(found["MODSEQ"][0])
    if "FLAGS" in found:
        found["FLAGS"] = frozenset(flag.decode() for flag in found["FLAGS"])
    return found


def _values(octets: bytes) -> list[Any]:
    stack: list[list[Any]] = [[]]
    at = 0
    while at < len(octets):
        if octets[at : at + 1] == b" ":
            at += 1
        elif literal := re.compile(rb"~?\{(\d+)\}\r\n").match(octets, at):
            at = literal.end() + int(literal[1])
            stack[-1].append(octets[literal.end() : at])
        else:
            token = _TOKEN.match(octets, at)
            if token is None:
                raise Broken(f"unreadable: {octets[at : at + 40]!r}")
            at = token.end()
            match token[1]:
                case b"(":
                    stack.append([])
                case b")":
                    inner = stack.pop()
                    stack[-1].append(inner)
                case _:
                    stack[-1].append(token[2] if token[2] is not None else token[3])
    return stack[0]
