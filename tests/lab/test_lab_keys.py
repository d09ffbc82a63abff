"""Keys in a real DNS: entered at an authoritative server, seen through a validating resolver, used; what was signed verifies by both."""

from pathlib import Path

import pytest

from hawknest.accounts import dkim_keys, domains
from hawknest.accounts.settings import Policies
from hawknest.log import Log
from hawknest.net.resolver import Resolver, Settings
from hawknest.post.keysmith import Keysmith
from hawknest.trust.dkim import Check
from hawknest.trust.dkim_sign import Signing
from lab.laboratory import Lab
from signed import VAULT
from stores import Nest

pytestmark = pytest.mark.peer

NOW = 1_795_000_000.0


async def test_entered_seen_and_used(lab: Lab, sqlite_nest: Nest, tmp_path: Path) -> None:
    lab.zone("keys.test")
    sqlite_nest.do(lambda c: domains.add(c, "keys.test", NOW))
    async with sqlite_nest.open() as store, Resolver(Settings(servers=(lab.resolver,))) as resolver:
        smith = Keysmith(
            store=store,
            vault=VAULT,
            resolver=resolver,
            log=Log(),
            owner="test",
            clock=lambda: NOW,
            policies=Policies,
        )
        await smith.complete()
        keys = await store.read(lambda c: dkim_keys.published(c, "keys.test"))
        for key in keys:  # the RSA record is longer than one string of a TXT record
            lab.add(f"{key.selector}._domainkey.keys.test", "TXT", key.record)
        await smith.round()
        sealed = await store.read(lambda c: dkim_keys.signing(c, "keys.test"))
        signers = [dkim_keys.opened(VAULT, one) for one in sealed]
        assert [one.selector for one in signers] == [key.selector for key in keys]
        header = b"From: mia@keys.test\r\nSubject: hello\r\n"
        signing = Signing(header)
        signing.update(b"Hi.\r\n")
        check = Check(signing.signed(signers, NOW) + header, NOW)
        check.update(b"Hi.\r\n")
        assert [one.result for one in await check.verdicts(resolver)] == ["pass", "pass"]
