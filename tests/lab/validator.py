"""A validating resolver: unbound, which asks the lab's authority for everything and trusts its root. It keeps nothing.

Zones that unbound has built in as empty (127.in-addr.arpa, test, …) are asked for like others.
"""

from pathlib import Path

from interop.programs import need, run
from lab.ports import Program, free_port

ADDRESS = "127.0.0.1"
#: Zones that unbound answers itself unless told otherwise.
_BUILT_IN = (
    "127.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "test",
)

_CONFIG = """
server:
  interface: {address}
  port: {port}
  outgoing-interface: 127.0.0.1
  do-not-query-localhost: no
  do-ip6: no
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  num-threads: 1
  module-config: "validator iterator"
  trust-anchor-file: "{directory}/anchor"
  trust-anchor-signaling: no
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  infra-host-ttl: 1
  val-bogus-ttl: 0
  val-log-level: 2
  aggressive-nsec: no
  unblock-lan-zones: yes
  insecure-lan-zones: no
{built_in}
remote-control:
  control-enable: yes
  control-interface: "{directory}/unbound.sock"
  control-use-cert: no
forward-zone:
  name: "."
  forward-addr: {upstream}@{upstream_port}
"""


class Validator:
    """The resolver, for as long as a session of tests."""

    def __init__(self, directory: Path, upstream: tuple[str, int], anchor: str) -> None:
        self.port = free_port()
        unbound, self._control = need("unbound"), need("unbound-control")
        self._config = directory / "unbound.conf"
        (directory / "anchor").write_text(anchor + "\n")
        self._config.write_text(
            _CONFIG.format(
                address=ADDRESS,
                port=self.port,
                directory=directory,
                upstream=upstream[0],
                upstream_port=upstream[1],
                built_in="\n".join(f'  local-zone: "{zone}." nodefault' for zone in _BUILT_IN),
            )
        )
        self._program = Program([unbound, "-d", "-c", self._config], directory / "unbound.log")
        try:
            self._program.await_port(self.port)
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self) -> tuple[str, int]:
        """Its address and port."""
        return ADDRESS, self.port

    def forget(self, zone: str) -> None:
        """Forget what it has found out about a zone's keys."""
        run([self._control, "-c", self._config, "flush_zone", zone])

    def stop(self) -> None:
        self._program.stop()
