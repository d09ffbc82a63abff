"""Binding, and what it says to the person who chose the address."""

import contextlib
import os
import socket
import subprocess
import sys
import threading

import pytest

from hawknest.net.listen import BindError, bind, bind_for


def test_port_zero_takes_a_free_one() -> None:
    with bind("127.0.0.1", 0) as sock:
        assert sock.getsockname()[1] > 0


def test_several_workers_share_a_port_and_nobody_else_does() -> None:
    shared = bind_for(3, "127.0.0.1", 0)
    ports = {sock.getsockname()[1] for sock in shared}
    assert len(shared) == 3
    assert len(ports) == 1
    for count in (1, 2):
        with pytest.raises(BindError, match="in use"):
            bind_for(count, "127.0.0.1", *ports)
    for sock in shared:
        sock.close()
    for sock in bind_for(2, "127.0.0.1", *ports):
        sock.close()


def test_another_hawknest_is_called_so() -> None:
    code = "import socket; held = socket.create_server(('127.0.0.1', 0)); print(held.getsockname()[1], flush=True); input()"
    command = [sys.executable, "-c", code, "hawknest"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(BindError, match=rf"in use by another Hawknest \(process {other.pid}\)"):
            bind("127.0.0.1", port)
        other.stdin.close()


def test_connections_are_divided_among_workers() -> None:
    shared = bind_for(2, "127.0.0.1", 0)
    there = shared[0].getsockname()
    clients = [socket.create_connection(there) for _ in range(64)]
    each: list[int] = []
    for sock in shared:
        with sock, contextlib.suppress(BlockingIOError):
            each.append(0)
            while True:
                sock.accept()[0].close()
                each[-1] += 1
    for client in clients:
        client.close()
    assert sum(each) == 64
    assert min(each) > 0  # all on one side: once in 2^63 times


def test_ipv6_is_its_own_listener() -> None:
    try:
        sock = bind("::1", 0)
    except BindError:
        pytest.skip("this machine has no IPv6 loopback")
    with sock, bind("127.0.0.1", sock.getsockname()[1]) as other:
        assert other.getsockname()[1] == sock.getsockname()[1]


def test_a_port_in_use_names_its_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BindError) as error:
            bind("127.0.0.1", port)
    text = str(error.value)
    assert f"127.0.0.1:{port}" in text
    assert "in use" in text
    assert f"(process {os.getpid()})" in text


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(BindError, match="does not have the address"):
        bind("192.0.2.1", 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not bind low ports")
def test_low_ports_say_what_to_do() -> None:
    """A thread drops its rights alone: credentials belong to threads in Linux."""
    said: list[str] = []

    def attempt() -> None:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall(117, 65534, 65534, 65534)  # setresuid on x86_64, for this thread only
        if os.uname().machine != "x86_64":
            return
        try:
            bind("127.0.0.1", 1)
        except BindError as error:
            said.append(str(error))

    if os.uname().machine != "x86_64":
        pytest.skip("the number of the system call is x86_64's")
    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    if not said:
        pytest.skip("this kernel lets everybody bind low ports")
    assert "CAP_NET_BIND_SERVICE" in said[0]
