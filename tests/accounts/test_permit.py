"""Who may send what: every combination, and above all that no stranger reaches beyond this house."""

import itertools

import pytest
from people import at

from hawknest.accounts.permit import (
    DENIED,
    LOGIN_FIRST,
    NOT_NOW,
    NOT_OURS,
    NOT_YOURS,
    RECEIVE_ONLY,
    Mode,
    Rights,
    Whose,
    may_begin,
    may_send_as,
    may_send_to,
)
from hawknest.mail.address import Address
from hawknest.wire.smtp.reply import Reply

OWN, LOCAL, FOREIGN, NULL = at("ann@example.com"), at("bob@example.com"), at("x@elsewhere.example"), None
WHOSE = {OWN: Whose.OWN, LOCAL: Whose.OURS, FOREIGN: Whose.FOREIGN, NULL: Whose.OWN}
BOOLS = (False, True)


def verdict(rights: Rights, sender: Address | None, *, local: bool) -> Reply | None:
    """What a sender hears by the time of RCPT."""
    whose = WHOSE[sender]
    return may_begin(rights) or may_send_as(rights, sender, whose) or may_send_to(rights, whose, local=local)


EVERY = [
    Rights(mode, submission=submission, send_to_internet=internet, sender_policy=policy, senders=senders)
    for mode, submission, internet, policy, senders in itertools.product(
        Mode, BOOLS, BOOLS, BOOLS, ((), ("@example.com",), ("ann@example.com",))
    )
]


@pytest.mark.parametrize("rights", EVERY, ids=str)
@pytest.mark.parametrize("sender", [OWN, LOCAL, FOREIGN, NULL], ids=str)
def test_never_an_open_relay(rights: Rights, sender: Address | None) -> None:
    beyond = verdict(rights, sender, local=False)
    if rights.mode is Mode.STRANGER or not rights.send_to_internet:
        assert beyond is not None
        assert 500 <= beyond.code <= 559
        assert beyond.enhanced[0] == 5
    if not rights.submission and rights.mode in {Mode.STRANGER, Mode.EXEMPT, Mode.POP}:
        assert verdict(rights, sender, local=True) is None  # letters from anywhere reach the people here


def test_each_answer_of_the_table() -> None:
    yes = None
    table = {
        # mode, sender: to an address here, to one elsewhere
        (Mode.STRANGER, FOREIGN): (yes, DENIED),
        (Mode.STRANGER, LOCAL): (yes, DENIED),
        (Mode.STRANGER, NULL): (yes, DENIED),
        (Mode.EXEMPT, FOREIGN): (yes, NOT_OURS),
        (Mode.EXEMPT, LOCAL): (yes, yes),
        (Mode.EXEMPT, NULL): (yes, yes),
        (Mode.DEVICE, LOCAL): (yes, yes),
        (Mode.DEVICE, FOREIGN): (NOT_YOURS, NOT_YOURS),
        (Mode.DEVICE, NULL): (yes, yes),
        (Mode.ACCOUNT, OWN): (yes, yes),
        (Mode.ACCOUNT, LOCAL): (NOT_YOURS, NOT_YOURS),
        (Mode.ACCOUNT, FOREIGN): (NOT_YOURS, NOT_YOURS),
        (Mode.ACCOUNT, NULL): (yes, yes),
        (Mode.POP, OWN): (yes, yes),
        (Mode.POP, LOCAL): (yes, NOT_YOURS),
        (Mode.POP, FOREIGN): (yes, NOT_YOURS),
    }
    for ((mode, sender), answers), senders in itertools.product(table.items(), ((), ("@example.com",))):
        rights = Rights(mode, submission=False, senders=senders)
        said = tuple(verdict(rights, sender, local=local) for local in (True, False))
        assert said == answers, (mode, sender)


def test_a_devices_own_list_holds_in_every_profile() -> None:
    for policy in BOOLS:
        rights = Rights(Mode.DEVICE, submission=True, sender_policy=policy, senders=("x@elsewhere.example",))
        assert verdict(rights, FOREIGN, local=False) is None
        assert verdict(rights, OWN, local=False) == NOT_YOURS


def test_the_original_compatible_profile_gives_the_answers_of_old() -> None:
    for mode in (Mode.EXEMPT, Mode.DEVICE, Mode.ACCOUNT, Mode.POP):
        rights = Rights(mode, submission=False, sender_policy=False)
        assert all(verdict(rights, s, local=b) is None for s in (OWN, LOCAL, FOREIGN) for b in BOOLS)
        closed = Rights(mode, submission=False, sender_policy=False, send_to_internet=False)
        assert verdict(closed, OWN, local=True) is None
        assert verdict(closed, OWN, local=False) == RECEIVE_ONLY


def test_the_submission_port_is_for_users() -> None:
    assert may_begin(Rights(Mode.STRANGER, submission=True)) == LOGIN_FIRST
    assert all(may_begin(Rights(m, submission=True)) is None for m in Mode if m is not Mode.STRANGER)
    assert may_begin(Rights(Mode.STRANGER, submission=False)) is None
    for mode in Mode:
        answer = may_begin(Rights(mode, submission=False, receive=False))
        assert answer == (NOT_NOW if mode is Mode.STRANGER else None)


def test_the_codes() -> None:
    assert (LOGIN_FIRST.code, LOGIN_FIRST.enhanced) == (530, (5, 7, 0))
    assert (NOT_YOURS.code, NOT_YOURS.enhanced) == (553, (5, 7, 1))
    assert (NOT_OURS.code, NOT_OURS.enhanced) == (553, (5, 7, 1))
    assert (DENIED.code, DENIED.enhanced) == (550, (5, 7, 1))
    assert (RECEIVE_ONLY.code, RECEIVE_ONLY.enhanced) == (550, (5, 7, 1))


@pytest.mark.parametrize(
    ("sender", "listed", "allowed"),
    [
        ("Printer@Example.com", "printer@example.com", True),
        ("printer@example.com", "scanner@example.com", False),
        ("anything@example.com", "@example.com", True),
        ("anything@sub.example.com", "@example.com", False),
        ("anything@badexample.com", "@example.com", False),
        ('"a b"@example.com', '"a b"@example.com', True),
        ("ユーザ@例え.jp", "ユーザ@xn--r8jz45g.jp", True),
    ],
)
def test_the_senders_of_a_device(sender: str, listed: str, *, allowed: bool) -> None:
    rights = Rights(Mode.DEVICE, submission=True, senders=(listed,))
    assert (may_send_as(rights, at(sender), Whose.FOREIGN) is None) == allowed
