"""Install the real programs that the tests and the benchmark talk with: python tools/peers.py install|list.

They are Debian packages, installed where apt-get and root are at hand; elsewhere it is said what is missing, and the tests
that need it skip with the reason. Services are not started: the tests start what they need on loopback ports of their own.
One, mailauth, is a package of npm, installed beside the tests that ask it, in the versions of its lock file.
"""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pages

MAILAUTH = Path(__file__).parents[1] / "tests" / "interop" / "mailauth"

#: Package, and a file (or pattern) by which it is known to be there.
PEERS = {
    "postfix": "/usr/sbin/postfix",
    "dovecot-imapd": "/usr/lib/dovecot/imap",
    "dovecot-pop3d": "/usr/lib/dovecot/pop3",
    "dovecot-lmtpd": "/usr/lib/dovecot/lmtp",
    "postgresql": "/usr/share/postgresql-common/pg_wrapper",
    "swaks": "/usr/bin/swaks",
    "libnet-ssleay-perl": "/usr/lib/*/perl5/*/Net/SSLeay.pm",  # swaks needs it for TLS
    "msmtp": "/usr/bin/msmtp",
    "mpop": "/usr/bin/mpop",
    "curl": "/usr/bin/curl",
    "fetchmail": "/usr/bin/fetchmail",
    "getmail6": "/usr/bin/getmail",
    "mutt": "/usr/bin/mutt",
    "isync": "/usr/bin/mbsync",
    "offlineimap3": "/usr/bin/offlineimap",
    "thunderbird": "/usr/bin/thunderbird",
    "finger": "/usr/bin/finger",
    "testssl.sh": "/usr/bin/testssl",
    "knot": "/usr/sbin/knotd",
    "unbound": "/usr/sbin/unbound",
    "bind9-utils": "/usr/bin/named-checkzone",
    "opendkim": "/usr/sbin/opendkim",
    "opendkim-tools": "/usr/sbin/opendkim-testmsg",
    "opendmarc": "/usr/sbin/opendmarc",
    "postfix-policyd-spf-python": "/usr/bin/policyd-spf",
    "chromium": "/usr/bin/chromium",
    "pebble": "/usr/bin/pebble",  # an authority that gives certificates by itself
    "fonts-noto-cjk": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",  # so that pictures of Japanese pages can be read
}
POLICY = Path("/usr/sbin/policy-rc.d")  # says no to every service that a package wants to start


def missing() -> list[str]:
    """Name the packages that are not there."""
    return [package for package, file in PEERS.items() if not glob.glob(file)]


def install() -> int:
    """Install what is missing, where that is possible."""
    wanted = missing()
    if not wanted:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"not installed here: {' '.join(wanted)}; as root on Debian: apt install {' '.join(wanted)}")
        return 1
    print(f"installing real peers for the tests: {' '.join(wanted)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    answer = b"postfix postfix/main_mailer_type select No configuration\n"
    held = not POLICY.exists()
    if held:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        subprocess.run(["debconf-set-selections"], input=answer, check=False)
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False, stdout=subprocess.DEVNULL)
        apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted]
        done = subprocess.run(apt, env=environment, check=False, capture_output=True)
        if done.returncode:
            print(done.stderr.decode(errors="replace")[-2000:])
    finally:
        if held:
            POLICY.unlink()
    return 1 if missing() else 0


def install_mailauth() -> int:
    """Get the npm package that judges signatures, unless it is there."""
    lock, there = MAILAUTH / "package-lock.json", MAILAUTH / "node_modules" / ".hawknest-lock"
    if there.is_file() and there.read_text() == lock.read_text():
        return 0
    npm = pages.node_home("node_modules/npm/bin/npm-cli.js")
    words = "ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error".split()
    done = subprocess.run([pages.node_home("bin/node"), npm, *words], cwd=MAILAUTH, check=False)
    if not done.returncode:
        there.write_text(lock.read_text())
    return done.returncode


if __name__ == "__main__":
    if sys.argv[1:] == ["install"]:
        sys.exit(install() | install_mailauth())
    if sys.argv[1:] == ["list"]:
        print("\n".join(f"{package}: {'missing' if package in missing() else 'there'}" for package in PEERS))
        sys.exit(0)
    sys.exit(__doc__)
