"""What an owner can do wrong with domains, users and the rest; the text tells what to do instead."""


class AccountError(ValueError):
    """The change cannot be made; the message is for the owner."""
