"""What changes in a zone: tables of what it says, what is ours and what should be there; and properties over all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest.accounts.publishing import Entry
from hawknest.dns import Caa, Mx, Srv, Tlsa
from hawknest.post.publish_plan import Plan, plan, value_text
from hawknest.post.records import Record, Why

D = "example.org"
MX = Record(D, "MX", "10 mail.example.org.", needed=True, why=Why.MX)
SPF = Record(D, "TXT", "v=spf1 mx -all", needed=True, why=Why.SPF)
DMARC = Record(f"_dmarc.{D}", "TXT", "v=DMARC1; p=quarantine", needed=True, why=Why.DMARC)
DKIM = Record(f"s._domainkey.{D}", "TXT", "v=DKIM1; p=abc", needed=True, why=Why.DKIM)
TLSA = Record(f"_25._tcp.mail.{D}", "TLSA", "3 1 1 ab", needed=False, why=Why.TLSA)
A = Record(f"mail.{D}", "A", "203.0.113.5", needed=True, why=Why.HOST)
STS = Record(f"mta-sts.{D}", "CNAME", "mail.example.org.", needed=False, why=Why.MTA_STS)


def entry(record: Record, value: str = "") -> Entry:
    return Entry(record.name, record.type, value or record.value)


def done(todo: Plan) -> tuple[set[str], set[str], list[tuple[str, bool]]]:
    return (
        {e.value for e in todo.add},
        {e.value for e in todo.remove},
        [(c.found[0].value, c.serious) for c in todo.conflicts],
    )


@pytest.mark.parametrize(
    ("record", "present", "mine", "result"),
    [
        (MX, [], [], ({MX.value}, set(), [])),  # nothing there
        (MX, [MX.value], [], (set(), set(), [])),  # entered by hand, or by us
        (MX, ["10 other.example."], [], (set(), set(), [("10 other.example.", True)])),
        (MX, ["10 old.example.org."], ["10 old.example.org."], ({MX.value}, {"10 old.example.org."}, [])),
        (MX, [MX.value, "20 backup.example."], [], (set(), set(), [])),  # a backup of the owner's
        (SPF, ["google-site-verification=x"], [], ({SPF.value}, set(), [])),  # other texts of the domain
        (SPF, ["v=spf1 a -all"], [], (set(), set(), [("v=spf1 a -all", True)])),
        (
            SPF,
            ["v=spf1 mx include:x.example ~all"],
            [],
            (set(), set(), [("v=spf1 mx include:x.example ~all", False)]),
        ),
        (SPF, [SPF.value, "v=spf1 a -all"], [], (set(), set(), [("v=spf1 a -all", True)])),  # two: permerror
        (SPF, ["V=SPF1 -all"], [], (set(), set(), [("V=SPF1 -all", True)])),
        (SPF, ["v=spf10 -all"], [], ({SPF.value}, set(), [])),
        (SPF, ["v=spf1 a -all"], ["v=spf1 a -all"], ({SPF.value}, {"v=spf1 a -all"}, [])),
        (DMARC, ["v=DMARC1; p=reject"], [], (set(), set(), [("v=DMARC1; p=reject", False)])),
        (DKIM, ["anything else"], [], (set(), set(), [("anything else", True)])),
        (TLSA, ["3 1 1 cd"], [], ({TLSA.value}, set(), [])),  # the key of before, or of another host
        (TLSA, ["3 1 1 cd"], ["3 1 1 cd"], ({TLSA.value}, {"3 1 1 cd"}, [])),
        (A, ["198.51.100.9"], ["198.51.100.9"], ({A.value}, {"198.51.100.9"}, [])),  # the address has changed
        (A, ["198.51.100.9"], [], (set(), set(), [("198.51.100.9", True)])),
    ],
)
def test_one_record(
    record: Record,
    present: list[str],
    mine: list[str],
    result: tuple[set[str], set[str], list[tuple[str, bool]]],
) -> None:
    ours = {entry(record, value) for value in mine}
    assert done(plan([record], {(record.name, record.type): present}, ours)) == result
    added, removed, left = done(plan([record], {(record.name, record.type): present}, ours, replace=True))
    assert (added >= result[0], removed >= result[1], left) == (True, True, [])


def test_a_cname_stands_alone() -> None:
    there = {(STS.name, "A"): ["192.0.2.1"], (STS.name, "CNAME"): []}
    assert done(plan([STS], there, set())) == (set(), set(), [("192.0.2.1", True)])
    assert done(plan([STS], there, set(), replace=True)) == ({STS.value}, {"192.0.2.1"}, [])
    there = {(A.name, "CNAME"): ["elsewhere.example."], (A.name, "A"): []}
    assert done(plan([A], there, set())) == (set(), set(), [("elsewhere.example.", True)])


def test_what_is_not_wanted_any_more_goes_if_it_is_ours_alone() -> None:
    there = {(DKIM.name, "TXT"): [DKIM.value]}
    assert done(plan([], there, {entry(DKIM)})) == (set(), {DKIM.value}, [])
    assert done(plan([], there, set())) == (set(), set(), [])  # somebody else's
    assert done(plan([], there, {entry(DKIM)}, {entry(DKIM)})) == (set(), set(), [])  # another domain's too
    todo = plan([], {(DKIM.name, "TXT"): []}, {entry(DKIM)})
    assert (todo.remove, todo.forget) == ((), (entry(DKIM),))  # it is gone already


RECORDS = st.lists(st.sampled_from([MX, SPF, DMARC, DKIM, TLSA, A, STS]), unique=True)
VALUES = st.sampled_from(
    ["v=spf1 a -all", "v=DMARC1; p=none", "192.0.2.7", "x", "3 1 1 cd", "10 other.example."]
)


@given(
    RECORDS,
    st.dictionaries(st.sampled_from([MX, SPF, DMARC, DKIM, TLSA, A]), st.lists(VALUES, unique=True)),
    st.data(),
)
def test_nothing_of_others_is_touched_and_the_second_time_there_is_nothing_to_do(
    wanted: list[Record], present: dict[Record, list[str]], data: st.DataObject
) -> None:
    there = {(r.name, r.type): list(values) for r, values in present.items()}
    everything = [Entry(n, t, v) for (n, t), values in there.items() for v in values]
    mine = set(data.draw(st.lists(st.sampled_from(everything), unique=True))) if everything else set()
    todo = plan(wanted, there, mine)
    assert set(todo.remove) <= mine
    assert not set(todo.add) & set(todo.remove)
    for e in todo.remove:
        there[e.name, e.type].remove(e.value)
    for e in todo.add:
        there.setdefault((e.name, e.type), []).append(e.value)
    again = plan(wanted, there, (mine - set(todo.forget)) | set(todo.add))
    assert (again.add, again.remove) == ((), ())
    assert {c.record for c in again.conflicts} == {c.record for c in todo.conflicts}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Mx(10, "a.example"), "10 a.example."),
        (Mx(0, ""), "0 ."),
        (Srv(0, 1, 993, "a.example"), "0 1 993 a.example."),
        (Tlsa(3, 1, 1, b"\xab"), "3 1 1 ab"),
        (Caa(0, "issue", b"ca.example"), '0 issue "ca.example"'),
        (b"v=spf1", "v=spf1"),
        ("a.example", "a.example."),
    ],
)
def test_values_are_written_as_zone_files_do(value: object, text: str) -> None:
    assert value_text(value) == text
