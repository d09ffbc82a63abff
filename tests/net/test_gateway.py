"""Which routers a machine has, read from the tables of Linux."""

import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from hawknest.net import gateway
from hawknest.net.gateway import Gateways, routers

ROUTER = f"{int.from_bytes(IPv4Address('192.168.1.1').packed, sys.byteorder):08X}"
IPV4 = f"""Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t{ROUTER}\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
eth1\t00000000\t{ROUTER}\t0003\t0\t0\t200\t00000000\t0\t0\t0
eth2\t00000000\t01010101\t0002\t0\t0\t200\t00000000\t0\t0\t0
"""
IPV6 = (
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
    "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
)


@pytest.mark.parametrize("rest", ["", "nonsense\n", "eth0 0 zz 0003\n", "eth0 0 1FFFFFFFF 0003\n"])
def test_the_tables_of_linux(rest: str) -> None:
    assert routers(IPV4 + rest, IPV6 + rest) == {"192.168.1.1", "fe80::1"}
    assert routers(IPV4, "") == {"192.168.1.1"}
    assert routers("", "") == frozenset()


def test_they_are_looked_up_again_after_a_while(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    now, table = [0.0], tmp_path / "route"
    monkeypatch.setattr(gateway, "_IPV4", table)
    monkeypatch.setattr(gateway, "_IPV6", tmp_path / "none")
    ask = Gateways(lambda: now[0])
    assert ask() == frozenset()
    table.write_text(IPV4)
    now[0] = gateway.REMEMBERED
    assert ask() == frozenset()
    now[0] += 1
    assert ask() == {"192.168.1.1"}
