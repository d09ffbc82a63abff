"""The replies that the SMTP server gives by itself, each named once."""

from typing import Final

from hawknest.wire.smtp.reply import Reply

OK: Final = Reply(250, (2, 0, 0), "OK")
SENDER_OK: Final = Reply(250, (2, 1, 0), "Sender accepted")
RECIPIENT_OK: Final = Reply(250, (2, 1, 5), "Recipient accepted")
GO_AHEAD: Final = Reply(354, None, "Send the letter, and a line with a single dot at its end")
GO_AHEAD_TLS: Final = Reply(220, (2, 0, 0), "Begin TLS now")
BYE: Final = Reply(221, (2, 0, 0), "Goodbye")
CHUNK_OK: Final = Reply(250, (2, 0, 0), "Received")
AUTHENTICATED: Final = Reply(235, (2, 7, 0), "Welcome")
CANNOT_VERIFY: Final = Reply(252, (2, 5, 2), "Send a letter: if it is not refused, there is a mailbox")
HELP: Final = Reply(
    214, (2, 0, 0), "This is a mail server. Its commands are those of RFC 5321; a person needs none of them"
)

BAD_SEQUENCE: Final = Reply(503, (5, 5, 1), "Not now: another command must come first")
UNKNOWN_COMMAND: Final = Reply(500, (5, 5, 1), "I do not know this command")
NOT_IMPLEMENTED: Final = Reply(502, (5, 5, 1), "This server does not have this command")
BAD_SYNTAX: Final = Reply(501, (5, 5, 4), "The arguments of the command are wrong")
LINE_TOO_LONG: Final = Reply(500, (5, 5, 2), "The line is too long")
PARAMETER_UNKNOWN: Final = Reply(555, (5, 5, 4), "I do not know a parameter of this command")
TOO_BIG: Final = Reply(552, (5, 3, 4), "The letter is larger than this server takes")
ENDLESS: Final = Reply(421, (4, 3, 4), "The letter is far too large, and does not end: goodbye")
BARE_NEWLINE: Final = Reply(
    554,
    (5, 6, 0),
    "The letter has a line end that is not CRLF; your program must send CR and LF together (RFC 5321)",
)
BINARY_NEEDS_BDAT: Final = Reply(503, (5, 5, 1), "A BINARYMIME letter must be sent with BDAT")
NEEDS_SMTPUTF8: Final = Reply(553, (5, 6, 7), "The address needs SMTPUTF8 in the MAIL command")
REQUIRETLS_NEEDS_TLS: Final = Reply(530, (5, 7, 10), "REQUIRETLS is for a connection with TLS: use STARTTLS")
NO_RECIPIENTS: Final = Reply(554, (5, 5, 1), "No recipient was accepted")
AUTH_CANCELLED: Final = Reply(501, (5, 7, 0), "Authentication cancelled")
AUTH_TOO_LONG: Final = Reply(500, (5, 5, 6), "The line is too long")
BAD_BASE64: Final = Reply(501, (5, 5, 2), "That is not base64")
NO_SUCH_MECHANISM: Final = Reply(504, (5, 5, 4), "I do not offer this way of authentication")
NEEDS_TLS: Final = Reply(538, (5, 7, 11), "Encryption is needed first: use TLS")
TOO_MANY_ERRORS: Final = Reply(421, (4, 7, 0), "Too many errors: goodbye")
NOT_HTTP: Final = Reply(421, (4, 7, 0), "This is a mail server, not a web server")
TIMED_OUT: Final = Reply(421, (4, 4, 2), "Nothing was heard for too long: goodbye")
STOPPING: Final = Reply(421, (4, 3, 2), "This server stops now; please come back later")
TOO_MANY_CONNECTIONS: Final = Reply(421, (4, 7, 0), "Too many connections at once; please come back later")
TLS_UNAVAILABLE: Final = Reply(454, (4, 7, 0), "TLS is not available now")
