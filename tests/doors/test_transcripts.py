"""Every dialogue of tests/transcripts, led by the real door over a real store, however its octets arrive."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import dialogue
from forgive import forgive
from hawknest.accounts import apps
from hawknest.accounts.passwords import derived_of
from hawknest.store import Connection
from hawknest.wire.sasl import scram
from nests import SALT, converse, deliver, nest

FILES = sorted((Path(__file__).parents[1] / "transcripts").glob("*/*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_dialogue(
    path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = dialogue.read(path)
    if script.nonce:
        monkeypatch.setattr(scram.secrets, "token_urlsafe", lambda _: script.nonce)

    def add_apps(connection: Connection) -> None:
        for number, (whose, service, password) in enumerate(script.apps):
            derived = derived_of(password, SALT)
            apps.add(connection, whose, f"app {number}", [service], derived=derived, now=0.0)

    service = script.service or path.parent.name

    async def play(all_cuts: list[list[int]]) -> list[bytes]:
        """Tell the dialogue once for each way to cut it; IMAP changes what it speaks of, so each time of a fresh nest."""
        if service == "imap":
            return [said for cuts in all_cuts for said in await play_here([cuts])]
        return await play_here(all_cuts)

    async def play_here(all_cuts: list[list[int]]) -> list[bytes]:
        said = []
        directory = tmp_path_factory.mktemp(path.stem)
        async with nest(
            directory, policies=script.policies, exemptions=script.exemptions, change=add_apps
        ) as rooms:
            for letter in script.lost:
                await deliver(rooms, letter + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 2000)
            for file in directory.glob("blobs/*/*"):
                file.unlink()
            for letter in script.letters:
                await deliver(rooms, letter)
            for cuts in all_cuts:
                forgive(rooms.keys)  # each telling of the dialogue begins with a clean record
                said.append(await converse(rooms, service, script.sent, script.peer, cuts))
        return said

    examples, ways = (1, 1) if service == "imap" else (5, 5)

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.generate] if service == "imap" else list(Phase),
    )
    @given(st.lists(st.lists(st.integers(0, 5000), max_size=30), min_size=ways, max_size=ways))
    def tell(all_cuts: list[list[int]]) -> None:
        every_octet = list(range(len(script.sent)))
        for cuts, said in zip(
            [[], every_octet, *all_cuts], asyncio.run(play([[], every_octet, *all_cuts])), strict=True
        ):
            assert not (wrong := dialogue.differences(script.expected, said)), (cuts, wrong)

    tell()
