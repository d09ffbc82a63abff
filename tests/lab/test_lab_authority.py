"""Asking the servers that speak for a name: what is entered is seen at once, also below a zone that was divided."""

import time

import pytest

from hawknest.dns import MX, A, NoData, NoSuchName, Unknown
from hawknest.net.authority import Authority
from hawknest.net.resolver import Resolver, Settings
from lab.laboratory import Lab

pytestmark = pytest.mark.peer


async def test_who_speaks_is_found_and_asked(lab: Lab) -> None:
    lab.zone("speaks.test")
    async with Resolver(Settings(servers=(lab.resolver,), entries=0)) as usual:
        ask = Authority(usual, time.monotonic, lab.server[1])
        assert await ask.zone("a.b.speaks.test") == "speaks.test"
        with pytest.raises(NoSuchName):
            await ask.ask("mail.speaks.test", A)
        with pytest.raises(NoData):
            await ask.ask("speaks.test", MX)
        lab.add("speaks.test", "MX", "10 mail.speaks.test.")
        assert (await ask.ask("speaks.test", MX)).records[0].host == "mail.speaks.test"
        lab.zone("below.speaks.test")
        lab.add("www.below.speaks.test", "A", "127.0.0.9")
        assert await ask.zone("www.below.speaks.test") == "below.speaks.test"
        assert str((await ask.ask("www.below.speaks.test", A)).records[0]) == "127.0.0.9"


async def test_nobody_can_be_asked(lab: Lab) -> None:
    lab.zone("silent.test")
    async with Resolver(Settings(servers=(lab.resolver,), entries=0)) as usual:
        ask = Authority(usual, time.monotonic, 9)
        with pytest.raises(Unknown):
            await ask.ask("silent.test", MX)
