"""MTA-STS policies: the record that says there is one, its text, the hosts it allows, and the policy of a domain of ours. RFC 8461.

A record or policy that is not exactly as the grammar has it is none: a domain that is misread as having promised something
would get no letters, and what cannot be read proves nothing.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LIMIT: Final = 64 * 1024  # octets of a policy, RFC 8461 §3.3
AGE_LIMIT: Final = 31_557_600  # seconds that a policy may hold, RFC 8461 §3.2
HOSTS: Final = 100  # patterns of a policy; one with more has lost its way

# sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]     ; RFC 8461 §3.1
# sts-field       = sts-id / sts-extension
# sts-field-delim = *WSP ";" *WSP
_DELIMITER: Final = re.compile(r"[ \t]*;[ \t]*")
# sts-id = %s"id=" 1*32(ALPHA / DIGIT)
_ID: Final = re.compile(r"id=([A-Za-z0-9]{1,32})")
# sts-extension = sts-ext-name "=" sts-ext-value
_EXTENSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[!-:<>-~]+")
# sts-policy-field-delim = ":" *WSP                                                 ; RFC 8461 §3.2
# sts-policy-ext-name    = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
_FIELD: Final = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*([!-~\x80-\U0010ffff](?:[ -~\x80-\U0010ffff]*[!-~\x80-\U0010ffff])?)[ \t]*"
)
# sts-policy-max-age-value = 1*10(DIGIT)
_AGE: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
# sts-policy-mx-value = ["*."] Domain                                               ; Domain as RFC 5321 §4.1.2 has it
_HOST: Final = re.compile(
    r"(?:\*\.)?(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    re.ASCII,
)


class Mode(StrEnum):
    """What a domain asks of those who send to it. RFC 8461 §5."""

    ENFORCE = "enforce"  # no letter to a host that is not proven
    TESTING = "testing"  # the letter goes, and failures are reported
    NONE = "none"  # nothing is promised, any more


class PolicyError(Exception):
    """A text that is no policy; it says why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain promises about the hosts that take its letters.

    `hosts` are patterns in lower case, `max_age` the seconds for which the policy may be kept, `text` the policy as it came.
    """

    mode: Mode
    hosts: tuple[str, ...]
    max_age: int
    text: str = ""

    def allows(self, host: str) -> bool:
        """Whether the policy names a host; `*.example.org` stands for one label before it alone. RFC 8461 §4.1."""
        name = host.lower().removesuffix(".")
        rest = name.partition(".")[2]
        return any(
            (pattern[2:] == rest and 0 < len(rest) < len(name) - 1)
            if pattern.startswith("*.")
            else pattern == name
            for pattern in self.hosts
        )


def mark(records: Sequence[bytes]) -> str | None:
    """Read the TXT records of `_mta-sts.DOMAIN`: the id of the policy, or None where there is none. RFC 8461 §3.1.

    Records of something else are passed over; of several that are ours none holds.
    """
    ours = [
        record for record in records if record.startswith(b"v=STSv1") and _DELIMITER.match(_text(record), 7)
    ]
    if len(ours) != 1:
        return None
    fields = _DELIMITER.split(_text(ours[0]))
    if fields[-1] == "":
        del fields[-1]
    found = [id_[1] for field in fields[1:] if (id_ := _ID.fullmatch(field))]
    well_formed = all(_EXTENSION.fullmatch(field) for field in fields[1:])
    return found[0] if found and well_formed else None


def _text(record: bytes) -> str:
    return record.decode("ascii", "replace")


def parse(octets: bytes) -> Policy:
    """Read the text of a policy. RFC 8461 §3.2. Raises PolicyError."""
    if len(octets) > LIMIT:
        raise PolicyError(f"it is longer than {LIMIT} octets")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise PolicyError("it is not UTF-8") from None
    fields, hosts = _fields(text)
    if fields.get("version") != "STSv1":
        raise PolicyError("it does not say version: STSv1")
    try:
        mode = Mode(fields.get("mode", ""))
    except ValueError:
        raise PolicyError("its mode is none of enforce, testing and none") from None
    if not _AGE.fullmatch(fields.get("max_age", "")):
        raise PolicyError("its max_age is not a number of seconds")
    if mode is not Mode.NONE and not hosts:
        raise PolicyError("it names no host (mx)")
    return Policy(mode, hosts, min(int(fields["max_age"]), AGE_LIMIT), text)


def _fields(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Divide a policy into its fields, the first of each name, and its hosts. Raises PolicyError."""
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        del lines[-1]
    fields: dict[str, str] = {}
    hosts: dict[str, None] = {}
    for line in lines:
        found = _FIELD.fullmatch(line)
        if found is None:
            raise PolicyError(f"it has a line that is no field: {line[:80]!r}")
        name, value = found[1], found[2]
        if name != "mx":
            fields.setdefault(name, value)
        elif not _HOST.fullmatch(value):
            raise PolicyError(f"it names a host that can be none: {value[:80]!r}")
        else:
            hosts[value.lower()] = None
    if len(hosts) > HOSTS:
        raise PolicyError(f"it names more than {HOSTS} hosts")
    return fields, tuple(hosts)


def own(hosts: Iterable[str], mode: Mode, max_age: int) -> tuple[str, str]:
    """Write the policy of a domain of ours. Returns its id and its text.

    The id is a hash of the text, so it is another one exactly when the policy is (RFC 8461 §3.1).
    """
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {host}" for host in hosts), f"max_age: {max_age}"]
    text = "".join(f"{line}\r\n" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()[:32], text
