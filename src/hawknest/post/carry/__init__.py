"""Bringing whole mailboxes in and out: from and to Maildir, mbox, archives of either, and other IMAP servers.

A source yields letters one after another, a sink takes them; neither knows the other. Both hold one letter at a time, so
that the number and the size of letters cost no memory:

    tree     entries of a directory or an archive      -> letters      `reading` (with `maildir`, `mbox`)
    imap     another server                            -> letters      `imapin`
    store    a user's mailboxes                        -> letters      `leaving`
    letters -> `filing` (the store), `writing` (Maildir or mbox, into a `box`), `imapout` (another server)

What was carried is remembered by the names that the letters have in their source: a second run brings what is new.
"""
