"""What a signature costs, made and looked at, in milliseconds of CPU: python tools/bench_dkim.py."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import trustpeers
from hawknest.dns import TXT, Answer, NoSuchName
from hawknest.trust import dkim
from hawknest.trust.dkim_sign import Signer, Signing

SIZES = (3, 10, 50, 1024)  # KB
NOW = 1_700_000_000.0


class Keys:
    """A resolver that knows the keys."""

    def __init__(self, signers: Sequence[Signer]) -> None:
        self.texts = {f"{one.selector}._domainkey.{one.domain}": one.record.encode() for one in signers}

    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        if kind is not TXT or name not in self.texts:
            raise NoSuchName(name, str(kind))
        return Answer((self.texts[name],), name, 60)


@dataclass
class Letter:
    """A letter that is signed and looked at over and over."""

    header: bytes
    body: bytes
    keys: Keys
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def sign(self, *signers: Signer) -> bytes:
        signing = Signing(self.header)
        signing.update(self.body)
        return signing.signed(list(signers), NOW)

    def verify(self, made: bytes) -> None:
        check = dkim.Check(made + self.header, NOW)
        check.update(self.body)
        found = self.loop.run_until_complete(check.verdicts(self.keys))
        assert all(one.result is dkim.Result.PASS for one in found)


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of CPU for one time, the least of five rounds."""
    rounds: list[float] = []
    for _ in range(5):
        count, began = 0, time.process_time()
        while time.process_time() - began < 0.05:
            work()
            count += 1
        rounds.append((time.process_time() - began) / count * 1000)
    return min(rounds)


def costs(letter: Letter, by_rsa: Signer, by_ed: Signer) -> list[float]:
    """Measure one letter."""
    signing = [timed(lambda who=who: letter.sign(*who)) for who in ([by_rsa], [by_ed], [by_rsa, by_ed])]
    made = letter.sign(by_rsa), letter.sign(by_ed)
    return signing + [timed(lambda one=one: letter.verify(one)) for one in made]


def table() -> str:
    """Draw the table."""
    both = (
        Signer("bench.local", "r", rsa.generate_private_key(65537, 2048)),
        Signer("bench.local", "e", Ed25519PrivateKey.generate()),
    )
    heads = [
        "DKIM, a letter of",
        "sign RSA-2048",
        "sign Ed25519",
        "sign both",
        "verify RSA-2048",
        "verify Ed25519",
    ]
    lines = [heads, ["---"] * len(heads)]
    for size in SIZES:
        header, _, body = trustpeers.letter(size * 1024, both[0]).partition(b"\r\n\r\n")
        letter = Letter(header[header.index(b"From:") :] + b"\r\n", body, Keys(both))
        lines.append([f"{size} KB", *(f"{cost:.2f} ms" for cost in costs(letter, *both))])
        letter.loop.close()
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(table())
