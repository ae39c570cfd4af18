"""Every checkpoint comes to every anchor, in order and at least once; one that fails slows no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from domain.seal.checkpoints import Checkpoint, origin_of
from domain.seal.kept import notes_in
from domain.seal.notes import SigningKey
from domain.seal.sealing import system_id
from domain.seal.standing import AnchorProgress, anchor_progress
from domain.subscription.reachable import AddressNotGlobal
from tests.workers.following import Company
from tests.workers.sealing import NOON, Clock, Receiver, brought, receiver, sealed
from workers.anchor_sending import Mailed, Webhook
from workers.anchors import Anchoring, AnchorUnusable, anchors_of


@pytest.fixture
def connection(company: Company) -> Iterator[psycopg.Connection]:
    with psycopg.connect(company.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def web() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


class OnAnyPort(Controller):
    """Takes a port that is free, and knows it from when it listens."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Post:
    """An SMTP server that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.controller = OnAnyPort(self, "127.0.0.1", 0, authenticator=self._authenticate, auth_require_tls=False)

    def _authenticate(self, server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(envelope.content)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://kams%40example.org:p%40ss@127.0.0.1:{self.controller.port}"


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    made.controller.start()
    yield made
    made.controller.stop()


def progress_of(connection: psycopg.Connection, name: str) -> AnchorProgress:
    (found,) = [each for each in anchor_progress(connection) if each.name == name]
    return found


def test_a_webhook_is_posted_every_checkpoint_in_order(company, connection, web):
    anchoring = Anchoring([Webhook(f"{web.url}/seal?token=x", private=True)])
    notes = [sealed(company, connection) for _ in range(3)]
    assert brought(anchoring, connection) == [3]
    assert web.bodies == notes
    assert (set(web.paths), set(web.types)) == ({"/seal?token=x"}, {"text/plain; charset=utf-8"})
    assert brought(anchoring, connection) == [0]
    notes.append(sealed(company, connection))
    assert brought(anchoring, connection) == [1]
    assert web.bodies == notes
    assert progress_of(connection, anchoring.anchors[0].name).size == 12


def test_an_anchor_that_is_down_is_tried_again_later_and_misses_nothing(company, connection, web, tmp_path):
    clock = Clock()
    hook = Webhook(web.url, private=True)
    (folder,) = anchors_of([], tmp_path)
    anchoring = Anchoring([hook, folder], clock)
    notes = [sealed(company, connection)]
    assert brought(anchoring, connection) == [1, 1]
    web.status = 503
    notes.append(sealed(company, connection))
    assert brought(anchoring, connection) == [0, 1]
    told = progress_of(connection, hook.name)
    assert (told.size, told.failures, told.tried_at) == (3, 1, NOON)
    assert "it answered 503" in told.error
    web.status = 200
    clock.now += timedelta(seconds=9)
    notes.append(sealed(company, connection))
    assert brought(anchoring, connection) == [0, 1]
    clock.now += timedelta(seconds=1)
    assert brought(anchoring, connection) == [2, 0]
    assert web.bodies == notes
    told = progress_of(connection, hook.name)
    assert (told.size, told.failures, told.error, told.anchored_at) == (9, 0, "", clock.now)


def test_the_longer_it_is_down_the_rarer_it_is_tried(company, connection, web):
    clock = Clock()
    anchoring = Anchoring([Webhook(web.url, private=True)], clock)
    sealed(company, connection)
    web.status, tries = 500, []
    for second in range(0, 2_000, 5):
        clock.now = NOON + timedelta(seconds=second)
        brought(anchoring, connection)
        if progress_of(connection, web.url).tried_at == clock.now:
            tries.append(second)
    assert tries == [0, 10, 30, 70, 150, 310, 630, 1230, 1830]


def test_a_thinned_anchor_gets_the_newest_checkpoint_once_in_its_time(company, connection, web):
    clock = Clock()
    (_, hook) = anchors_of([f"{web.url}/x?every=3600&a=b"], Path("/nowhere"), private=True)
    anchoring = Anchoring([hook], clock)
    assert hook.name == f"{web.url}/x?a=b"
    first = sealed(company, connection)
    assert brought(anchoring, connection) == [1]
    sealed(company, connection)
    newest = sealed(company, connection)
    clock.now += timedelta(seconds=3599)
    assert brought(anchoring, connection) == [0]
    clock.now += timedelta(seconds=1)
    assert brought(anchoring, connection) == [1]
    assert web.bodies == [first, newest]


def test_a_redirect_is_not_followed(company, connection, web):
    web.status, web.location = 302, f"{web.url}/elsewhere"
    anchoring = Anchoring([Webhook(web.url, private=True)])
    sealed(company, connection)
    assert brought(anchoring, connection) == [0]
    assert "it answered 302" in progress_of(connection, web.url).error
    assert web.bodies == []


def test_a_webhook_into_a_private_network_is_refused_unless_that_is_allowed(company, connection, web):
    hook = Webhook(web.url.replace("http:", "https:"))
    note = sealed(company, connection)
    with pytest.raises(AddressNotGlobal, match=r"127\.0\.0\.1"):
        hook.keep(connection, note)


def test_a_web_server_that_does_not_speak_tls_takes_nothing(company, connection, web):
    anchoring = Anchoring([Webhook(web.url.replace("http:", "https:"), private=True)])
    sealed(company, connection)
    assert brought(anchoring, connection) == [0]
    assert web.bodies == []
    assert progress_of(connection, anchoring.anchors[0].name).error


def test_a_mail_s_body_is_the_note(company, connection, post):
    anchor = Mailed("auditor@example.com", 0, post.url)
    note = sealed(company, connection)
    assert brought(Anchoring([anchor]), connection) == [1]
    assert post.logins == [(b"kams@example.org", b"p@ss")]
    (mail,) = post.mails
    message = message_from_bytes(mail, policy=default)
    assert (message["From"], message["To"]) == ("kams@example.org", "auditor@example.com")
    assert message["Subject"] == "KAMS checkpoint 3"
    assert notes_in(message.get_content().encode()) == [note]


def test_mail_is_one_a_day_unless_stated_otherwise(company, connection, post):
    clock = Clock()
    anchors = anchors_of(["mailto:a@example.com", "mailto:b@example.com?every=0"], Path("/x"), smtp_url=post.url)[1:]
    anchoring = Anchoring(anchors, clock)
    for _ in range(3):
        sealed(company, connection)
        brought(anchoring, connection)
    assert len(post.mails) == 1 + 3
    clock.now += timedelta(days=1)
    brought(anchoring, connection)
    assert len(post.mails) == 1 + 3 + 1


def test_a_wrong_password_is_a_failure_that_is_told_without_it(company, connection, post):
    anchor = Mailed("auditor@example.com", 0, post.url.replace("p%40ss", "secret"))
    sealed(company, connection)
    assert brought(Anchoring([anchor]), connection) == [0]
    told = progress_of(connection, "mailto:auditor@example.com")
    assert "SMTPAuthenticationError" in told.error
    assert "secret" not in told.error
    assert post.mails == []


def test_standard_output_gets_the_notes(company, connection, capsys):
    anchoring = Anchoring(anchors_of(["stdout:"], Path("/x"))[1:])
    notes = [sealed(company, connection) for _ in range(2)]
    capsys.readouterr()
    brought(anchoring, connection)
    assert notes_in(capsys.readouterr().out.encode()) == notes


def test_a_checkpoint_of_another_key_is_brought_nowhere(company, connection, web):
    system = system_id(connection)
    forged = SigningKey(origin_of(system), os.urandom(32))
    sealed(company, connection)
    note = forged.sign(Checkpoint(system=system, size=4, root=bytes(32), at=NOON).text)
    connection.execute("insert into checkpoints values (4, %s)", (note,))
    anchoring = Anchoring([Webhook(web.url, private=True)])
    assert brought(anchoring, connection) == [0]
    assert note not in web.bodies
    assert "none of this system's keys" in progress_of(connection, web.url).error


def test_a_contradiction_is_an_alarm_until_it_is_resolved(company, connection, tmp_path):
    clock = Clock()
    (folder,) = anchors_of([], tmp_path)
    anchoring = Anchoring([folder], clock, host="here")
    sealed(company, connection)
    brought(anchoring, connection)
    kept = tmp_path / "anchors" / "leaves.bin"
    right = kept.read_bytes()
    kept.write_bytes(bytes(64) + right[64:])
    brought(anchoring, connection)
    told = progress_of(connection, folder.name)
    assert (told.contradicts, told.host) == (True, "here")
    kept.write_bytes(right)
    clock.now += timedelta(seconds=10)
    brought(anchoring, connection)
    told = progress_of(connection, folder.name)
    assert (told.contradicts, told.error, told.failures) == (False, "", 0)


def test_two_machines_have_folders_of_their_own(company, connection, tmp_path):
    notes = [sealed(company, connection) for _ in range(2)]
    for host in ("one", "two"):
        assert brought(Anchoring(anchors_of([], tmp_path / host), host=host), connection) == [2]
        assert (tmp_path / host / "anchors" / "checkpoints.txt").read_text() == "".join(notes)
    assert {(each.host, each.size) for each in anchor_progress(connection)} == {("one", 6), ("two", 6)}


def test_only_one_at_a_time_brings_to_an_anchor(company, connection, web):
    hook = Webhook(web.url, private=True)
    sealed(company, connection)
    with psycopg.connect(company.url, autocommit=True) as other:
        sql = "select pg_advisory_lock(hashtextextended(%s, 0))"
        other.execute(sql, (f"kams anchor {hook.name} ",))
        assert brought(Anchoring([hook]), connection) == [0]
        other.execute(sql.replace("lock", "unlock", 1), (f"kams anchor {hook.name} ",))
        assert brought(Anchoring([hook]), connection) == [1]


def test_the_home_s_folder_is_always_an_anchor_and_stated_twice_is_once(tmp_path):
    found = anchors_of(["stdout:", f"file:{tmp_path}/anchors", "file:///mnt/worm"], tmp_path)
    assert [each.name for each in found] == [f"file:{tmp_path}/anchors", "stdout:", "file:/mnt/worm"]


def test_the_name_of_a_webhook_does_not_tell_its_password(tmp_path):
    (_, hook) = anchors_of(["https://user:secret@hook.example/x"], tmp_path)
    assert hook.name == "https://hook.example/x"


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ("ftp://host/x", "expected one of"),
        ("file:relative", "expected one of"),
        ("/folder", "expected one of"),
        ("https://", "expected https://host/path"),
        ("https://host:x/", "expected https://host/path"),
        ("http://hook.example/", "without TLS"),
        ("https://hook.example/?every=often", "expected every=SECONDS"),
        ("mailto:nobody", "expected mailto:"),
        ("mailto:a@b.example,c@d.example", "expected mailto:"),
        ("stdout:more", "expected one of"),
        ("file:/mnt/a stdout:", "before stdout: a comma is missing"),
        ("file:/mnt/a file:/mnt/b", "before file:/mnt/b a comma is missing"),
        ("https://hook.example/x mailto:a@b.example", "before mailto:a@b.example a comma is missing"),
    ],
)
def test_an_address_that_cannot_be_used_is_named(stated, reason, tmp_path):
    with pytest.raises(AnchorUnusable, match=reason):
        anchors_of([stated], tmp_path, private=True, smtp_url="smtp://localhost")


def test_mail_needs_a_server(tmp_path):
    with pytest.raises(AnchorUnusable, match="KAMS_SMTP_URL"):
        anchors_of(["mailto:a@b.example"], tmp_path)
