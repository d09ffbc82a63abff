"""What a domain's records depend on, gathered from the house and the database."""

from hawknest.accounts import domains, publishing, settings
from hawknest.accounts.publishing import Entry
from hawknest.accounts.vault import Vault
from hawknest.post.facts import Premises, gather
from hawknest.store import Connection

OPEN = Premises(host="MX.Example.org.", services=(("https", 443), ("imaps", 993)), pin="ab" * 32)


def test_a_house_with_its_pages_open(connection: Connection) -> None:
    facts = gather(connection, "example.org", OPEN)
    assert (facts.host, facts.tlsa) == ("mx.example.org", ((25, "3 1 1 " + "ab" * 32),))
    assert facts.sts_id
    closed = gather(connection, "example.org", Premises(host="mx.example.org", services=(("https", 8443),)))
    assert closed.sts_id == ""


def test_a_policy_that_was_told_is_taken_back_in_words(connection: Connection) -> None:
    testing = gather(connection, "example.org", OPEN).sts_id
    settings.set_policy(connection, "mta_sts", "enforce")
    enforced = gather(connection, "example.org", OPEN).sts_id
    settings.set_policy(connection, "mta_sts", "off")
    assert gather(connection, "example.org", OPEN).sts_id == ""
    domains.add(connection, "example.org", 0.0)
    zone = publishing.put_zone(
        connection, Vault(bytes(32)), "example.org", endpoint=("127.0.0.1", 53), key=None, now=0.0
    )
    publishing.begin(connection, "example.org", zone, 0.0)
    entry = Entry("_mta-sts.example.org", "TXT", f"v=STSv1; id={enforced}")
    publishing.note(connection, zone, "example.org", added=[entry], removed=(), now=0.0)
    assert len({testing, enforced, gather(connection, "example.org", OPEN).sts_id, ""}) == 4
