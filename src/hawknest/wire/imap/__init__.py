"""IMAP4rev2 and IMAP4rev1 as a language: values, grammar and the server's engine. RFC 9051, RFC 3501."""
