"""The POP3 door: one maildrop, opened with a password, read, and closed. RFC 1939."""
