"""A Dovecot as of old: Maildir, names below `INBOX.` with dots between, mailboxes with German names; import reads it, export fills it."""

import tempfile
from pathlib import Path

from interop.dovecot import Dovecot
from interop.programs import run

PASSWORD = "sesame street 9"
NAMESPACE = r"""namespace inbox {
  inbox = yes
  prefix = INBOX.
  separator = .
  mailbox Gesendet {
    auto = subscribe
    special_use = \Sent
  }
}
"""


class OldDovecot(Dovecot):
    """IMAP for mia and tom; `mechanisms` are those of SASL, of the capabilities only `capability` are told."""

    def __init__(self, *, mechanisms: str = "plain login scram-sha-256", capability: str = "") -> None:
        certificates = Path(tempfile.mkdtemp(prefix="hawknest-certificate-"))
        run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
            + ["-keyout", f"{certificates}/key.pem", "-out", f"{certificates}/chain.pem"]
        )
        super().__init__(
            certificates,
            ["mia", "tom"],
            PASSWORD,
            mechanisms=mechanisms,
            location="maildir:~/Maildir",
            namespace=NAMESPACE,
            more=f"imap_capability = {capability}" if capability else "",
        )

    def own(self) -> None:
        """Give all mail to Dovecot."""
        run(["chown", "-R", "mail:mail", self.mail])
