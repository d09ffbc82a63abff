"""hawknest.toml: what is written is read back, and every mistake is named by file, line and key."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hawknest import config
from hawknest.config import SERVICES, ConfigError, Contents, Profile, Tls, parse, profile, render

FILE = Path("nest/hawknest.toml")
PORTS = {
    "smtp": 2525,
    "submission": 2587,
    "submissions": 2465,
    "pop3": 2110,
    "pop3s": 2995,
    "imap": 2143,
    "imaps": 2993,
    "http": 8080,
    "https": 8443,
    "finger": 2079,
}


@pytest.mark.parametrize("ipv6", [True, False])
@pytest.mark.parametrize("name", list(Profile))
def test_a_new_file_says_what_its_profile_means(name, ipv6):
    contents = profile(name, "mail.example.org", ipv6=ipv6, user="hawknest")
    text = render(contents)
    assert parse(text, FILE) == contents
    for line in text.splitlines():  # each line behind a # that looks like a key is one, with its default
        if line.startswith("#") and " = " in line and not line.startswith("# "):
            assert not line.startswith("#hostname")


def test_the_profile_local():
    listeners = profile(Profile.LOCAL, "localhost", ipv6=True).listener
    assert {entry.service: entry.port for entry in listeners} == PORTS
    assert {entry.address for entry in listeners} == {"127.0.0.1"}
    assert {entry.service for entry in listeners if not entry.enabled} == {"finger"}
    assert {entry.service for entry in listeners if entry.admin} == {"http", "https"}


def test_the_profile_internet():
    *listeners, administration = profile(Profile.INTERNET, "mail.example.org", ipv6=False).listener
    assert (administration.service, administration.port, administration.admin) == ("https", 8443, True)
    assert "127.0.0.0/8" in administration.allow
    assert not any(entry.admin for entry in listeners)
    assert {entry.service: entry.port for entry in listeners} == {name: SERVICES[name].port for name in PORTS}
    assert [entry.service for entry in listeners if not entry.enabled] == ["finger"]


GOOD = 'hostname = "mail.example.org"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('hostnam = "a.example"\n', ":1: hostnam: unknown key; did you mean `hostname`?"),
        ("workers = 2\n", ": the key `hostname` is missing"),
        ("hostname = 5\n", ":1: hostname: this must be text in quotes"),
        ('hostname = "mail"\n', ":1: hostname: `mail` is not a full name"),
        ('hostname = "ma il.example"\n', ":1: hostname: `ma il.example` is not a host name"),
        ('hostname = "a.example"\nworkers = = 2\n', ":2: this is not TOML"),
        (GOOD + 'workers = "two"\n', ":2: workers: this must be a whole number"),
        (GOOD + "workers = 0\n", ":2: workers: this must be at least 1"),
        (GOOD + "[log]\n\ndays = 7.5\n", ":4: log.days: this must be a whole number"),
        (GOOD + '[log]\nlevel = "inof"\n', ":3: log.level: `inof` is not a choice; did you mean `info`?"),
        (
            GOOD + "[log.categories]\nsmpt = true\n",
            ":3: log.categories.smpt: unknown key; did you mean `smtp`?",
        ),
        (
            GOOD + '[[listener]]\nservice = "http"\ntls = "implicit"\n',
            ":4: listener[1].tls: http knows no TLS: say `none`",
        ),
        (
            GOOD + '[[listener]]\nservice = "https"\ntls = "none"\n',
            ":4: listener[1].tls: https is TLS from the first octet: say `implicit`",
        ),
        (
            GOOD + '[[listener]]\nservice = "imaps"\nadmin = true\n',
            ":4: listener[1].admin: a nest is administered by http and https, not by imaps",
        ),
        (GOOD + "[[listener]]\nport = 25\n", ":2: listener[1]: the key `service` is missing"),
        (
            GOOD + '[[listener]]\nservice = "smpt"\n',
            ":3: listener[1].service: there is no service `smpt`; did you mean",
        ),
        (
            GOOD + '[[listener]]\nservice = "smtp"\n[[listener]]\nservice = "pop3"\nport = 65536\n',
            ":6: listener[2].port: this must be at most 65535",
        ),
        (
            GOOD + '[[listener]]\nservice = "smtp"\naddress = "localhost"\n',
            ":4: listener[1].address: `localhost` is not",
        ),
        (
            GOOD + '[[listener]]\nservice = "smtp"\nallow = ["10.0.0.1/8"]\n',
            ":4: listener[1].allow: `10.0.0.1/8` is not",
        ),
        (
            GOOD + '[[listener]]\nservice = "smtp"\n[[listener]]\nservice = "lmtp"\nport = 25\n',
            ":6: listener[2].port: listener 1 has port 25 of",
        ),
        (GOOD + '[[listener]]\nservice = "pop3s"\ntls = "none"\n', ":4: listener[1].tls: pop3s is TLS"),
        (
            GOOD + '[[listener]]\nservice = "smtp"\ntls = "startls"\n',
            ":4: listener[1].tls: `startls` is not a choice; did",
        ),
        (
            GOOD + '[dns]\nresolvers = ["1.1.1.1", "one.one"]\n',
            ":3: dns.resolvers: `one.one` is not an IP address",
        ),
        (GOOD + '[dns]\nresolvers = ["1.1.1.1:70000"]\n', "does not end in a port"),
        (GOOD + '[[route]]\nmatch = "*"\nhost = ""\n', ":4: route[1].host: this must not be empty"),
        (
            GOOD + '[[route]]\nhost = "h"\npassword = "x"\npassword_file = "y"\n',
            ":4: route[1].password: say either",
        ),
        (
            GOOD + '[database]\nurl = "mysql://x"\n',
            ":3: database.url: a database URL begins with postgresql://",
        ),
        (
            GOOD + "[dns]\n[log]\n[dns]\n",
            ":4: this is not TOML: the table [dns] stands here for the second time",
        ),
        (GOOD + "workers = 1\nworkers = 2\n", ":3: this is not TOML: this stands here for the second time"),
        (GOOD + '[tls]\nkey = "k.pem"\n', ":3: tls.key: a key needs a certificate"),
        (GOOD + "log = 3\n", ":2: log: this must be a table"),
        (GOOD + "listener = {}\n", ":2: listener: this must be a list"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(text, words):
    with pytest.raises(ConfigError) as found:
        parse(text, FILE)
    assert str(found.value).startswith(str(FILE))
    assert words in str(found.value)
    assert "\n" not in str(found.value)


@given(st.text(alphabet=st.sampled_from("ab[]=\". \n#1'{},-"), max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        parse(text, FILE)
    except ConfigError as error:
        assert str(error).startswith(str(FILE))


def test_services_fill_in_what_a_listener_leaves_out():
    contents = parse(GOOD + "".join(f'[[listener]]\nservice = "{name}"\n' for name in SERVICES), FILE)
    for entry in contents.listener:
        assert (entry.port, entry.tls) == (SERVICES[entry.service].port, SERVICES[entry.service].tls)
    contents = parse(GOOD + '[[listener]]\nservice = "smtp"\nport = 0\ntls = "none"\n', FILE)
    assert (contents.listener[0].port, contents.listener[0].tls) == (0, Tls.NONE)


def test_no_password_in_a_repr():
    text = (
        GOOD + '[database]\nurl = "postgresql://u:hunter2@h/d"\n[[route]]\nhost = "h"\npassword = "hunter2"\n'
    )
    assert "hunter2" not in repr(parse(text, FILE))
    assert "hunter2" not in repr(config.Config(directory=FILE.parent, contents=parse(text, FILE)))


def test_the_password_of_a_route(tmp_path):
    (tmp_path / "secret").write_text("s3cret\nmore\n")
    route = parse(GOOD + '[[route]]\nhost = "h"\npassword_file = "secret"\n', FILE).route[0]
    assert route.secret(tmp_path) == "s3cret"
    with pytest.raises(ConfigError, match="route to h"):
        route.secret(tmp_path / "elsewhere")


def test_changes_keep_the_owners_comments(tmp_path):
    path = tmp_path / config.FILE
    text = render(profile(Profile.INTERNET, "mail.example.org", ipv6=False))
    path.write_text("# mine\n" + text)
    config.set_key(tmp_path, "log.days", "7")
    config.set_key(tmp_path, "hostname", "mx.example.org")
    config.set_key(tmp_path, "listener.2.port", "1587")
    config.set_key(tmp_path, "dns.resolvers", '["127.0.0.1:5353"]')
    changed = set(path.read_text().splitlines()) ^ set(("# mine\n" + text).splitlines())
    assert changed == {
        *("#days = 30", "days = 7", "#resolvers = []", 'resolvers = ["127.0.0.1:5353"]'),
        *('hostname = "mail.example.org"', 'hostname = "mx.example.org"', "port = 587", "port = 1587"),
    }
    found = config.load(tmp_path)
    assert (found.log().days, found.hostname, found.listeners[2].port) == (7, "mx.example.org", 465)
    assert found.contents.dns.endpoints() == [("127.0.0.1", 5353)]
    before = path.read_bytes()
    for key, value in (("log.days", "0"), ("log.dais", "3"), ("listener.9.port", "25"), ("no.such", "1")):
        with pytest.raises(ConfigError):
            config.set_key(tmp_path, key, value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1", ("127.0.0.1", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("::1", ("::1", 53)),
        ("[::1]", ("::1", 53)),
        ("[::1]:5353", ("::1", 5353)),
        ("ns.example", None),
        ("127.0.0.1:", None),
        ("127.0.0.1:0", None),
        ("[::1]x", None),
        ("", None),
    ],
)
def test_endpoints(text, endpoint):
    if endpoint is None:
        with pytest.raises(ValueError, match="`"):
            config.endpoint(text, 53)
    else:
        assert config.endpoint(text, 53) == endpoint


def test_every_field_is_documented():
    def walk(table):
        assert table.__doc__
        for field in msgspec.structs.fields(table):
            words = config.description(table, field.name)
            assert words.endswith("."), f"{table.__name__}.{field.name}: {words!r}"
            if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                walk(field.type)

    walk(Contents)
    for table in (config.Listener, config.Route):
        walk(table)


def test_a_file_that_is_no_text_is_named_with_its_line(tmp_path):
    (tmp_path / "hawknest.toml").write_bytes(GOOD.encode() + b"\n# caf\xe9\n")
    with pytest.raises(ConfigError, match=r"hawknest\.toml:3: this is not text in UTF-8"):
        config.load(tmp_path)
