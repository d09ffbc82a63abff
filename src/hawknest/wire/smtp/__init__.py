"""SMTP as a language: commands, replies and both ends of a session. RFC 5321."""
