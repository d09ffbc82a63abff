"""Run the fuzz targets of tests/fuzz for longer than the suite does: ./dev fuzz [SECONDS] [TARGET].

Inputs are made of pieces of the protocols, of octets at random, and of earlier inputs changed a little. What breaks a target is
written to a file and printed; the exit code is then 1.
"""

import importlib
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))
PIECES = [
    *b"EHLO x|HELO |LHLO x|MAIL FROM:<a@b.example>|RCPT TO:<c@d.example>| SIZE=10| BODY=BINARYMIME|DATA|BDAT 3|BDAT 0 LAST|RSET".split(
        b"|"
    ),
    *b"AUTH PLAIN|AUTH LOGIN |STARTTLS|QUIT|NOOP|.|..|250-x|250 x|354 go|421 |USER a|PASS b|RETR 1|TOP 1 2|STLS|CAPA|UTF8|=|*".split(
        b"|"
    ),
    b"\r\n",
    b"\r\n",
    b"\r\n",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b" ",
    b"\r\n.\r\n",
]


def make(moment: random.Random, earlier: list[bytes], pieces: list[bytes]) -> bytes:
    """Make an input."""
    if earlier and moment.random() < 0.5:
        data = bytearray(moment.choice(earlier))
        for _ in range(moment.randint(1, 5)):
            at = moment.randrange(len(data) + 1)
            data[at : at + moment.randint(0, 3)] = moment.choice([moment.choice(pieces), moment.randbytes(2)])
        return bytes(data[:4000])
    return moment.randbytes(3) + b"".join(moment.choice(pieces) for _ in range(moment.randint(1, 60)))


def run(name: str, target: Callable[[bytes], None], pieces: list[bytes], seconds: float) -> int:
    """Run one target. Returns 1 where an input broke it."""
    moment, earlier, count = random.Random(time.time_ns()), [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = make(moment, earlier, pieces)
        count += 1
        try:
            target(data)
        except BaseException:  # noqa: BLE001 (whatever it is, it is a find)
            with tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".bin", delete=False) as file:
                file.write(data)
            traceback.print_exc()
            print(f"{name}: broken after {count:,} inputs by the one in {file.name}")
            return 1
        if moment.random() < 0.02:
            earlier = [*earlier[-200:], data]
    print(f"{name}: {count:,} inputs in {seconds:.0f} s, none broke it", flush=True)
    return 0


def main(words: list[str]) -> int:
    """Run all targets, or the one named, for so many seconds each."""
    seconds = float(words[0]) if words else 60.0
    names = words[1:] or sorted(path.stem for path in (TESTS / "fuzz").glob("fuzz_*.py"))
    modules = [importlib.import_module(f"fuzz.{name}") for name in names]
    return max(
        run(name, module.fuzz, getattr(module, "PIECES", PIECES), seconds)
        for name, module in zip(names, modules, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
