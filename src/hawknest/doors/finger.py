"""The finger door: what a user chose to tell, and nothing else. RFC 1288."""
