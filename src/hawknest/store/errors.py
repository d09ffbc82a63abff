"""What can go wrong with the store.

StoreError
├── StoreFull       no room on the disk: nothing was changed, the peer may try again later
├── StoreGone       the database is out of reach or broken: likewise
│   └── FileGone    the file of one letter is not there any more
├── Conflict        another worker or node was at the same rows: run the job again
└── SchemaTooNew    a newer Hawknest has been here: this one must not touch the data
"""


class StoreError(Exception):
    """The store could not do what was asked; nothing was changed."""


class StoreFull(StoreError):
    """There is no room left on the disk."""


class StoreGone(StoreError):
    """The database cannot be reached, or answers with an error of its own."""


class FileGone(StoreGone):
    """The file that holds the octets of a letter is not there any more."""


class Duplicate(StoreError):
    """A row breaks a rule of the schema: its name is taken, or what it points to is not there."""


class Conflict(StoreError):
    """Another worker or node changed the same rows at the same time; the job may be run again."""


class SchemaTooNew(StoreError):
    """The data was written by a newer version of the program."""
