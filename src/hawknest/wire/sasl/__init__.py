"""SASL: how a peer says who it is. RFC 4422.

A mechanism is a generator. It yields what it needs from outside and is sent the answer, so that it reads top to bottom and
knows neither socket nor database:

    Challenge(data)          to be sent to the peer; the answer is the peer's octets
    Verify(…)                is this the password? the answer is whether it is
    ScramLookup(…)           the derived keys of a user; the answer is a ScramUser, even where there is no such user
    CramLookup(…)            the secret of a user; the answer is bytes or None
    TokenLookup(…)           whose token is this; the answer is a TokenUser or a TokenFault

It returns a `Success`, or raises `Refused`. `MECHANISMS` is the table of what there is and what each needs. The other side,
for servers that we log in to, is in `client`.
"""

from hawknest.wire.sasl.mechanism import (
    MECHANISMS,
    Challenge,
    CramLookup,
    Exchange,
    Refused,
    Request,
    Row,
    ScramLookup,
    Success,
    Verify,
    offered,
)
from hawknest.wire.sasl.scram import derive
from hawknest.wire.sasl.values import Salt, ScramKeys, ScramUser, TokenFault, TokenLookup, TokenUser

__all__ = [
    "MECHANISMS",
    "Challenge",
    "CramLookup",
    "Exchange",
    "Refused",
    "Request",
    "Row",
    "Salt",
    "ScramKeys",
    "ScramLookup",
    "ScramUser",
    "Success",
    "TokenFault",
    "TokenLookup",
    "TokenUser",
    "Verify",
    "derive",
    "offered",
]
