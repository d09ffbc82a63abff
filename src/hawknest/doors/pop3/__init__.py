"""The POP3 door: one maildrop, opened with a password, read, and closed. RFC 1939."""

from hawknest.doors.pop3.maildrop import LEASE, Maildrops
from hawknest.doors.pop3.rooms import Rooms, Settings
from hawknest.doors.pop3.session import serve

__all__ = ["LEASE", "Maildrops", "Rooms", "Settings", "serve"]
