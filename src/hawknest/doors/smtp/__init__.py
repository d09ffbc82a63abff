"""The SMTP door: MX, submission and LMTP are one door with different settings."""
