"""Our own MTA-STS policy, as other servers fetch it. RFC 8461 §3.3."""

from pathlib import Path

import pytest

from hawknest.accounts import settings
from hawknest.post import sts_own
from hawknest.trust import mtasts
from hawknest.trust.mtasts import Mode
from web.pages import served

PATH = "/.well-known/mta-sts.txt"


async def test_served_for_our_domains(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        browser = await house.browser()

        async def asked(host: str) -> tuple[int, str]:
            answer = await browser.get(PATH, headers={"Host": host})
            return answer.status_code, answer.text

        status, text = await asked("mta-sts.example.org")
        assert status == 200
        policy = mtasts.parse(text.encode())
        assert (policy.mode, policy.hosts) == (Mode.TESTING, ("mx.example.org",))
        answer = await browser.get(PATH, headers={"Host": "MTA-STS.example.org:443"})
        assert answer.headers["content-type"].startswith("text/plain")
        for host, refusal in (
            ("mx.example.org", 404),
            ("mta-sts.elsewhere.example", 421),
            ("127.0.0.1", 404),
        ):
            assert (await asked(host))[0] == refusal
        for setting, mode in (("enforce", Mode.ENFORCE), ("off", Mode.NONE)):
            await house.write(lambda c, s=setting: settings.set_policy(c, "mta_sts", s))
            assert mtasts.parse((await asked("mta-sts.example.org"))[1].encode()).mode is mode


@pytest.mark.parametrize("setting", ["off", "testing", "enforce"])
def test_the_id_is_another_one_exactly_when_the_text_is(setting: str) -> None:
    assert sts_own.policy("mx.example.org", setting) == sts_own.policy("MX.example.org", setting)
    others = {sts_own.policy("mx.example.org", other)[0] for other in ("off", "testing", "enforce")}
    assert len(others) == 3
    assert (sts_own.policy("mx2.example.org", setting)[0] in others) is (setting == "off")
