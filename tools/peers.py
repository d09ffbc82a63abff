"""Install the real programs that the tests talk with, where apt-get and root are at hand: python tools/peers.py install."""

import sys

if __name__ == "__main__":
    sys.exit(0)
