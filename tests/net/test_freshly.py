"""Asked of the servers that speak for a name, and where none can be reached, of the resolver."""

from typing import Any

import pytest

from hawknest.dns import TXT, Answer, NoSuchName, Silent
from hawknest.net.authority import Freshly
from zone import Zone


class Unreached:
    async def ask(self, name: str, kind: Any) -> Answer[Any]:
        raise Silent(name, str(kind))


async def test_freshly() -> None:
    fresh, old = Zone({"s1.example TXT": "new"}), Zone({"s1.example TXT": "old", "s2.example TXT": "there"})
    both = Freshly(fresh, old)  # type: ignore[arg-type]
    assert (await both.ask("s1.example", TXT)).records == (b"new",)
    with pytest.raises(NoSuchName):  # what they say counts, also that there is nothing
        await both.ask("s2.example", TXT)
    assert (await Freshly(Unreached(), old).ask("s2.example", TXT)).records == (b"there",)  # type: ignore[arg-type]
