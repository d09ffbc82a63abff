"""What requests bring, in general: a member that is not known is a mistake, and lists have an end."""

from typing import Annotated

import msgspec
from msgspec import Meta

Addresses = Annotated[tuple[str, ...], Meta(max_length=1000)]
Text = Annotated[str, Meta(max_length=100_000)]
Password = Annotated[str, Meta(max_length=2000)]


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a request brings."""
