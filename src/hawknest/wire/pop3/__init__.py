"""POP3 as a language: commands and the server side of a session. RFC 1939."""
