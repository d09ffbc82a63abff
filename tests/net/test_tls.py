"""The self-signed certificate: made once, by whoever comes first."""

import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hawknest.net.tls import Certificate, Settings, TlsError, self_signed


def test_many_may_ask_for_it_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for turn in range(10):
            directory = tmp_path / str(turn)
            asked = [threads.submit(Certificate, Settings(), directory, ["localhost"]) for _ in range(8)]
            assert all(isinstance(made.result().context, ssl.SSLContext) for made in asked)
            assert sorted(path.name for path in directory.iterdir()) == ["self-signed.key", "self-signed.pem"]


def test_a_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TlsError, match=r"cannot keep a certificate in .*file"):
        self_signed(tmp_path / "file" / "tls", ["localhost"])
