"""Domains, addresses, credentials: who lives here and how they prove it."""
