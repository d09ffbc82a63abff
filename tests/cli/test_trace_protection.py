"""What protected a letter, in the words of `log trace`."""

from typing import Any

import pytest

from hawknest.cli import trace
from hawknest.cli.messages import MESSAGES
from hawknest.store.journey import Step

TLS = {"tls": "TLSv1.3 TLS_AES_256_GCM_SHA384", "ip": "192.0.2.1"}
STEPS: list[tuple[dict[str, Any], str, str]] = [
    ({**TLS, "proof": "dane"}, "over TLS 1.3, certificate proven by DANE", "DANE で確認済み"),
    ({**TLS, "proof": "mta-sts"}, "over TLS 1.3, certificate proven by MTA-STS", "MTA-STS で確認済み"),
    ({**TLS, "proof": "webpki"}, "over TLS 1.3, with a trusted certificate", "信頼できる"),
    (TLS, "over TLS 1.3: encrypted, not proven to whom", "相手の確認はできていません"),
    ({"tls": "", "ip": "192.0.2.1"}, "in clear text", "暗号化せずに"),
    ({"uid": 1}, "", ""),
]


@pytest.mark.parametrize(("detail", "english", "japanese"), STEPS)
def test_words(monkeypatch: pytest.MonkeyPatch, detail: dict[str, Any], english: str, japanese: str) -> None:
    for language, words in (("en_US.UTF-8", english), ("ja_JP.UTF-8", japanese)):
        monkeypatch.setenv("LC_ALL", language)
        told = trace._step(Step(0.0, "delivered", "bob@d.example", dict(detail)))
        assert (words in "\n".join(told)) if words else len(told) == 1
        assert "proof" not in "\n".join(told).replace("proven", "")


def test_only_of_what_was_delivered() -> None:
    told = trace._step(Step(0.0, "deferred", "bob@d.example", {"tls": "", "ip": "192.0.2.1"}))
    assert len(told) == 1
    assert MESSAGES["trace-over-clear"][0] not in told[0]
