"""The self-test: the whole way of a letter through the running server, step by step, each broken step named, and what to do.

It logs in with a token that is good once and for minutes, so no address needs to be exempt from logging in for a test. It speaks
plain protocols to the server's own ports, as mail programs do, and blocks: it is for a thread.
"""

from hawknest.post.selftest.steps import run
from hawknest.post.selftest.trial import House, Step, Trial

__all__ = ["House", "Step", "Trial", "run"]
