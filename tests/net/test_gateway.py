"""The routers of this machine's networks."""

import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from hawknest.net.gateway import gateways

TABLE = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	{router}	0003	0	0	100	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
eth1	00000000	{router}	0003	0	0	200	00000000	0	0	0
eth2	00000000	01010101	0002	0	0	200	00000000	0	0	0
"""


@pytest.mark.parametrize("rest", ["", "nonsense\n", "eth0 0 zz 0003\n"])
def test_the_router_of_a_home(tmp_path: Path, rest: str) -> None:
    router = int.from_bytes(IPv4Address("192.168.1.1").packed, sys.byteorder)
    (tmp_path / "route").write_text(TABLE.format(router=f"{router:08X}") + rest)
    assert gateways(tmp_path / "route") == [IPv4Address("192.168.1.1")]


def test_where_the_system_does_not_tell(tmp_path: Path) -> None:
    assert gateways(tmp_path / "nothing") == []
