"""The header field by which a sender wants a letter delivered rather than protected. RFC 8689 §3."""

from hawknest.mail.header import Header

FIELD = "TLS-Required"


def waives(header: Header) -> bool:
    """Whether a letter says `TLS-Required: No`; one that says it twice, or anything else, says nothing."""
    fields = header.every(FIELD)
    return len(fields) == 1 and fields[0].value.lower() == b"no"
