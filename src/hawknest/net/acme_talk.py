"""The conversation with an authority that gives certificates by itself. RFC 8555, RFC 9773.

The library under it speaks HTTP without our loop: whatever is called here blocks, and belongs in a thread. Its values are made of
fields that no type checker can see through; what leaves this file is of our own types.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportGeneralTypeIssues=false, reportPrivateImportUsage=false, reportUnnecessaryIsInstance=false

import contextlib
import datetime as dt
from collections.abc import Generator, Iterator
from typing import Any, Final, cast

import josepy
import requests
from acme import challenges, client, errors, messages
from cryptography import x509
from josepy.errors import Error as JoseError

from hawknest import __version__
from hawknest.net.acme import (
    TLS,
    AcmeError,
    Authority,
    Proof,
    Window,
    certificate_id,
    new_key,
    read_key,
)

PATIENCE: Final = 30  # seconds for one answer
DEADLINE: Final = dt.timedelta(seconds=120)  # for the authority to look, and to sign
NONCES: Final = 6  # tries of a request whose nonce the authority does not know any more
ASK_AGAIN: Final = 6 * 3600.0  # seconds until renewal is asked about again, where nothing else is said
LONGEST: Final = 86400.0  # seconds for which an authority may want to be left alone
#: What the library raises, some of it where an authority speaks no ACME.
_MISTAKES: Final = (
    errors.Error,
    requests.RequestException,
    JoseError,
    ValueError,
    KeyError,
    AttributeError,
    TypeError,
)


@challenges.ChallengeResponse.register
class _TlsAlpnResponse(challenges.KeyAuthorizationChallengeResponse):
    typ = TLS


@challenges.Challenge.register
class _TlsAlpn(challenges.KeyAuthorizationChallenge):
    """The library has given this one up; what is shown to the authority is `net.acme.proof_certificate`."""

    response_cls = _TlsAlpnResponse
    typ = TLS

    def validation(self, account_key: josepy.JWK, **_: Any) -> str:
        return self.key_authorization(account_key)


class _Renewing(messages.NewOrder):
    """An order that says which certificate it follows (RFC 9773 §5)."""

    replaces: str | None = josepy.field("replaces", omitempty=True)


class _Network(client.ClientNetwork):
    """Remembers for how long an authority wants to be left alone (RFC 8555 §6.6), and is patient with lost nonces (§6.5)."""

    wait: float = 0.0

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        for _ in range(NONCES - 1):
            try:
                return self._post_once(*args, **kwargs)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return self._post_once(*args, **kwargs)

    def _send_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super()._send_request(method, url, *args, **kwargs)
        self.wait = _seconds(answer) if answer.status_code in {429, 503} else 0.0
        return answer


class _Client(client.ClientV2):
    """Orders with a word about what they replace."""

    def order(self, names: tuple[str, ...], csr: bytes, replaces: str) -> messages.OrderResource:
        wanted = [messages.Identifier(typ=messages.IDENTIFIER_FQDN, value=name) for name in names]
        answer = self._post(
            self.directory["newOrder"], _Renewing(identifiers=wanted, replaces=replaces or None)
        )
        body = messages.Order.from_json(answer.json())
        authorizations = [
            self._authzr_from_response(self._post_as_get(url), uri=url) for url in body.authorizations
        ]
        return messages.OrderResource(
            body=body, uri=answer.headers["Location"], authorizations=authorizations, csr_pem=csr
        )


class Talk:
    """A conversation, by an account's key; `account` is the account's address, '' while there is none.

    All that is called raises AcmeError.
    """

    def __init__(self, authority: Authority, key: bytes, account: str = "") -> None:
        self._authority = authority
        self._key = josepy.JWKEC(key=read_key(key))
        self._network = _Network(
            self._key,
            alg=josepy.ES256,
            verify_ssl=cast("bool", str(authority.root) if authority.root else True),
            user_agent=f"Hawknest/{__version__}",
            timeout=PATIENCE,
        )
        if account:
            self._network.account = messages.RegistrationResource(body=messages.Registration(), uri=account)
        with self._plainly():
            self._client = _Client(client.ClientV2.get_directory(authority.url, self._network), self._network)

    def close(self) -> None:
        """Let the connection go."""
        self._network.session.close()

    def terms(self) -> str:
        """Tell where the terms are that the authority wants agreed to; '' where it has none."""
        meta = self._meta()
        found = str(getattr(meta, "terms_of_service", None) or "")
        return found if found.isprintable() and len(found) <= 500 else ""

    def register(self, contact: str) -> str:
        """Make an account, for which the owner has agreed to the terms. Returns its address."""
        binding = self._authority.binding
        if binding is None and getattr(self._meta(), "external_account_required", False):
            raise AcmeError("externalAccountRequired")
        with self._plainly():
            bound = binding and messages.ExternalAccountBinding.from_data(
                self._key.public_key(), binding.kid, binding.key, self._client.directory
            )
            wanted = messages.NewRegistration.from_data(
                email=contact or None, external_account_binding=bound, terms_of_service_agreed=True
            )
            try:
                return str(self._client.new_account(wanted).uri)
            except errors.ConflictError as known:
                return str(known.location)

    def order(self, names: tuple[str, ...], request: bytes, replaces: bytes = b"") -> "Order":
        """Order a certificate; `request` is the one for it, `replaces` the chain that it follows, in PEM."""
        follows = ""
        if replaces and self._renewal_url():
            follows = certificate_id(x509.load_pem_x509_certificates(replaces)[0])
        with self._plainly(names):
            return Order(self._client.order(names, request, follows), self._key)

    def look(self, order: "Order", proof: Proof) -> None:
        """Have the authority look at a proof, which is to be seen by now."""
        body = order.bodies[proof.name, proof.kind]
        with self._plainly((proof.name,)):
            self._client.answer_challenge(body, body.chall.response(self._key))

    def collect(self, order: "Order") -> bytes:
        """Wait until the authority has looked and signed. Returns the chain, in PEM."""
        deadline = dt.datetime.now() + DEADLINE  # noqa: DTZ005 (as the library wants it)
        with self._plainly(order.names):
            proved = self._client.poll_authorizations(order.resource, deadline)
            return self._client.finalize_order(proved, deadline).fullchain_pem.encode("ascii")

    def window(self, chain: bytes, now: float) -> Window | None:
        """Ask when a certificate should be renewed; None: the authority does not say (RFC 9773 §4.2)."""
        base, name = self._renewal_url(), certificate_id(x509.load_pem_x509_certificates(chain)[0])
        if not base or not name:
            return None
        with self._plainly():
            answer = self._network.get(f"{base}/{name}")
            told = messages.RenewalInfo.from_json(answer.json()).suggested_window
            opens, closes = told.start.timestamp(), told.end.timestamp()
        if closes < opens:
            raise AcmeError("malformed", "the time for renewal ends before it begins")
        return Window(opens, closes, now + (_seconds(answer) or ASK_AGAIN))

    def _renewal_url(self) -> str:
        with contextlib.suppress(KeyError):
            return str(self._client.directory["renewalInfo"])
        return ""

    def _meta(self) -> object:
        return getattr(self._client.directory, "meta", None)

    @contextlib.contextmanager
    def _plainly(self, names: tuple[str, ...] = ()) -> Generator[None]:
        """Make one kind of error of all that can go wrong in between."""
        try:
            yield
        except _MISTAKES as error:
            raise _plain(error, names, self._network.wait) from error


class Order:
    """A certificate that is ordered, and what the authority wants to see before it gives it."""

    def __init__(self, resource: messages.OrderResource, key: josepy.JWK) -> None:
        self.resource = resource
        self.bodies: dict[tuple[str, str], messages.ChallengeBody] = {}
        self._key = key
        for one in resource.authorizations:
            if one.body.status != messages.STATUS_VALID:
                for body in one.body.challenges:
                    self.bodies[str(one.body.identifier.value), str(body.chall.typ)] = body

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are still to be proved."""
        return tuple(dict.fromkeys(name for name, _ in self.bodies))

    def proof(self, name: str, kind: str) -> Proof | None:
        """What proves a name in one way; None: the authority does not take that way for it."""
        body = self.bodies.get((name, kind))
        if body is None or not isinstance(body.chall, challenges.KeyAuthorizationChallenge):
            return None
        return Proof(kind, name, body.chall.encode("token"), body.chall.key_authorization(self._key))


def _plain(error: Exception, names: tuple[str, ...], wait: float) -> AcmeError:
    """Say in one word what went wrong."""
    match error:
        case messages.Error():
            return _said(error, names, wait)
        case errors.ValidationError():
            found = list(_failed(error))
            failed = tuple(dict.fromkeys(name for name, _ in found))
            first = next((said for _, said in found), None)
            return _said(first, failed, wait) if first is not None else AcmeError("unauthorized", "", failed)
        case errors.IssuanceError():
            return _said(error.error, names, wait)
        case errors.TimeoutError():
            return AcmeError("timeout", "", names)
        case errors.NonceError():
            return AcmeError("badNonce", "", names)
        case requests.exceptions.JSONDecodeError():
            return AcmeError("not-acme", str(error), names, wait)
        case requests.exceptions.SSLError():
            return AcmeError("authority-tls", str(error), names)
        case requests.RequestException():
            return AcmeError("authority-gone", str(error), names)
        case errors.ClientError():
            return AcmeError("serverInternal", str(error), names, wait)
        case _:
            return AcmeError("not-acme", f"{type(error).__name__}: {error}", names, wait)


def _failed(error: errors.ValidationError) -> Iterator[tuple[str, messages.Error]]:
    """The names that could not be proved, and what the authority says of each."""
    for one in error.failed_authzrs:
        for body in one.body.challenges:
            if body.error is not None:
                yield str(one.body.identifier.value), body.error


def _said(error: messages.Error, names: tuple[str, ...], wait: float) -> AcmeError:
    """What the authority says; where it says it of several names one by one, these are the names (RFC 8555 §6.7.1)."""
    inner = [one for one in error.subproblems or () if one.identifier is not None]
    named = tuple(dict.fromkeys(str(one.identifier.value) for one in inner if one.identifier is not None))
    if error.identifier is not None:
        named = (str(error.identifier.value),)
    chosen = inner[0] if inner else error
    detail = chosen.detail or chosen.title or error.detail or ""
    kind = chosen.code or str(chosen.typ).rpartition(":acme:error:")[2]
    return AcmeError("serverInternal" if kind == "about:blank" else kind, detail, named or names, wait)


def _seconds(answer: requests.Response) -> float:
    """Read Retry-After; 0 where it says nothing (RFC 9110 §10.2.3)."""
    if not answer.headers.get("Retry-After"):
        return 0.0
    until = client.ClientV2.retry_after(answer, 0)
    return min(max((until - dt.datetime.now()).total_seconds(), 0.0), LONGEST)  # noqa: DTZ005


def terms(authority: Authority) -> str:
    """Ask an authority where its terms are. Raises AcmeError."""
    talk = Talk(authority, new_key())
    try:
        return talk.terms()
    finally:
        talk.close()
