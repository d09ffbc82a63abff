"""SASL mechanisms as generators: response = yield challenge."""
