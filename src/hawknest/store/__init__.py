"""The store: letters, mailboxes and queue rows, durable and in one transaction."""
