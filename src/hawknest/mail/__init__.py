"""The letter as a value: addresses, headers, envelopes, built messages, reports."""
