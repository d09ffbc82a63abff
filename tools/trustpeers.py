"""What `./dev bench trust` starts: a resolver that knows one sender, Hawknest with all its checks, and Debian's Postfix with what is put beside it.

Postfix asks policyd-spf for SPF and hands letters to OpenDKIM and OpenDMARC, then to Dovecot: all as Debian ships them, except that
they look at letters from this machine too, and that they ask the same resolver as Hawknest does. They find their resolver in
/etc/resolv.conf, so they are started where that is another file (unshare), and the machine's own stays as it is.
"""

import base64
import contextlib
import hashlib
import poplib
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa

import benchpeers
from benchpeers import Hawknest, PostfixDovecot, quiet, wait_for_port
from hawknest import store
from hawknest.accounts import exempt, settings
from hawknest.trust import canonical
from hawknest.trust.canonical import Body, Form
from hawknest.trust.dkim_sign import Signer, chosen, written

RESOLVER: Final = "127.77.0.1"  # at port 53, for no file says another
SENDER: Final = "sender.bench"
HOST: Final = "127.9.9.9"  # the sender's host; letters from 127.0.0.1 are this machine's own
MARK: Final = b"MARKMARKMARKMARK"  # what signedload.py puts another number for
MILTERS: Final = {"opendkim": 12891, "opendmarc": 12893}
NEEDED: Final = {
    "unbound": "/usr/sbin/unbound",
    "opendkim": "/usr/sbin/opendkim",
    "opendmarc": "/usr/sbin/opendmarc",
    "postfix-policyd-spf-python": "/usr/bin/policyd-spf",
}


def available() -> list[str]:
    """Say what is missing; an empty list: nothing."""
    missing = [package for package, file in NEEDED.items() if not Path(file).exists()]
    return benchpeers.available() + missing


class Resolver:
    """unbound, which knows the sender and nobody else."""

    def __init__(self, directory: Path, signer: Signer) -> None:
        self.directory = directory / "resolver"
        self.signer = signer
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.directory.mkdir()
        records = {
            f"{SENDER}. TXT": f"v=spf1 ip4:{HOST} -all",
            f"_dmarc.{SENDER}. TXT": "v=DMARC1; p=reject",
            f"{self.signer.selector}._domainkey.{SENDER}. TXT": self.signer.record,
        }
        lines = [f"local-data: '{name} {_strings(text)}'" for name, text in records.items()]
        lines += [
            f"local-data: '{SENDER}. A {HOST}'",
            f"local-data: '{SENDER}. MX 10 mx.{SENDER}.'",
            f"local-data: 'mx.{SENDER}. A {HOST}'",
            f"local-data: '9.9.9.127.in-addr.arpa. PTR mx.{SENDER}.'",
        ]
        text = f"""server:
  interface: {RESOLVER}
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "{self.directory}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  num-threads: 1
  module-config: "iterator"
  local-zone: "127.in-addr.arpa." static
  local-zone: "bench." static
  local-zone: "." static
"""
        (self.directory / "unbound.conf").write_text(text + "".join(f"  {line}\n" for line in lines))
        words = ["/usr/sbin/unbound", "-d", "-c", str(self.directory / "unbound.conf")]
        self.process = subprocess.Popen(words, stderr=(self.directory / "log").open("wb"))
        time.sleep(1)
        if self.process.poll() is not None:
            raise SystemExit(f"unbound does not start: {(self.directory / 'log').read_text()[-500:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)


class Checking(Hawknest):
    """Hawknest with all its checks, to which the load is a stranger; or, to see what they cost, without."""

    def __init__(self, directory: Path, *, checks: bool) -> None:
        self.name = "hawknest" if checks else "hawknest, unchecked"
        super().__init__(directory / ("checking" if checks else "unchecked"))
        self.checks = checks

    def _make(self) -> None:
        super()._make()
        file = self.directory / "hawknest.toml"
        text = re.sub(r"(?m)^\[dns\]\n", f'[dns]\nresolvers = ["{RESOLVER}"]\n', file.read_text())
        if RESOLVER not in text:
            text += f'\n[dns]\nresolvers = ["{RESOLVER}"]\n'
        file.write_text(text)
        connection = store.prepare(store.Settings(self.database), self.directory, lambda _: None).connect()
        connection.begin()
        exempt.remove(connection, "127.0.0.1")
        settings.set_policy(connection, "check_senders", "on" if self.checks else "off")
        connection.commit()
        connection.close()


class Milters(PostfixDovecot):
    """Postfix with policyd-spf, OpenDKIM and OpenDMARC, and Dovecot behind it."""

    name = "postfix+dovecot+opendkim+opendmarc+policyd-spf"

    def __init__(self, directory: Path, bench: Path) -> None:
        super().__init__(directory, bench)
        self.milters: list[subprocess.Popen[bytes]] = []

    def _run(self, word: str) -> None:
        if word == "start":
            self._start_milters()
        script = f"mount --bind {self.directory}/resolv.conf /etc/resolv.conf && exec bash {self.script} {word} {self.directory}"
        command = ["bash", str(self.script), word, str(self.directory)]
        quiet(["unshare", "-m", "bash", "-c", script] if word == "start" else command)
        if word == "setup":
            self._set_up()

    def _set_up(self) -> None:
        (self.directory / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
        with (self.directory / "pf" / "main.cf").open("a") as file:
            file.write(
                f"""smtpd_milters = {", ".join(f"inet:127.0.0.1:{port}" for port in MILTERS.values())}
milter_default_action = tempfail
milter_protocol = 6
smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service unix:private/policyd-spf
policyd-spf_time_limit = 3600
"""
            )
        with (self.directory / "pf" / "master.cf").open("a") as file:
            spf = self.directory / "policyd-spf.conf"
            file.write(f"policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf {spf}\n")
        (self.directory / "policyd-spf.conf").write_text(
            "debugLevel = 0\nTestOnly = 1\nHELO_reject = No_Check\nMail_From_reject = Fail\nPermError_reject = False\n"
            "TempError_Defer = False\nskip_addresses = 192.0.2.254/32\nHeader_Type = AR\nAuthserv_Id = mx.bench.local\n"
        )
        (self.directory / "nobody").write_text("192.0.2.254\n")
        (self.directory / "opendkim.conf").write_text(
            f"Mode v\nSocket inet:{MILTERS['opendkim']}@127.0.0.1\nAuthservID mx.bench.local\nSyslog no\n"
            f"InternalHosts {self.directory}/nobody\nBackground no\nAlwaysAddARHeader yes\nNameservers {RESOLVER}\nUserID opendkim\nUMask 007\n"
        )
        (self.directory / "opendmarc.conf").write_text(
            f"Socket inet:{MILTERS['opendmarc']}@127.0.0.1\nAuthservID mx.bench.local\nTrustedAuthservIDs mx.bench.local\n"
            f"RejectFailures true\nIgnoreHosts {self.directory}/nobody\nBackground false\nSyslog false\nUserID opendmarc\n"
            "PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat\n"
        )

    def _start_milters(self) -> None:
        group = benchpeers.CGROUPS / "bench-pd" / "milters"
        group.mkdir(parents=True, exist_ok=True)
        for name, words in (("opendkim", "-f -x"), ("opendmarc", "-f -c")):
            script = (
                f"echo $$ > {group}/cgroup.procs; mount --bind {self.directory}/resolv.conf /etc/resolv.conf && "
                f"exec /usr/sbin/{name} {words} {self.directory}/{name}.conf"
            )
            log = (self.directory / "log" / f"{name}.log").open("ab")
            self.milters.append(
                subprocess.Popen(["unshare", "-m", "bash", "-c", script], stdout=log, stderr=log)
            )
        for port in MILTERS.values():
            wait_for_port(port)

    def stop(self) -> None:
        super().stop()
        for process in self.milters:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
        self.milters.clear()


def _strings(text: str) -> str:
    """A TXT record's text, in strings of at most 255 octets."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))


def signer() -> Signer:
    """Make the sender's key."""
    return Signer(SENDER, "s1", rsa.generate_private_key(65537, 2048))


def letter(size: int, who: Signer) -> bytes:
    """Write a letter of a size, signed except for its Message-ID, in which the mark stands."""
    header = (
        f"From: Sender <sender@{SENDER}>\r\nTo: <user@bench.local>\r\nSubject: A letter that is looked over\r\n"
        "Date: Tue, 04 Mar 2025 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    ).encode()
    line = b"words that are neither new nor old, and a few more of them \r\n"
    body = line * (size // len(line) + 1)
    hashed = Body(Form.RELAXED, hashlib.sha256())
    hashed.update(body)
    names = ["from", "from", "to", "subject", "date", "mime-version", "content-type"]
    words = [
        "v=1;",
        f"a={who.algorithm};",
        "c=relaxed/relaxed;",
        f"d={who.domain};",
        f"s={who.selector};",
        f"h={':'.join(names)};",
        f"bh={base64.b64encode(hashed.digest()).decode()};",
    ]
    field = written("DKIM-Signature", words, chosen(canonical.fields(header), names), who.key)
    return field + header + b"Message-ID: <" + MARK + b"@" + SENDER.encode() + b">\r\n\r\n" + body


def delivered(peer: Any) -> str:
    """The header of a letter that lies in the first mailbox, on one line."""
    box = poplib.POP3("127.0.0.1", peer.pop3)
    box.user("user0@bench.local")
    box.pass_("x")
    lines = box.top(1, 0)[1]
    box.quit()
    return " ".join(line.decode("utf-8", "replace").strip() for line in lines)
