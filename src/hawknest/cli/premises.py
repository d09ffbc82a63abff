"""What records depend on, as the command line finds it: with the ports that the running server really has open."""

from hawknest.app.premises import premises
from hawknest.config import Config
from hawknest.net.control import ControlError, ask
from hawknest.post.facts import Premises


def premises_of(config: Config) -> Premises:
    """Tell what is known; without a server that runs, the ports are those of the configuration."""
    try:
        listeners = ask(config.socket, "status", timeout=2.0)["listeners"]
    except ControlError:
        return premises(config)
    return premises(config, [(one["service"], one["port"]) for one in listeners])
