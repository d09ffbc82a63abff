"""Passwords on the command line: asked for, read from stdin, or made up; never an argument, which others could see."""

import getpass
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Final

from cyclopts import Parameter

from hawknest.accounts import passwords, proofs
from hawknest.cli.nest import Nest
from hawknest.cli.trouble import Trouble
from hawknest.wire.sasl.values import Salt

LIMIT: Final = 4096  # characters of a line

PasswordStdin = Annotated[
    bool,
    Parameter(name="--password-stdin", negative=(), help="Read the password from the first line of stdin."),
]
Prompt = Annotated[
    bool,
    Parameter(
        name="--prompt", negative=(), help="Ask for the password; without this one is made up and shown."
    ),
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A password, and whether nobody but us knows it yet."""

    password: str = field(repr=False)
    made_up: bool


def choose(names: Iterable[str], *, from_stdin: bool, prompt: bool) -> Chosen:
    """Get a password in the way that was asked for.

    `names` are those of who it is for: a password made of them is warned of, one that is guessed in minutes refused.
    Raises Trouble.
    """
    if from_stdin and prompt:
        raise Trouble("say --password-stdin or --prompt, not both")
    if from_stdin:
        password = sys.stdin.readline(LIMIT).rstrip("\r\n")
    elif prompt:
        password = _ask()
    else:
        return Chosen(passwords.generate(), made_up=True)
    if not password:
        raise Trouble("the password is empty")
    if wrong := passwords.objections(password, ()):
        raise Trouble(f"this password is too easy to guess: {'; '.join(wrong)}")
    for objection in passwords.objections(password, names):
        print(f"hawknest: the password is weak: {objection}", file=sys.stderr)
    return Chosen(password, made_up=False)


def salt_for(here: Nest, name: str) -> Salt:
    """Find the salt that the passwords of a login name are derived with. Raises StoreError."""
    return here.write(lambda c: proofs.terms(c, name)).salt


def _ask() -> str:
    if not sys.stdin.isatty():
        raise Trouble("there is no terminal to ask on; use --password-stdin")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Trouble("the two passwords differ; nothing was changed")
    return password
