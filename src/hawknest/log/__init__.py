"""The log: structured events, counters, conversations.

    log = Log(settings)
    log.delivery.info("filed", letter=letter_id, session=session_id, size=size)

One event is one JSON line with time, category, level, event, and whatever fields it carries; those called `session` and
`letter` are what a line is found by. A category or level that is switched off costs a call of an empty function. Lines are
gathered in memory and written by a thread a moment later, so that nobody who logs ever waits for the disk; a process that
is killed loses that moment. Several processes append whole lines to the same file.
"""

from hawknest.log.conversation import Conversation
from hawknest.log.events import CATEGORIES, Channel, Level, Log, Settings

__all__ = ["CATEGORIES", "Channel", "Conversation", "Level", "Log", "Settings"]
