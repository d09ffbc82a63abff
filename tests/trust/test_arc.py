"""ARC: the validation suite of the working group, and chains that are no chains."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml
from hypothesis import given
from hypothesis import strategies as st

from hawknest.dns import TXT, Answer, NoSuchName, Silent
from hawknest.trust import arc
from hawknest.trust.arc import Check, Result, Verdict
from mail_corpora import corpus

#: Where the suite says one thing and we another, and why.
OTHERWISE: Final = {
    # Its signature was made in the relaxed forms, and does not say so: without c= it is in the simple ones (RFC 6376 §3.5).
    "Arc Message Signature Fields: ams_fields_c_na",
}


class Zone:
    """A resolver that knows some texts."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = {name.rstrip(".").lower(): text for name, text in texts.items()}

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        if kind is not TXT or name.lower() not in self.texts:
            raise NoSuchName(name, str(kind))
        return Answer((self.texts[name.lower()].encode(),), name, 60)


def judged(letter: bytes, zone: Any) -> Verdict:
    header, _, body = letter.partition(b"\r\n\r\n")
    check = Check(header + b"\r\n" if header else b"")
    check.update(body)
    return asyncio.run(check.verdict(zone))


def suite() -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, str]]]:
    text = corpus("arc-suite/tests/arc-draft-validation-tests.yml").read_text()
    for scenario in yaml.safe_load_all(text):
        for name, test in scenario["tests"].items():
            yield f"{scenario['description']}: {name}", test, scenario.get("txt-records") or {}


def test_the_suite() -> None:
    wrong: dict[str, str] = {}
    count = 0
    for name, test, records in suite():
        letter = test["message"].replace("\r\n", "\n").replace("\n", "\r\n").encode()
        expected = str(test["cv"]).strip().lower() or "fail"  # empty: the chain was broken before
        found = judged(letter, Zone(records))
        count += 1
        if str(found.result) != expected:
            wrong[name] = f"{found.result}, not {expected}: {found.why}"
    assert wrong.keys() == OTHERWISE, f"{len(wrong)} of {count}: {wrong}"
    assert count > 130


def passing() -> tuple[bytes, Zone]:
    for name, test, records in suite():
        if name.endswith("cv_pass_i2_1"):
            return test["message"].replace("\n", "\r\n").encode(), Zone(records)
    raise AssertionError


def test_what_a_chain_says() -> None:
    letter, zone = passing()
    found = judged(letter, zone)
    assert (found.result, found.links, found.sealer) == (Result.PASS, 2, "example.org")
    assert b"i=2" in found.results
    assert judged(letter.replace(b"gang", b"gong"), zone).result is Result.FAIL
    assert judged(letter + b"more\r\n", zone).result is Result.FAIL


def test_nobody_could_tell() -> None:
    class Mute:
        async def ask(self, name: str, kind: Any) -> Any:
            raise Silent(name, str(kind))

    letter, _ = passing()
    assert judged(letter, Mute()).result is Result.TEMPERROR


def test_a_chain_that_is_too_long() -> None:
    links = b"".join(
        b"ARC-Seal: i=%d; cv=pass\r\nARC-Message-Signature: i=%d\r\nARC-Authentication-Results: i=%d; x\r\n"
        % (n, n, n)
        for n in range(1, arc.MOST + 2)
    )
    found = judged(links + b"From: a\r\n\r\nx", Zone({}))
    assert (found.result, "too long" in found.why) == (Result.FAIL, True)


@given(
    st.lists(
        st.sampled_from(
            [
                b"ARC-Seal: ",
                b"ARC-Message-Signature: ",
                b"ARC-Authentication-Results: ",
                b"i=1;",
                b"cv=none;",
                b"\r\n",
                b"a=rsa-sha256;",
                b"x",
            ]
        )
    ).map(b"".join)
)
def test_any_fields(header: bytes) -> None:
    assert judged(header + b"\r\n\r\nbody", Zone({})).result is not Result.PASS
