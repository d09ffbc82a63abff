"""Mail for one house: SMTP in and out, POP3, IMAP, webmail and administration over one store."""

__version__ = "0.1.0"
