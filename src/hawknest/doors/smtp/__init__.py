"""The SMTP door: MX, submission and LMTP are one door with different settings. RFC 5321, RFC 6409, RFC 2033."""

from hawknest.doors.smtp.rooms import Rooms, Settings
from hawknest.doors.smtp.session import serve

__all__ = ["Rooms", "Settings", "serve"]
