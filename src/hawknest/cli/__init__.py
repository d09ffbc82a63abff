"""The command line: one subcommand is one small function over the operations of the rooms below."""


def main() -> None:
    """Run the command that the arguments name."""
