"""In which language the words of an answer are: what is asked for, else what the browser asks for, else English."""

from typing import Literal

from hawknest.doors.web.errors import refused
from hawknest.doors.web.route import Ask

Language = Literal["en", "ja"]


def language(ask: Ask) -> Language:
    """Read the language that is wanted (RFC 9110 §12.5.4). Raises Problem."""
    asked = ask.query.get("language", "")
    if asked not in {"", "en", "ja"}:
        raise refused("language must be en or ja", "language")
    accepted = ask.request.headers.get("accept-language", "").strip().lower()
    return "ja" if asked == "ja" or (not asked and accepted.startswith("ja")) else "en"
