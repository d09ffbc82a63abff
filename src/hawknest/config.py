"""hawknest.toml as frozen values."""
