"""DKIM beside dkimpy, OpenDKIM and mailauth: what one signs the others find whole, and what was changed on the way all find changed."""

import asyncio
import os
import re
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import need
from signatures import ED, RSA, ZONE, Dkimpy, Mailauth, Opendkim, mailauth, pem

from hawknest.dns import TXT, Answer, NoSuchName
from hawknest.mail import authres
from hawknest.trust import arc, dkim
from hawknest.trust.arc_seal import Sealing
from hawknest.trust.dkim_sign import Signing
from mail_corpora import letters

pytestmark = pytest.mark.peer

NOW: Final = 1_800_000_000.0
FORMS: Final = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]


class Keys:
    """A resolver that knows the keys."""

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        if kind is not TXT or name not in ZONE:
            raise NoSuchName(name, str(kind))
        return Answer((ZONE[name].encode(),), name, 60)


def verdicts(letter: bytes) -> list[dkim.Verdict]:
    """What we find of each signature."""
    header, _, body = letter.partition(b"\r\n\r\n")
    check = dkim.Check(header + b"\r\n", NOW)
    check.update(body)
    return asyncio.run(check.verdicts(Keys()))


def ours(letter: bytes) -> list[bool]:
    """Whether each signature holds."""
    return [one.result is dkim.Result.PASS for one in verdicts(letter)]


def signed(letter: bytes) -> bytes:
    """A letter with both of our signatures."""
    header, _, body = letter.partition(b"\r\n\r\n")
    signing = Signing(header + b"\r\n")
    signing.update(body)
    return signing.signed([RSA, ED], 1_700_000_000) + letter


@pytest.fixture(scope="module")
def node() -> Generator[Mailauth]:
    with mailauth() as found:
        yield found


@pytest.fixture(scope="module")
def opendkim(tmp_path_factory: pytest.TempPathFactory) -> Opendkim:
    return Opendkim(tmp_path_factory.mktemp("opendkim"))


# Letters that nobody writes by hand

VALUES: Final = st.lists(
    st.sampled_from(
        [b"x", b"word", b" ", b"  ", b"\t", b"\r\n ", b"\r\n\t", b" \r\n  ", b":", b";", b"=", b"\xc3\xa9", b"\xff", b"(c)", b"x" * 90]
    ),
    max_size=8,
).map(lambda pieces: b"".join([*pieces, b"x"]))  # fmt: skip
NAMES: Final = st.sampled_from(
    [
        b"To",
        b"Cc",
        b"Subject",
        b"Received",
        b"X-Odd",
        b"List-Id",
        b"SUBJECT",
        b"Reply-To",
        b"References",
        b"Comments",
    ]
)
BODIES: Final = st.lists(
    st.sampled_from([b"\r\n", b"\r\n\r\n", b" ", b"\t", b" \r\n", b"word", b"two  words", b"\xe3\x81\x82", b"\xff", b".", b"y" * 1200]),
    max_size=12,
).map(b"".join)  # fmt: skip
DATE: Final = b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
LETTERS: Final = st.builds(
    lambda fields, body: (
        b"From: mia@example.org\r\n"
        + DATE
        + b"".join(b"%b: %b\r\n" % one for one in fields)
        + b"\r\n"
        + body
        + b"\r\n"
    ),
    st.lists(st.tuples(NAMES, VALUES), max_size=6),
    BODIES,
)

CHANGES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "nothing": lambda letter: letter,
    "a trace": lambda letter: b"Received: by somebody\r\n" + letter,
    "blank lines at the end": lambda letter: letter + b"\r\n\r\n",
    "more text": lambda letter: letter + b"more\r\n",
    "a space at the end": lambda letter: letter.removesuffix(b"\r\n") + b" \r\n",
    "two spaces for one": lambda letter: letter.replace(b"two  words", b"two words"),
    "a field's name in capitals": lambda letter: letter.replace(b"\r\nTo:", b"\r\nTO:"),
    "a space before a colon": lambda letter: letter.replace(b"\r\nTo:", b"\r\nTo :"),
    "another line break": lambda letter: letter.replace(b"\r\n\t", b"\r\n "),
    "another subject": lambda letter: letter.replace(b"\r\nSubject:", b"\r\nSubject: y"),
    "another author": lambda letter: letter.replace(b"\r\nFrom: mia@", b"\r\nFrom: ceo@"),
    "another date": lambda letter: letter.replace(b"Date: Tue", b"Date: Wed"),
    "a second subject": lambda letter: letter.replace(DATE, DATE + b"Subject: z\r\n"),
    "fields in another order": lambda letter: letter.replace(DATE, b"").replace(b"\r\n\r\n", b"\r\n" + DATE + b"\r\n", 1),
    "a letter of the body": lambda letter: letter.replace(b"word", b"ward"),
    "another selector": lambda letter: letter.replace(b"s=r1", b"s=e1"),
    "another key": lambda letter: letter.replace(b"s=r1", b"s=r2"),
}  # fmt: skip
MANY: Final = settings(max_examples=int(os.environ.get("HAWKNEST_ROUNDS", "30")), deadline=None)

#: Where one says otherwise than we do, and why.
EXPLAINED: Final = {
    ("dkimpy", "beyond"): "believes a signature of the beginning of the body (l=) where the body goes on; we do not, nor does mailauth when told so",
    ("opendkim", "beyond"): "likewise",
    ("opendkim", "spaces"): "its test mode takes away what stands between a colon and the value, which the simple form keeps",
    ("opendkim", "null"): "its test mode ends a line at a null byte, which no letter may have (RFC 5322 §4)",
    ("opendkim", "author"): "does not look at letters whose author has no address, or several, or is not there at all",
    ("dkimpy", "unreadable"): "does not read a letter that has a space before a colon, which RFC 5322 §4.5 lets it have",
}  # fmt: skip
_SPACES: Final = re.compile(rb"^[\w-]+:(?! ?[^ \t\r\n])", re.MULTILINE)


def explained(who: str, letter: bytes, verdict: dkim.Verdict) -> bool:
    """Tell whether the table says why somebody finds otherwise."""
    if verdict.why.startswith("only the beginning"):
        return (who, "beyond") in EXPLAINED
    if who == "opendkim" and b"c=simple" in letter.replace(b" ", b"") and _SPACES.search(letter):
        return (who, "spaces") in EXPLAINED
    return (who, "unreadable") in EXPLAINED and b"\r\nTo :" in letter


@MANY
@given(letter=LETTERS)
def test_what_we_sign(letter: bytes, node: Mailauth, opendkim: Opendkim) -> None:
    whole = signed(letter)
    assert ours(whole) == [True, True]
    assert Dkimpy().judge(whole) == [True, True]
    assert node.judge(whole) == [True, True]
    first, second = whole.split(b"DKIM-Signature:")[1:]
    alone = [b"DKIM-Signature:" + one for one in (first + letter, second)]
    assert opendkim.judge(alone) == [True, True]


@MANY
@given(
    letter=LETTERS,
    forms=st.sampled_from(FORMS),
    algorithm=st.sampled_from(["rsa-sha256", "ed25519-sha256"]),
    length=st.booleans(),
    signer=st.sampled_from(["dkimpy", "mailauth", "opendkim"]),
    change=st.sampled_from(sorted(CHANGES)),
)
def test_what_others_sign(  # noqa: PLR0917 (drawn, and given)
    letter: bytes,
    forms: str,
    algorithm: str,
    length: bool,
    signer: str,
    change: str,
    node: Mailauth,
    opendkim: Opendkim,
) -> None:
    assume(signer != "opendkim" or forms.startswith("relaxed") or not _SPACES.search(letter))
    match signer:
        case "dkimpy":
            field = Dkimpy().sign(letter, algorithm, forms, length=length)
        case "mailauth":
            field = node.sign(letter, algorithm, forms, length=length)
        case _:
            field = opendkim.sign(letter, forms)
    whole = CHANGES[change](field + letter)
    (verdict,) = verdicts(whole)
    holds = verdict.result is dkim.Result.PASS
    if change == "nothing" and not length:
        assert holds, (forms, signer, verdict.why, whole)
    found = {
        "dkimpy": Dkimpy().judge(whole),
        "mailauth": node.judge(whole),
        "opendkim": opendkim.judge([whole]),
    }
    wrong = {
        who: said for who, said in found.items() if said != [holds] and not explained(who, whole, verdict)
    }
    assert not wrong, (forms, change, signer, verdict.why, whole)


@MANY
@given(letter=LETTERS, changes=st.lists(st.booleans(), min_size=1, max_size=3), broken=st.booleans())
def test_chains_that_we_seal(letter: bytes, changes: list[bool], broken: bool, node: Mailauth) -> None:
    found = arc.Result.NONE
    for changed in changes:
        letter = letter + b"footer\r\n" if changed else letter
        header, _, body = letter.partition(b"\r\n\r\n")
        sealing = Sealing(header + b"\r\n")
        sealing.update(body)
        results = authres.write("hop.example", [authres.Method("arc", str(found))])
        letter = sealing.sealed(RSA, found, results, 1_700_000_000) + letter
        found = arc.Result.PASS
    letter += b"more\r\n" if broken else b""
    assert node.chain(letter, ZONE) == ("fail" if broken else "pass")


def test_what_opendkim_testmsg_signs_is_not_believed(tmp_path: Path) -> None:
    """Debian's signs with SHA-1 alone, which nobody is to believe any more (RFC 8301 §3.1); so opendkim's own test mode signs above."""
    program = need("opendkim-testmsg")
    (tmp_path / "key.pem").write_bytes(pem(RSA))
    letter = b"From: mia@example.org\r\n" + DATE + b"\r\nHello\r\n"
    words = [program, "-C", "-d", "example.org", "-s", "r1", "-k", str(tmp_path / "key.pem")]
    said = subprocess.run(words, input=letter, capture_output=True, timeout=60, check=True).stdout
    field = said.partition(b"From: mia")[0]
    assert b"a=rsa-sha1" in field
    (verdict,) = verdicts(field + letter)
    assert (verdict.result, "SHA-1" in verdict.why) == (dkim.Result.NEUTRAL, True), verdict.why


# Letters that others have gathered

SETS: Final = [
    *("spamassassin", "mailcore2", "mime4j", "ruby-mail", "nodemailer-mailparser", "email-mime", "haraka-specimens"),
    *("laminas-mail", "cpython-test_email", "jpmobile-ja", "sisimai-bounces", "dkim-dkimpy", "dmarc-tlsrpt-reports"),
    *("arc-suite", "xss-vectors", "ical-samples"),
]  # fmt: skip
EACH: Final = 1 if "HAWKNEST_EXPLORE" in os.environ else 10  # which letters of a set are taken


#: Headers that are made of fields: others are no letters, and everybody cuts them in their own way.
_HEADER: Final = re.compile(rb"(?:[!-9;-~]+:[^\r\n\0]*+(?:\r\n[ \t][^\r\n\0]*+)*+\r\n)++\r\n")


def _renamed(found: re.Match[bytes]) -> bytes:
    """Signatures get another name, and the line that mailbox files put before a letter goes."""
    return b"X-Signature" if found[0].lower() == b"dkim-signature" else b""


def gathered(name: str) -> list[bytes]:
    """The letters of a set as SMTP would bring them, without the signatures that they have."""
    found = [re.sub(rb"\r?\n", b"\r\n", letter) for letter in letters(name)[::EACH]]
    found = [
        re.sub(rb"(?im)^dkim-signature|\AFrom .*\r\n|\A>From .*\r\n", _renamed, letter) for letter in found
    ]
    return [letter for letter in found if _HEADER.match(letter) and b"\r" not in letter.replace(b"\r\n", b"")]


@pytest.mark.parametrize("name", SETS)
def test_gathered_letters(name: str, node: Mailauth, opendkim: Opendkim) -> None:
    wrong: dict[str, list[int]] = {}
    wholes = [signed(letter) for letter in gathered(name)]
    for at, whole in enumerate(wholes):
        for who, said in (
            ("ours", ours(whole)),
            ("dkimpy", Dkimpy().judge(whole)),
            ("mailauth", node.judge(whole)),
        ):
            if said != [True, True]:
                wrong.setdefault(who, []).append(at)
    assert not wrong, len(wholes)
    told = [whole for whole in wholes if b"\0" not in whole]
    for at in range(0, len(told), 100):
        some = told[at : at + 100]
        failed = [whole for whole, holds in zip(some, opendkim.judge(some), strict=True) if holds is False]
        assert not failed


@pytest.mark.parametrize("name", SETS)
def test_gathered_letters_that_dkimpy_signs(name: str, node: Mailauth) -> None:
    wrong: list[bytes] = []
    for at, letter in enumerate(gathered(name)):
        if not re.search(rb"^from[ \t]*:", letter.partition(b"\r\n\r\n")[0], re.MULTILINE | re.IGNORECASE):
            continue  # dkimpy does not sign what nobody wrote
        algorithm = ["rsa-sha256", "ed25519-sha256"][at % 2]
        whole = Dkimpy().sign(letter, algorithm, FORMS[at // 2 % 4]) + letter
        if not ours(whole) == node.judge(whole) == [True]:
            wrong.append(whole)
    assert not wrong
