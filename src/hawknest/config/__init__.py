"""hawknest.toml as frozen values: what one node needs to be a nest.

What the owner changes while the nest runs (domains, users, policies) is in the database, not here.
"""

from hawknest.config.fields import FILE, Config, ConfigError, Contents, Listener, Route, endpoint
from hawknest.config.read import load, parse
from hawknest.config.services import SERVICES, Profile, Service, Tls
from hawknest.config.write import description, profile, render, replace_file, set_key, toml

__all__ = [
    "FILE",
    "SERVICES",
    "Config",
    "ConfigError",
    "Contents",
    "Listener",
    "Profile",
    "Route",
    "Service",
    "Tls",
    "description",
    "endpoint",
    "load",
    "parse",
    "profile",
    "render",
    "replace_file",
    "set_key",
    "toml",
]
