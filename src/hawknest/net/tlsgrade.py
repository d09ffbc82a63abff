"""How strong our TLS is, the same on every listener, and towards other servers. RFC 8996, RFC 9325 §4.

Groups for key exchange are left to OpenSSL, whose own choice is good (X25519 and P-256 first, hybrid ones where it knows them), while Python
can name but a single one. Sessions of TLS 1.2 are not renegotiated, and nothing is compressed.
"""

import ssl
from typing import Final

#: Ephemeral keys and authenticated encryption alone (RFC 9325 §4.2). Programs that know no such cipher of TLS 1.2 are older than ten years.
MODERN: Final = "@SECLEVEL=2:ECDHE+AESGCM:ECDHE+CHACHA20"
#: Where nothing is demanded, the other server is met as far as it can come: a weaker cipher of TLS 1.2 is better than the clear (RFC 7435).
WIDE: Final = f"{MODERN}:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AESGCM:!aNULL:!eNULL:!MD5:!PSK:!SRP:!DSS:!AESCCM"


def of_a_server(context: ssl.SSLContext) -> None:
    """Make the context of a listener strong."""
    _strong(context, MODERN)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE


def of_a_client(context: ssl.SSLContext, *, demanded: bool) -> None:
    """Make the context of an outgoing connection strong; `demanded`: without TLS there is none."""
    _strong(context, MODERN if demanded else WIDE)


def _strong(context: ssl.SSLContext, ciphers: str) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_ciphers(ciphers)
