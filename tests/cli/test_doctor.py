"""`hawknest doctor`: each thing that can be wrong is found, told in both languages, and mended where that is safe."""

import asyncio
import datetime as dt
import json
import os
import re
import time

import pytest

from hawknest import store
from hawknest.accounts import users
from hawknest.cli.messages_doctor import DOCTOR
from hawknest.config import FILE, load
from hawknest.net import tls
from hawknest.net.examine import Flaw, examine
from hawknest.store import Statement, expunge, leases, letters, outgoing, strays
from hawknest.store.blobs import Blobs, Content
from hawknest.store.letters import Filing
from hawknest.store.outgoing import Outgoing, Queued, Recipient

BIG = b"Subject: big\r\n\r\n" + b"x" * 300


@pytest.fixture(params=["sqlite", "postgres"])
def house(request, shell):
    """A nest on each engine, whose letters are files."""
    inline = "\n[letters]\ninline = 10\n"
    text = (shell.data / FILE).read_text().replace("[letters]", "#[letters]")
    if request.param == "postgres":
        cluster = request.getfixturevalue("cluster")
        name = cluster.create()
        text = text.replace('#url = ""', f'url = "{cluster.url(name)}"')
        (shell.data / FILE).write_text(text + inline)
        shell("domain", "add", "nest.test")
        shell("user", "add", "mia@nest.test", "--password-stdin", stdin="a fine long phrase\n")
        (shell.data / "hawknest.sqlite").unlink()
        yield shell
        cluster.drop(name)
        return
    (shell.data / FILE).write_text(text + inline)
    yield shell


def do(shell, job):
    config = load(shell.data)
    connection = store.database(config.store(), shell.data).connect()
    try:
        connection.begin()
        result = job(connection)
        connection.commit()
    finally:
        connection.close()
    return result


def run(shell, text, **values):
    return do(shell, lambda c: c.run(Statement(text), **values))


def found(shell, *words):
    """The kinds of what is left to do."""
    answer = json.loads(shell("doctor", "--json", *words, code=None))
    assert shell.code == (1 if answer["problems"] else 0)
    return {f["kind"] for f in answer["findings"] if not f["mended"]}


def letter(shell, name="0123456789abcdef", octets=BIG):
    """A letter of mia's in a file; returns the file."""
    blobs = Blobs(shell.data)
    spool = blobs.spool(name, 10)

    async def written():
        await spool.write(octets)
        return await spool.finish()

    content = asyncio.run(written())

    def file(c):
        mia = users.get(c, "mia@nest.test")
        (blob,) = letters.keep(c, [(content, 1)])
        letters.file(c, [Filing(mia.id, blob, content.size, name, time.time())])

    do(shell, file)
    return blobs.files / content.place


def test_a_healthy_nest(house):
    letter(house)
    assert "No problems" in house("doctor")
    assert json.loads(house("doctor", "--json")) == {"problems": 0, "findings": []}
    assert house("doctor", "--fix") == house("doctor")


def test_a_lost_letter_is_named_noted_and_can_be_deleted(house):
    path = letter(house)
    path.unlink()
    out = house("doctor", code=1)
    for words in ("mia@nest.test", "INBOX", "0123456789abcdef", str(path), "backup"):
        assert words in out
    assert found(house, "--fix") == set()
    assert "No problems" in house("doctor")

    def delete(c):
        mia = users.get(c, "mia@nest.test")
        inbox, _, items = letters.inbox(c, mia.id)
        return expunge.remove(c, mia.id, inbox, [item.uid for item in items])

    (place,) = do(house, delete)
    Blobs(house.data).remove(place)
    assert "No problems" in house("doctor", "--fix")
    assert do(house, lambda c: c.all(Statement("SELECT 1 FROM lost"))) == []


def test_a_lost_letter_that_waits_to_leave(house):
    def queue(c):
        (blob,) = letters.keep(c, [(Content(9, None, "ab/" + "0" * 62 + ".t"), 1)])
        outgoing.add(c, [Queued(blob, Outgoing("t", "", 1.0, 9e9), [Recipient("kim@far.test", "far.test")])])

    do(house, queue)
    out = house("doctor", code=1)
    assert "kim@far.test" in out
    assert "queue drop t" in out


def test_many_lost_letters_are_not_all_named(house, monkeypatch):
    monkeypatch.setattr("hawknest.cli.checks_letters.NAMED", 2)
    for number in range(5):
        letter(house, f"letter{number}").unlink()
    answer = json.loads(house("doctor", "--json", code=1))
    assert [finding["kind"] for finding in answer["findings"]] == ["missing", "missing", "missing-more"]
    assert answer["findings"][2]["what"]["count"] == 3
    assert found(house, "--fix") == set()
    assert found(house) == set()


def test_a_file_cut_short(house):
    path = letter(house)
    path.write_bytes(BIG[:-1])
    assert found(house) == {"short"}
    assert found(house, "--fix") == set()
    assert found(house) == set()


def test_a_stray_is_put_aside_when_it_is_old_and_put_back_when_a_row_names_it(house):
    path = letter(house)
    rows = do(house, lambda c: c.all(Statement("SELECT id, place FROM blob WHERE place IS NOT NULL")))
    run(
        house, "UPDATE blob SET place = :other", other="ab/" + "0" * 62 + ".t"
    )  # as if the row were of before
    assert found(house, "--fix") == set()  # the letter without its file; the file is too young
    assert path.exists()
    old = time.time() - strays.UNTOUCHED - 10
    os.utime(path, (old, old))
    assert found(house) == {"strays"}
    assert found(house, "--fix") == set()
    assert not path.exists()
    assert found(house) == set()
    run(house, "UPDATE blob SET place = :place WHERE id = :id", place=rows[0][1], id=rows[0][0])
    assert found(house) == {"aside"}
    assert found(house, "--fix") == set()
    assert path.read_bytes() == BIG
    assert found(house) == set()


def test_an_owners_file_among_the_letters_is_left_alone(house):
    path = house.data / "blobs" / "notes.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    assert found(house, "--fix") == {"alien"}
    assert path.exists()


def test_leftovers_counts_and_dead_workers(house):
    letter(house)
    spool = house.data / "spool" / "t"
    spool.write_bytes(b"x")
    old = time.time() - strays.UNTOUCHED - 10
    os.utime(spool, (old, old))
    run(house, "UPDATE blob SET uses = 5")
    run(house, "UPDATE account_mail SET octets = 5")
    run(house, "DELETE FROM placement")
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)
    owner = f"{os.uname().nodename}:{process}:abcd"
    do(house, lambda c: leases.take(c, "pop3:1", owner, 0.0, 9e9))
    expected = {"leftovers", "uses", "octets", "unplaced", "workers"}
    assert found(house) == expected
    assert found(house, "--fix") == set()
    assert found(house) == set()
    assert do(house, leases.owners) == []


def test_the_schema_and_the_clock(house):
    run(house, "UPDATE schema_version SET at = :at WHERE version = 1", at=time.time() + 3600)
    assert found(house) == {"clock"}
    run(house, "UPDATE schema_version SET at = 1")
    do(
        house,
        lambda c: c.run(Statement("INSERT INTO schema_version (version, name, at) VALUES (99, 'x', 1)")),
    )
    assert found(house) == {"schema-new"}


def test_the_directory_is_closed(shell):
    shell.data.chmod(0o755)
    assert found(shell) == {"open"}
    assert found(shell, "--fix") == set()
    assert found(shell) == set()


def test_a_mistake_in_the_configuration(shell):
    path = shell.data / FILE
    text = path.read_text()
    path.write_text(text + "\nhostnome = 3\n")
    assert found(shell) == {"config"}
    path.unlink()
    shell("doctor", code=1)
    assert "there is no nest" in shell.err


def test_no_database_and_one_that_is_none(shell):
    path = shell.data / "hawknest.sqlite"
    path.write_bytes(b"nonsense" * 4000)
    assert found(shell) == {"database"}
    path.unlink()
    assert found(shell) == {"no-database"}
    assert not path.exists()


def test_a_database_out_of_reach(shell):
    path = shell.data / FILE
    path.write_text(path.read_text().replace('#url = ""', 'url = "postgresql://x@127.0.0.1:1/x"'))
    assert found(shell) == {"database"}


def test_a_disk_that_is_nearly_full(shell, monkeypatch):
    monkeypatch.setattr("hawknest.cli.checks_machine.LEAST", 1 << 62)
    assert found(shell) == {"disk"}


def test_files_of_somebody_else(shell):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(shell.data / FILE, 65534, 65534)
    assert found(shell) == {"foreign"}


def test_the_certificate_of_the_configuration(shell):
    path = shell.data / FILE
    chain, key = tls.self_signed(shell.data / "one", ["mail.nest.test"])
    _, other = tls.self_signed(shell.data / "two", ["mail.nest.test"])
    text = path.read_text()

    def use(chain, key):
        path.write_text(
            re.sub(r'#certificate = ""', f'certificate = "{chain}"', text).replace(
                '#key = ""', f'key = "{key}"'
            )
        )

    use(chain, key)
    assert found(shell) == set()
    use(chain, other)
    assert found(shell) == {"certificate-unusable"}
    use(shell.data / "none.pem", key)
    assert found(shell) == {"certificate-unusable"}


def test_a_certificate_over_time(tmp_path):
    chain, key = tls.self_signed(tmp_path, ["mail.nest.test", "*.wild.test"])
    now = time.time()
    day = dt.timedelta(days=1).total_seconds()

    def flaws(name, at):
        return [found.flaw for found in examine(chain, key, name, at)]

    assert flaws("mail.nest.test", now) == []
    assert flaws("a.wild.test", now) == []
    assert flaws("a.b.wild.test", now) == [Flaw.OTHER_NAME]
    assert flaws("", now - 3 * day) == [Flaw.NOT_YET]
    assert flaws("", now + (tls.SELF_SIGNED_DAYS - 10) * day) == [Flaw.SOON_OVER]
    assert flaws("", now + (tls.SELF_SIGNED_DAYS + 1) * day) == [Flaw.OVER]


def test_the_words_are_in_japanese_too(shell, monkeypatch):
    shell.data.chmod(0o755)
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert "直した問題" in shell("doctor", code=1)
    assert "Other users" in json.loads(shell("doctor", "--json", code=1))["findings"][0]["words"]


def test_every_finding_has_words_and_advice():
    kinds = {key for key in DOCTOR if not key.endswith("-do")} - {
        "doctor-well",
        "doctor-sum",
        "doctor-mended",
    }
    for kind in kinds:
        assert f"{kind}-do" in DOCTOR
        for language in (0, 1):
            places = set(re.findall(r"{(\w+)}", DOCTOR[f"{kind}-do"][language]))
            known = set(re.findall(r"{(\w+)}", DOCTOR[kind][0])) | {"directory"}
            assert places <= known, kind
