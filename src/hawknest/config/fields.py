"""What hawknest.toml can say: one struct a table, one documented field a key.

The description of a field is the only text about it: docs/config.md, `hawknest config reference` and the comments of a
new file are made of it. Each room keeps its own settings; the methods here build those from the file.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hawknest import log, store
from hawknest.config.services import Profile, Tls
from hawknest.net import acme, listen, tls

FILE: Final = "hawknest.toml"


class ConfigError(Exception):
    """A setting that cannot be used; the text names file, line and key, and says what would do."""


Port = Annotated[int, Meta(ge=0, le=65535)]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Listener(Table, frozen=True, kw_only=True):
    """An address and port where one service answers. The table stands as often as there are such places."""

    service: Annotated[str, Meta(description="Which protocol is spoken here; see the list of services.")]
    address: Annotated[
        str,
        Meta(
            description="The IP address of this machine to listen on: `127.0.0.1` for this machine alone, `0.0.0.0` for all of IPv4, `::` for all of IPv6."
        ),
    ] = "127.0.0.1"
    port: Annotated[
        Port | None,
        Meta(
            description="The TCP port; 0 takes any free one, which `hawknest status` shows. Without it: the service's standard port."
        ),
    ] = None
    tls: Annotated[
        Tls | None,
        Meta(
            description="How TLS begins: `none`, `starttls` (offered in the conversation) or `implicit` (from the first octet). Without it: what the service usually does."
        ),
    ] = None
    enabled: Annotated[
        bool, Meta(description="Whether to listen at all; false closes the port and keeps the entry.")
    ] = True
    allow: Annotated[
        list[str],
        Meta(
            description='Networks that may connect, such as `["127.0.0.0/8", "192.168.1.0/24"]`; empty: everybody.'
        ),
    ] = []
    admin: Annotated[
        bool,
        Meta(
            description="For http and https: whether the nest can be administered here; else there are only the pages of its users."
        ),
    ] = False


class Database(Table, frozen=True, kw_only=True):
    """Where users, letters and the queue are kept."""

    url: Annotated[
        str,
        Meta(
            description="A `postgresql://` URL for a database that several machines share; empty: an SQLite file in the data directory."
        ),
    ] = ""
    readers: Annotated[
        int, Meta(ge=1, le=64, description="Threads that read from the database, for each worker.")
    ] = 4

    def __repr__(self) -> str:
        """A URL may hold a password."""
        return f"Database(url={'***' if self.url else ''!r}, readers={self.readers})"


class Letters(Table, frozen=True, kw_only=True):
    """How letters are kept."""

    inline: Annotated[
        int,
        Meta(
            ge=0,
            le=64 * 1024 * 1024,
            description="Octets up to which a letter lies in the database itself; larger ones are files in `blobs`.",
        ),
    ] = 128 * 1024


class Dns(Table, frozen=True, kw_only=True):
    """Whom to ask for names."""

    resolvers: Annotated[
        list[str],
        Meta(
            description="Resolvers to ask, in this order, as `address` or `address:port` (`[::1]:5353` with IPv6). Empty: those of this machine (/etc/resolv.conf)."
        ),
    ] = []
    trusted: Annotated[
        list[str],
        Meta(
            description="Addresses of resolvers whose word on DNSSEC is believed because nobody can come between; those on loopback always are."
        ),
    ] = []
    timeout: Annotated[
        float,
        Meta(gt=0, le=120, description="Seconds until an answer is given up and the next resolver asked."),
    ] = 5.0

    def endpoints(self) -> list[tuple[str, int]]:
        """The resolvers as address and port. Raises ValueError in plain words."""
        return [endpoint(text, 53) for text in self.resolvers]


class Coach(Table, frozen=True, kw_only=True):
    """Whom `hawknest coach` may ask, besides the name servers of the domain itself."""

    strangers: Annotated[
        bool,
        Meta(
            description="Whether it may ask strangers where nothing else is said below: greet the mail servers of some large domains, ask blocklists, and ask a web server for the time. With the profile `local` it asks only whom the keys below name."
        ),
    ] = True
    greeters: Annotated[
        list[str],
        Meta(
            description="Domains whose mail servers it connects to for a moment, to see whether port 25 is open on the way out. Empty: gmail.com, outlook.com and yahoo.co.jp."
        ),
    ] = []
    blocklists: Annotated[
        list[str],
        Meta(
            description="Blocklists that it asks for this server's address. Empty: zen.spamhaus.org, bl.spamcop.net and psbl.surriel.com."
        ),
    ] = []
    time: Annotated[
        str,
        Meta(
            description="The URL of a web server whose time it compares the clock with. Empty: that of Let's Encrypt."
        ),
    ] = ""
    compare: Annotated[
        list[str],
        Meta(
            description="Public resolvers that it compares with, as `address` or `address:port`, to see who still has an old answer. Empty: none."
        ),
    ] = []
    checker: Annotated[
        str,
        Meta(
            description='The URL of a checker of your own outside, with `{host}` and `{port}` in it, that answers with JSON such as `{"open": true}`. Empty: there is none.'
        ),
    ] = ""
    echo: Annotated[
        str,
        Meta(
            description="An address elsewhere that answers every letter; a test letter is sent there and awaited back. Empty: none is."
        ),
    ] = ""
    port: Annotated[Port, Meta(description="Where name servers are asked; 53 except in a laboratory.")] = 53

    def endpoints(self) -> list[tuple[str, int]]:
        """The public resolvers as address and port. Raises ValueError in plain words."""
        return [endpoint(text, 53) for text in self.compare]


class Outbound(Table, frozen=True, kw_only=True):
    """How letters leave for other servers."""

    port: Annotated[
        Port, Meta(description="The port that other mail servers are reached at; 25 except in a laboratory.")
    ] = 25
    address: Annotated[
        str,
        Meta(
            description="The IP address of this machine that letters leave from; empty: the system chooses."
        ),
    ] = ""
    sts_port: Annotated[
        Port,
        Meta(
            description="The port of HTTPS that other domains' MTA-STS policies are fetched from; 443 except in a laboratory."
        ),
    ] = 443


class Route(Table, frozen=True, kw_only=True):
    """A smart host: the server that letters to some domains, or to all, are handed to. The table may stand often; the most exact match wins."""

    match: Annotated[
        str,
        Meta(
            description="Which letters take this route: `*` all, `example.org` those to that domain, `.example.org` those to its subdomains."
        ),
    ] = "*"
    host: Annotated[str, Meta(min_length=1, description="The name or IP address of the server.")]
    port: Annotated[Port, Meta(description="Its port, usually 587, 465 or 25.")] = 587
    tls: Annotated[
        Tls,
        Meta(
            description="`implicit` (port 465), `starttls` (required, port 587), or `none` for a server on this machine."
        ),
    ] = Tls.STARTTLS
    spf: Annotated[
        str,
        Meta(
            description="What the SPF record of your domains must say so that this server may send for them, such as `include:spf.provider.example`; the provider tells it. `hawknest domain records` puts it in."
        ),
    ] = ""
    user: Annotated[str, Meta(description="The name to log in with; empty: no login.")] = ""
    password: Annotated[
        str, Meta(description="The password to log in with; `password_file` keeps it out of this file.")
    ] = ""
    password_file: Annotated[
        str,
        Meta(
            description="A file whose first line is the password; a relative path starts at the data directory."
        ),
    ] = ""
    failover: Annotated[
        bool,
        Meta(
            description="Whether letters take this route only where they cannot go straight: their destination refuses this "
            "server's address, or port 25 is shut (policy `failover`)."
        ),
    ] = False

    def __repr__(self) -> str:
        """Never the password."""
        return f"Route(match={self.match!r}, host={self.host!r}, port={self.port}, tls={self.tls!r}, user={self.user!r})"

    def secret(self, directory: Path) -> str:
        """The password, from the file where there is one. Raises ConfigError."""
        if not self.password_file:
            return self.password
        path = directory / self.password_file
        try:
            return path.read_text("utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"cannot read the password of the route to {self.host}: {path}: {why(error)}"
            ) from error


class Certificate(Table, frozen=True, kw_only=True):
    """The certificate that is shown to peers."""

    certificate: Annotated[
        str,
        Meta(
            description="A PEM file with the certificate and its chain; empty: a self-signed one is made. A relative path starts at the data directory."
        ),
    ] = ""
    key: Annotated[str, Meta(description="The PEM file with its private key.")] = ""


class Acme(Table, frozen=True, kw_only=True):
    """How an authority is asked for certificates; that it is asked, and which, is switched on by `hawknest certificate on`."""

    root: Annotated[
        str,
        Meta(
            description="A PEM file with the certificate that vouches for the authority itself, for one of your own; empty: the authority is one that browsers know. A relative path starts at the data directory."
        ),
    ] = ""
    eab_kid: Annotated[
        str,
        Meta(
            description="The name that an authority knows you by, where it gives certificates to its customers alone (external account binding)."
        ),
    ] = ""
    eab_key_file: Annotated[
        str,
        Meta(description="A file whose first line is the key that goes with it, as the authority gave it."),
    ] = ""
    port: Annotated[
        Port,
        Meta(
            description="The port by which the authority comes to look over HTTP; 80 except in a laboratory.",
        ),
    ] = 80


class Updates(Table, frozen=True, kw_only=True):
    """Where to look whether there is a new version; that is done only while the policy `update_check` is on."""

    url: Annotated[
        str,
        Meta(
            description="The address of the list of versions; its signature is at the same address with `.sig` after it."
        ),
    ] = ""
    key: Annotated[
        str, Meta(description="The Ed25519 public key that it must be signed with, 32 octets in base64.")
    ] = ""


class Web(Table, frozen=True, kw_only=True):
    """The pages."""

    hosts: Annotated[
        list[str],
        Meta(
            description="Further names and addresses that the pages may be asked for by. The host name, the domains and this machine's own addresses are known; others are refused, so that no foreign name can be led here."
        ),
    ] = []


class Categories(Table, frozen=True, kw_only=True):
    """What is written down: each category can be left out."""

    smtp: Annotated[bool, Meta(description="Connections and commands of SMTP, submission and LMTP.")] = True
    pop3: Annotated[bool, Meta(description="Connections and commands of POP3.")] = True
    imap: Annotated[bool, Meta(description="Connections and commands of IMAP.")] = True
    web: Annotated[bool, Meta(description="Requests of browsers and of the API.")] = True
    finger: Annotated[bool, Meta(description="Questions by finger.")] = True
    auth: Annotated[bool, Meta(description="Who logged in, and who failed to.")] = True
    delivery: Annotated[bool, Meta(description="Every letter filed, sent, delayed or returned.")] = True
    system: Annotated[bool, Meta(description="Start, stop, reload, and what went wrong inside.")] = True


class Logging(Table, frozen=True, kw_only=True):
    """The log: one file a day in JSON lines, and the short form on stderr."""

    level: Annotated[
        log.Level,
        Meta(description="The least that is written: `debug`, `info`, `warning` or `error`."),
    ] = log.Level.INFO
    conversations: Annotated[
        bool,
        Meta(
            description="Whether to write every line that peers and we say to each other (passwords and letters left out). Many lines: for finding faults."
        ),
    ] = False
    directory: Annotated[
        str, Meta(description="Where the files go; a relative path starts at the data directory.")
    ] = "log"
    days: Annotated[int, Meta(ge=1, le=36500, description="Days until a log file is removed.")] = 30
    megabytes: Annotated[
        int, Meta(ge=1, description="Room for all log files together, in MB; the oldest go first.")
    ] = 1000
    categories: Annotated[Categories, Meta(description="Which categories are written.")] = Categories()


class Limits(Table, frozen=True, kw_only=True):
    """How much of this machine peers may take."""

    connections: Annotated[
        int, Meta(ge=0, description="Connections open at once, for each worker; 0: any number.")
    ] = 4000
    connections_per_peer: Annotated[
        int, Meta(ge=0, description="Of these, from one address; 0: any number.")
    ] = 200
    smtp_timeout: Annotated[
        float,
        Meta(
            ge=1,
            le=86400,
            description="Seconds that an SMTP peer may be silent; RFC 5321 asks for at least 300.",
        ),
    ] = 300.0
    pop3_timeout: Annotated[
        float,
        Meta(
            ge=1,
            le=86400,
            description="Seconds that a POP3 client may be silent; RFC 1939 asks for at least 600.",
        ),
    ] = 600.0
    imap_timeout: Annotated[
        float,
        Meta(
            ge=1,
            le=86400,
            description="Seconds that an IMAP client may be silent once it is logged in; RFC 9051 asks for at least 1800.",
        ),
    ] = 1860.0
    finger_timeout: Annotated[
        float, Meta(ge=1, le=3600, description="Seconds that a finger client may be silent.")
    ] = 30.0
    connect_timeout: Annotated[
        float,
        Meta(ge=1, le=3600, description="Seconds until another server must have answered the connection."),
    ] = 30.0
    grace: Annotated[
        float, Meta(ge=0, le=3600, description="Seconds that sessions get to end when the server stops.")
    ] = 20.0


class Contents(Table, frozen=True, kw_only=True):
    """Everything that the file can say; the keys that stand before the first table."""

    hostname: Annotated[
        str,
        Meta(
            min_length=1,
            description="The full name of this machine on the Internet, such as `mail.example.org`: what it greets other servers with.",
        ),
    ]
    profile: Annotated[
        Profile,
        Meta(
            description="`internet`: a full host name is required; `local`: a nest for this machine or house, any name will do."
        ),
    ] = Profile.INTERNET
    user: Annotated[
        str,
        Meta(
            description="The system user to become after the ports are open, when started as root; empty: stay who we are."
        ),
    ] = ""
    workers: Annotated[
        int, Meta(ge=1, le=256, description="Processes that share the work; 1 is right for most.")
    ] = 1
    listener: Annotated[list[Listener], Meta(description="Where to listen.")] = []
    database: Annotated[Database, Meta(description="Where everything is kept.")] = Database()
    letters: Annotated[Letters, Meta(description="How letters are kept.")] = Letters()
    dns: Annotated[Dns, Meta(description="Whom to ask for names.")] = Dns()
    coach: Annotated[Coach, Meta(description="The coach.")] = Coach()
    outbound: Annotated[Outbound, Meta(description="How letters leave.")] = Outbound()
    route: Annotated[list[Route], Meta(description="Smart hosts.")] = []
    tls: Annotated[Certificate, Meta(description="The certificate.")] = Certificate()
    acme: Annotated[Acme, Meta(description="Certificates by themselves.")] = Acme()
    web: Annotated[Web, Meta(description="The pages.")] = Web()
    updates: Annotated[Updates, Meta(description="New versions.")] = Updates()
    log: Annotated[Logging, Meta(description="The log.")] = Logging()
    limits: Annotated[Limits, Meta(description="Limits.")] = Limits()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A nest's configuration: what its file says, and the directory that the file lies in."""

    directory: Path
    contents: Contents

    @property
    def file(self) -> Path:
        """The file itself."""
        return self.directory / FILE

    @property
    def hostname(self) -> str:
        """The name we greet other servers with."""
        return self.contents.hostname

    @property
    def listeners(self) -> list[Listener]:
        """Where to listen: the entries that are not switched off, each with its port and way of TLS."""
        return [entry for entry in self.contents.listener if entry.enabled]

    @property
    def socket(self) -> Path:
        """The control channel of the running server."""
        return self.directory / "run" / "control.sock"

    def store(self) -> store.Settings:
        """The store's settings."""
        return store.Settings(
            self.contents.database.url, self.contents.database.readers, self.contents.letters.inline
        )

    def certificate(self) -> tls.Settings:
        """The certificate's settings."""
        chain, key = self.contents.tls.certificate, self.contents.tls.key
        if not chain:
            return tls.Settings()
        return tls.Settings(self.directory / chain, self.directory / (key or chain))

    def authority(self, url: str) -> acme.Authority:
        """An authority that gives certificates by itself, by the address of its directory. Raises ConfigError."""
        table = self.contents.acme
        binding = None
        if table.eab_kid:
            path = self.directory / table.eab_key_file
            try:
                key = path.read_text("ascii").partition("\n")[0].strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(
                    f"cannot read the key in acme.eab_key_file: {path}: {why(error)}"
                ) from error
            binding = acme.Binding(table.eab_kid, key)
        return acme.Authority(url, self.directory / table.root if table.root else None, binding)

    def connections(self) -> listen.Limits:
        """How many connections may be open."""
        return listen.Limits(self.contents.limits.connections, self.contents.limits.connections_per_peer)

    def log(self, *, stderr: bool = False) -> log.Settings:
        """The log's settings; `stderr` adds the short form there."""
        wanted = self.contents.log
        return log.Settings(
            directory=self.directory / wanted.directory,
            categories=frozenset(
                name for name, on in msgspec.structs.asdict(wanted.categories).items() if on
            ),
            level=wanted.level,
            conversations=wanted.conversations,
            days=wanted.days,
            octets=wanted.megabytes * 1_000_000,
            stderr=stderr,
        )


def endpoint(text: str, port: int) -> tuple[str, int]:
    """Read `address`, `address:port` or `[address]:port`; `port` is used where none stands.

    Raises ValueError in plain words.
    """
    address, colon, digits = text.strip(), "", ""
    if address.startswith("["):
        address, _, rest = address[1:].partition("]")
        colon, digits = rest[:1], rest[1:]
    elif address.count(":") == 1:
        address, colon, digits = address.partition(":")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(f"`{text}` is not an IP address, with or without a port behind a colon") from None
    if not colon:
        return address, port
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits[:6]) <= 65535):
        raise ValueError(f"`{text}` does not end in a port between 1 and 65535")
    return address, int(digits)


def why(error: Exception) -> str:
    """The reason of an error of the system, without its number."""
    return getattr(error, "strerror", None) or str(error)
