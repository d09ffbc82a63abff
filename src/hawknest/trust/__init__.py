"""Trust: what the network says about a letter's origin (checks arrive with their own issue)."""
