"""The doors: one protocol each, never importing one another."""
