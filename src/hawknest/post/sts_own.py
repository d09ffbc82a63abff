"""The MTA-STS policy of our own domains: how others are to send to us. RFC 8461 §3.2.

It is `testing` from the start: others then tell of trouble in their TLS reports, and no letter is lost by it. `enforce` makes our
certificate a condition of all mail from whoever keeps to it, so it is for the owner to say when the reports have been good for
some weeks. Switched off, the policy says `none` instead of being gone: whoever still keeps one of us learns that nothing holds any
more (RFC 8461 §8.3), while to a page that is missing they would not listen.
"""

from typing import Final

from hawknest.trust import mtasts
from hawknest.trust.mtasts import Mode

#: Seconds for which others may keep it. A week is long enough that who hides it from them has to do so for a week, and
#: short enough to get over a mistake.
AGES: Final = {Mode.ENFORCE: 7 * 86400, Mode.TESTING: 86400, Mode.NONE: 86400}


def policy(hostname: str, setting: str) -> tuple[str, str]:
    """Give the id of the policy of every domain of ours, and its text.

    Args:
        hostname: what MX records name us by.
        setting: the policy setting `mta_sts`: off, testing or enforce.
    """
    mode = Mode.NONE if setting == "off" else Mode(setting)
    return mtasts.own([] if mode is Mode.NONE else [hostname.lower()], mode, AGES[mode])
