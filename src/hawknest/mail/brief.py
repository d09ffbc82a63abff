"""A letter's header without what is long and what nearly nobody asks for: traces, signatures, verdicts of other servers.

Lists of letters are shown from a dozen fields, and each client has its own dozen; this is what they choose from.
"""

from typing import Final

from hawknest.mail import section

LIMIT: Final = 16 * 1024  # octets that are kept

_OUT: Final = frozenset(
    name.encode().upper()
    for name in (
        *(
            "Received",
            "X-Received",
            "Received-SPF",
            "Authentication-Results",
            "X-Original-Authentication-Results",
        ),
        *("DKIM-Signature", "DomainKey-Signature", "X-Google-DKIM-Signature"),
        *("ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results"),
        *(
            "X-Gm-Message-State",
            "X-Google-Smtp-Source",
            "X-Forefront-Antispam-Report",
            "X-Microsoft-Antispam",
        ),
        *("X-Microsoft-Antispam-Message-Info", "X-MS-Exchange-AntiSpam-MessageData-0", "X-Spam-Report"),
        *("Autocrypt", "OpenPGP", "Face", "X-Face"),
    )
)


def leaves_out(name: bytes) -> bool:
    """Whether a field of this name is left out."""
    return name.upper() in _OUT


def fields(header: bytes) -> bytes | None:
    """Take the fields of a header that are kept, with its blank line; None: they are too long."""
    kept = section.fields(header, _OUT, exclude=True)
    return kept if len(kept) <= LIMIT else None
