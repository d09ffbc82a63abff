"""Reports in a letter: found among its parts, unpacked within limits, read. RFC 9990 §3.5, RFC 8460 §3.

Anybody can send letters to the address for reports. What a part holds is told by its first octets, for half of the senders name it
wrongly; and a packed one is unpacked only as far as a report could go: a few octets may be the seed of gigabytes.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hawknest.mail.decode import decoded
from hawknest.mail.mime import Part, scan
from hawknest.trust import dmarc_report, tls_report

LETTER: Final = 20 << 20  # octets of a letter that is looked at
PACKED: Final = 8 << 20  # octets of a part
PLAIN: Final = 40 << 20  # octets of a report
RATIO: Final = 300  # times that a report of more than a few octets may be larger than it was packed
SMALL: Final = 1 << 20  # octets below which nobody cares about the ratio
PARTS: Final = 20  # parts that are looked at
REPORTS: Final = 10  # in one letter

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_ENDINGS: Final = (".xml", ".gz", ".zip", ".json")
_KINDS: Final = frozenset(
    {
        "application/gzip",
        "application/json",
        "application/tlsrpt+gzip",
        "application/tlsrpt+json",
        "application/x-gzip",
        "application/x-zip-compressed",
        "application/xml",
        "application/zip",
        "text/xml",
    }
)

Report = dmarc_report.Report | tls_report.Report


class NotUnpacked(ValueError):
    """It cannot be a report; the message says why."""


@dataclass(slots=True)
class Unpacked:
    """What a letter held."""

    reports: list[Report] = field(default_factory=list[Report])
    refused: list[str] = field(default_factory=list[str])  # why something that could have been one is none


def unpack(letter: bytes) -> Unpacked:
    """Read the reports in a letter. Never raises."""
    found = Unpacked()
    if len(letter) > LETTER:
        found.refused.append(f"the letter is larger than {LETTER >> 20} MB")
        return found
    for part in _candidates(scan(letter)):
        octets = decoded(part, letter, 2 * PACKED) or b""
        try:
            found.reports.append(read(octets))
        except (NotUnpacked, dmarc_report.BadReport, tls_report.BadReport) as error:
            found.refused.append(str(error))
        if len(found.reports) == REPORTS:
            break
    return found


def read(octets: bytes) -> Report:
    """Read a report, packed or not. Raises NotUnpacked, dmarc_report.BadReport, tls_report.BadReport."""
    plain = _plain(octets)
    start = plain.removeprefix(b"\xef\xbb\xbf")[:200].lstrip()
    if start.startswith(b"{"):
        return tls_report.read(plain.removeprefix(b"\xef\xbb\xbf"))
    if start.startswith(b"<") or plain[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return dmarc_report.read(plain)
    raise NotUnpacked("it is neither XML nor JSON" if plain.strip() else "it is empty")


def _candidates(root: Part) -> Iterator[Part]:
    """The parts of a letter that may be reports."""
    waiting, seen = [root], 0
    while waiting and seen < PARTS:
        part = waiting.pop(0)
        if part.is_multipart:
            waiting += part.parts[:PARTS]
        elif not part.is_letter:
            seen += 1
            if f"{part.type}/{part.subtype}" in _KINDS or _named(part):
                yield part


def _named(part: Part) -> bool:
    params = (*part.params, *(part.disposition[1] if part.disposition else ()))
    return any(
        value.decode("latin-1").lower().strip().endswith(_ENDINGS)
        for name, value in params
        if name.startswith(("name", "filename"))
    )


def _plain(octets: bytes, *, again: bool = True) -> bytes:
    """Unpack what is packed; some pack twice. Raises NotUnpacked."""
    if len(octets) > PLAIN:
        raise NotUnpacked(f"it is larger than {PLAIN >> 20} MB")
    if octets.startswith(_GZIP):
        plain = _gunzipped(octets)
    elif octets.startswith(_ZIP):
        plain = _unzipped(octets)
    else:
        return octets
    if plain.startswith((_GZIP, _ZIP)):
        if not again:
            raise NotUnpacked("it is packed more than twice")
        return _plain(plain, again=False)
    return plain


def _limit(packed: int) -> int:
    return min(PLAIN, max(SMALL, packed * RATIO))


def _gunzipped(octets: bytes) -> bytes:
    """Unpack gzip, of several members too. Raises NotUnpacked."""
    if len(octets) > PACKED:
        raise NotUnpacked(f"it is packed and still larger than {PACKED >> 20} MB")
    limit, found, rest = _limit(len(octets)), b"", octets
    while rest.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            found += unpacker.decompress(rest, limit + 1 - len(found))
        except zlib.error:
            raise NotUnpacked("it is no gzip, or broken") from None
        if len(found) > limit:
            raise NotUnpacked("it grows too large when it is unpacked")
        if not unpacker.eof:
            raise NotUnpacked("its end is missing")
        rest = unpacker.unused_data
    return found


def _unzipped(octets: bytes) -> bytes:
    """Unpack the first file of a ZIP that may be a report. Raises NotUnpacked."""
    if len(octets) > PACKED:
        raise NotUnpacked(f"it is packed and still larger than {PACKED >> 20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            entries = [one for one in archive.infolist()[:PARTS] if one.filename.lower().endswith(_ENDINGS)]
            if not entries:
                raise NotUnpacked("there is no report in the ZIP file")
            limit = _limit(len(octets))
            with archive.open(entries[0]) as file:
                found = file.read(limit + 1)
    except NotUnpacked:
        raise
    except Exception:  # noqa: BLE001 (the library raises whatever octets that are no ZIP lead it to)
        raise NotUnpacked("it is no ZIP file, or broken, or one with a password") from None
    if len(found) > limit:
        raise NotUnpacked("it grows too large when it is unpacked")
    return found
