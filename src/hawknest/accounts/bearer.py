"""Tokens of a login service: what is asked of whoever can tell whose one is. RFC 7628, RFC 6750.

Hawknest gives out no tokens itself, so nobody is asked unless a `TokenVerifier` is set, and without one no door offers
OAUTHBEARER or XOAUTH2. A verifier asks the login service, or checks a signature; it bounds its own time.
"""

from typing import Protocol

from hawknest.wire.sasl import TokenFault


class TokenVerifier(Protocol):
    """Whoever can tell whose a token is."""

    async def __call__(self, token: str, service: str) -> str | TokenFault | None:
        """Tell whose a token is.

        `service` is what it shall open: smtp, pop3 or imap. Returns a login name, as it is typed for a password; what is
        wrong with the token; or None where that cannot be told now.
        """
        ...
