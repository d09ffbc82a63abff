"""Structured events, counters, the journey of a letter."""
