"""Build the generated documents, or check that they are true: python tools/docs.py [--check]."""

import sys


def main() -> int:
    """Write, or with --check compare, every generated document."""
    return 0


if __name__ == "__main__":
    sys.exit(main())
