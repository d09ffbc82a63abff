"""The unit that `hawknest service install` writes, under a real systemd: readiness, watchdog, kill, stop, reload, rights.

One systemd is booted in a box and the tests follow one another in it, as the days of a server do.
"""

import os
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from systemdbox import BASE, Box

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("systemd")]

DATA = Path("/var/lib/hawknest")
BACK = 5.0  # seconds until a killed server must answer again
CAP_NET_BIND_SERVICE = 1 << 10


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("systemd") / f"box{os.getpid()}")
    try:
        made.boot()
        made.install_program()
        made.hawknest(
            *("init", "--data", DATA, "--hostname", "mx.example.org", "--domain", "example.org"),
            *("--admin", "mia@example.org", "--password-stdin"),
            stdin="sesame street 9\n",
        )
        made.hawknest("exempt", "add", "127.0.0.1", "--data", DATA)
        made.hawknest("service", "install", "--data", DATA)
        yield made
    finally:
        made.end()


def send(box: Box, to: str, *, size: int = 100) -> None:
    box.python(
        textwrap.dedent(f"""
        import smtplib
        with smtplib.SMTP("127.0.0.1", 25, timeout=10) as smtp:
            smtp.sendmail("mia@example.org", ["{to}"], b"Subject: x\\r\\n\\r\\n" + b"0123456789\\r\\n" * {size // 12})
        """)
    )


def letters(box: Box) -> int:
    return int(
        box.python(
            textwrap.dedent("""
            import poplib, ssl
            context = ssl._create_unverified_context()
            pop = poplib.POP3_SSL("127.0.0.1", 995, context=context, timeout=10)
            pop.user("mia@example.org"); pop.pass_("sesame street 9")
            print(pop.stat()[0])
            pop.quit()
            """)
        )
    )


def back(box: Box, seconds: float) -> float:
    """Wait until port 25 greets, at most some seconds, and tell how long it took."""
    box.python(
        textwrap.dedent(f"""
        import socket, time
        end = time.monotonic() + {seconds}
        while True:
            try:
                with socket.create_connection(("127.0.0.1", 25), timeout=2) as one:
                    assert one.recv(3) == b"220"
                    break
            except OSError:
                assert time.monotonic() < end, "nobody answers"
                time.sleep(0.05)
        """)
    )
    return time.monotonic()


def test_it_runs_and_answers_as_soon_as_systemd_says_so(box: Box) -> None:
    assert (box.asked("Type"), box.asked("ActiveState"), box.asked("SubState")) == (
        "notify",
        "active",
        "running",
    )
    assert box("systemctl", "is-enabled", "hawknest") == "enabled"
    before = letters(box)
    send(box, "mia@example.org")
    box("systemctl", "restart", "hawknest")
    send(box, "mia@example.org", size=300_000)  # ready means ready; and this one is a file
    assert letters(box) == before + 2


def test_what_the_system_user_could_not_reach_is_said_before_anything_starts(box: Box) -> None:
    home, text = Path("/srv/closed/nest"), box("cat", DATA / "hawknest.toml")
    box("mkdir", "-m", "0700", home.parent)
    for data in (home, Path("/tmp/nest")):
        box.hawknest(
            *("init", "--data", data, "--hostname", "mx.example.org", "--admin", "mia@example.org"),
            "--password-stdin",
            stdin="sesame street 9\n",
        )
    for data, reason in ((home, "may not enter /srv/closed"), (Path("/tmp/nest"), "own /tmp")):
        done = box.try_(box.program, "service", "install", "--data", data)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
        assert reason in done.stderr
    box(
        "tee",
        DATA / "hawknest.toml",
        stdin=text.replace('#certificate = ""', 'certificate = "/root/chain.pem"') + "\n",
    )
    done = box.try_(box.program, "service", "install", "--data", DATA)
    box("tee", DATA / "hawknest.toml", stdin=text + "\n")
    assert "may not read /root/chain.pem" in done.stderr, done
    box("cp", "-r", "/opt/hawknest", home.parent)
    copy = home.parent / "hawknest" / "bin"
    box("sed", "-i", f"1s,/opt/,{home.parent}/,", copy / "hawknest")
    done = box.try_(copy / "hawknest", "service", "install", "--data", DATA)
    assert "may not run the program" in done.stderr, done
    assert box.asked("ActiveState") == "active"


def test_a_server_that_cannot_start_says_why(box: Box) -> None:
    box("systemctl", "stop", "hawknest")
    listen = "import socket, time; held = socket.create_server(('', 110)); time.sleep(60)"
    other = box("sh", "-c", f'{BASE} -c "{listen}" >/dev/null 2>&1 & echo $!; sleep 0.5')
    done = box.try_(box.program, "service", "install", "--data", DATA)
    box("kill", other)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done
    assert "port is in use" in done.stderr
    back(box, 3 * BACK)  # systemd tries again


def test_it_is_not_root_and_may_only_bind_low_ports(box: Box) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in box("cat", f"/proc/{box.asked('MainPID')}/status").splitlines()
        if ":\t" in line
    )
    user = box("id", "-u", "hawknest")
    assert set(status["Uid"].split()) == {user}
    for name in ("CapEff", "CapPrm", "CapBnd"):
        assert int(status[name], 16) & ~CAP_NET_BIND_SERVICE == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert box("find", DATA, "!", "-user", "hawknest") == ""
    assert box("find", DATA, "-perm", "/027", "-not", "-type", "l", "-not", "-type", "s") == ""


def test_the_owner_can_ask_it_and_change_it(box: Box) -> None:
    assert '"state": "running"' in box.hawknest("status", "--data", DATA, "--json")
    box.hawknest(
        "user", "add", "tom@example.org", "--data", DATA, "--password-stdin", stdin="another long one\n"
    )
    send(box, "tom@example.org")
    box.hawknest("config", "set", "log.level", "debug", "--data", DATA)
    box.hawknest("reload", "--data", DATA)
    assert box("find", DATA, "!", "-user", "hawknest") == ""


def test_killed_it_is_back_with_the_queue_intact(box: Box) -> None:
    box.hawknest("suspend", "--data", DATA)
    send(box, "far@[127.0.0.9]")
    before = letters(box)
    took: list[float] = []
    for _ in range(2):
        process = box.asked("MainPID")
        begin = time.monotonic()
        box("kill", "-KILL", process)
        took.append(back(box, 3 * BACK) - begin)
        assert box.asked("MainPID") != process
    assert min(took) < BACK
    assert '"pending": 1' in box.hawknest("status", "--data", DATA, "--json")
    assert letters(box) == before


@pytest.mark.parametrize("workers", [1, 2])
def test_one_that_hangs_is_started_again(box: Box, workers: int) -> None:
    box("sed", "-i", f"s/^#*workers = .*/workers = {workers}/", DATA / "hawknest.toml")
    drop_in = "/etc/systemd/system/hawknest.service.d"
    box("mkdir", "-p", drop_in)
    box("tee", f"{drop_in}/soon.conf", stdin="[Service]\nWatchdogSec=2\n")
    box("systemctl", "daemon-reload")
    box("systemctl", "restart", "hawknest")
    time.sleep(3)
    assert box.asked("NRestarts") == "0"  # it is alive, and says so in time
    process = box.asked("MainPID")
    box("kill", "-STOP", process)
    end = time.monotonic() + 30
    while box.asked("NRestarts") == "0":
        assert time.monotonic() < end, "a server that hangs is left alone"
        time.sleep(0.2)
    back(box, 3 * BACK)
    assert box.asked("MainPID") != process


def test_a_changed_certificate_and_file_need_no_restart(box: Box) -> None:
    process = box.asked("MainPID")
    box("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
        "-subj", "/CN=fresh.example.org", "-keyout", DATA / "key.pem", "-out", DATA / "chain.pem")  # fmt: skip
    box("chown", "hawknest", DATA / "key.pem", DATA / "chain.pem")
    text = box("cat", DATA / "hawknest.toml")
    assert '#certificate = ""' in text
    text = text.replace('#certificate = ""', 'certificate = "chain.pem"').replace(
        '#key = ""', 'key = "key.pem"'
    )
    box("tee", DATA / "hawknest.toml", stdin=text + "\n")
    box("systemctl", "reload", "hawknest")
    end = time.monotonic() + 10
    while "fresh.example.org" not in box(
        "sh", "-c", "openssl s_client -connect 127.0.0.1:465 </dev/null 2>&1"
    ):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert box.asked("MainPID") == process


def test_a_stop_finishes_the_letter_that_is_coming_in(box: Box) -> None:
    before = letters(box)
    said = box.python(
        textwrap.dedent("""
        import socket, subprocess
        one = socket.create_connection(("127.0.0.1", 25), timeout=20)
        heard = one.makefile("rb")
        heard.readline()
        for line in ("HELO x", "MAIL FROM:<ann@example.com>", "RCPT TO:<mia@example.org>", "DATA"):
            one.sendall(line.encode() + b"\\r\\n")
            heard.readline()
        one.sendall(b"Subject: slow\\r\\n\\r\\n")
        stop = subprocess.Popen(["systemctl", "stop", "hawknest"])
        while subprocess.run(["systemctl", "is-active", "-q", "hawknest"]).returncode == 0:
            pass
        one.sendall(b"the end\\r\\n.\\r\\n")
        print(heard.readline().decode(), heard.readline().decode(), stop.wait(60))
        """)
    )
    words = said.split()
    assert (words[0], "421" in words, words[-1]) == ("250", True, "0"), said
    assert (box.asked("Result"), box.asked("ExecMainStatus"), box.asked("ActiveState")) == (
        "success",
        "0",
        "inactive",
    )
    box("systemctl", "start", "hawknest")
    assert letters(box) == before + 1


def test_without_systemd_root_opens_the_ports_and_is_root_no_more(box: Box) -> None:
    box("systemctl", "stop", "hawknest")
    text = box("cat", DATA / "hawknest.toml")
    box("tee", DATA / "hawknest.toml", stdin='user = "hawknest"\n' + text + "\n")
    process = box("sh", "-c", f"setsid {box.program} serve --data {DATA} >/dev/null 2>&1 & echo $!")
    back(box, 3 * BACK)
    status = box("grep", "-E", "^(Uid|Gid|Groups|CapEff)", f"/proc/{process}/status")
    send(box, "mia@example.org", size=300_000)
    box.hawknest("stop", "--data", DATA)
    box("tee", DATA / "hawknest.toml", stdin=text + "\n")
    box("systemctl", "start", "hawknest")
    user, group = box("id", "-u", "hawknest"), box("id", "-g", "hawknest")
    words = [line.split() for line in status.splitlines()]
    assert words == [["Uid:", *4 * [user]], ["Gid:", *4 * [group]], ["Groups:"], ["CapEff:", 16 * "0"]]


def test_uninstalled_it_leaves_the_data(box: Box) -> None:
    box.hawknest("service", "uninstall")
    assert box.try_("systemctl", "is-active", "hawknest").stdout.strip() == "inactive"
    box("test", "-f", DATA / "hawknest.sqlite")
    assert box.try_("test", "-e", "/etc/systemd/system/hawknest.service").returncode != 0
