"""Let `python -m hawknest` be the command line."""

from hawknest.cli import main

if __name__ == "__main__":
    main()
