"""The IMAP door: RFC 9051, RFC 3501 and what helps their clients. One file a command."""

from hawknest.doors.imap.images import Images
from hawknest.doors.imap.rooms import Rooms, Settings
from hawknest.doors.imap.session import serve

__all__ = ["Images", "Rooms", "Settings", "serve"]
