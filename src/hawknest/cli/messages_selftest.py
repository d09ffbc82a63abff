"""What the self-test says: each step, and with `-do` what helps where it fails; English and Japanese as in `messages`."""

from typing import Final

SELFTEST: Final[dict[str, tuple[str, str]]] = {}
