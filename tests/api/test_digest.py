"""The weekly digest over HTTP and in the terminal: as JSON, as a page and as text, with the member's own rights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from api.cli import questions
from api.cli.doctor_mail import check_mail
from api.cli.settings import Settings
from api.health_checks import Check
from domain.member import Member, Role
from domain.policies.calendar import week_of
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.workers.mailing import mailbox

MARCH = datetime(2026, 3, 5, 9, tzinfo=UTC)
WEEK = "2026-W10"


@pytest.fixture(scope="module")
def database(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[str]:
    yield from new_database(postgres_url, next(fresh_names))


@pytest.fixture(scope="module")
def office(database: str) -> Iterator[Office]:
    with open_office(database, lambda: MARCH) as opened:
        item = {
            "item_id": str(uuid4()),
            "text": "call <b>Wang</b> & co",
            "due_on": "2026-03-04",
            "owner": str(opened.members["manager"]),
        }
        answer = opened.post(f"/accounts/{opened.ids['own']}/action-items/add", {**item, "occurred_at": "2026-02-01"})
        assert answer.status_code == 200, answer.text
        chinese = uuid4()
        opened.give(
            Member, chinese, "invite", name="王梅", external_id="mei", language="zh-CN", email="mei@ours.example"
        )
        opened.give(Member, chinese, "grant_role", role=Role.MANAGER.value)
        opened.members["mei"] = chinese
        opened.caught_up()
        yield opened


def test_one_asks_for_ones_own_digest(office: Office) -> None:
    told = office.get("/digest", week=WEEK).json()
    assert (told["week"], told["first"], told["last"], told["audience"]) == (WEEK, "2026-03-02", "2026-03-08", "own")
    assert told["as_of"] == "2026-03-01T16:00:00Z"  # midnight in Shanghai
    (item,) = [each for each in told["due"] if each["kind"] == "action_item"]
    assert (item["name"], item["due"], item["text"]) == ("own", "2026-03-04", "call <b>Wang</b> & co")
    (deal,) = told["deals"]
    assert (deal["change"], deal["title"], deal["amount"]) == ("closing", "Pumps", "1000.00")
    assert office.get("/digest").json()["week"] == WEEK
    assert office.get("/digest", as_of="2026-02-20").json()["week"] == "2026-W08"
    (issue,) = told["issues"]
    assert (issue["account_name"], issue["category"], issue["description"]) == ("own", "delivery", "came late")
    other = office.get("/digest", "colleague", week=WEEK).json()
    assert {each["name"] for each in other["due"]} <= {"foreign"}
    assert [each["account_name"] for each in other["issues"]] == ["foreign"]


def test_a_directors_is_of_his_territories_and_an_auditors_of_all(office: Office) -> None:
    director = office.get("/digest", "director", week=WEEK).json()
    assert (director["audience"], {each["name"] for each in director["deals"]}) == ("territory", {"own"})
    auditor = office.get("/digest", "auditor", week=WEEK).json()
    assert (auditor["audience"], {each["name"] for each in auditor["deals"]}) == ("company", {"own", "foreign"})
    assert office.get("/digest", "forecaster", week=WEEK).json()["issues"][0]["description"] is None


def test_anothers_is_for_admins_and_auditors_and_shows_what_that_one_may_see(office: Office) -> None:
    asked = {"member": str(office.members["manager"]), "week": WEEK}
    assert office.get("/digest", "admin", **asked).json()["audience"] == "own"
    assert {each["name"] for each in office.get("/digest", "auditor", **asked).json()["deals"]} == {"own"}
    assert office.get("/digest", "admin", member="manager", week=WEEK).json()["member"] == asked["member"]
    for who in ("colleague", "director", "forecaster"):
        assert office.get("/digest", who, **asked).status_code == 404


def test_a_week_that_is_none_or_has_not_begun_is_refused(office: Office) -> None:
    assert office.get("/digest", week="2026-W54").json()["rule"] == "WeekUnknown"
    ahead = office.get("/digest", week="2026-W11")
    assert (ahead.status_code, ahead.json()["rule"]) == (422, "WeekNotBegun")


def test_the_page_loads_nothing_and_shows_no_markup_of_others(office: Office) -> None:
    answer = office.get("/digest/page", week=WEEK)
    assert answer.headers["content-type"].startswith("text/html")
    page = answer.text
    assert "Week 2026-W10: 2026-03-02 to 2026-03-08" in page
    assert "call &lt;b&gt;Wang&lt;/b&gt; &amp; co" in page
    assert "own · Pumps" in page
    assert "own · complaint · delivery" in page
    assert "1,000.00 EUR" in page
    assert "<script" not in page
    assert "http" not in page


def test_the_page_speaks_the_members_language(office: Office) -> None:
    page = office.get("/digest/page", "admin", member="mei", week=WEEK).text
    assert '<html lang="zh">' in page
    assert "平静的一周" in page
    assert "本季度" in page


@pytest.fixture
def kams(office: Office, database: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    made = company_system(database, valkey_url, tmp_path / "home")
    questions.add(made.app)
    return made


def test_the_terminal_prints_text_and_writes_a_page(office: Office, kams: CommandLine, tmp_path: Path) -> None:
    key = office.keys["manager"]
    answer = kams("digest", "--week", WEEK, KAMS_KEY=key)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[:2] == [
        "Week 2026-W10: 2026-03-02 to 2026-03-08",
        "Ours · your accounts · manager 王",
    ]
    assert "- 2026-03-04  own · action item, due on 2026-03-04\n    call <b>Wang</b> & co\n" in answer.out
    page = tmp_path / "digest.html"
    assert kams("digest", "--week", WEEK, "--html", str(page), KAMS_KEY=key).out == ""
    assert "call &lt;b&gt;Wang" in page.read_text(encoding="utf-8")
    assert kams("digest", "--week", WEEK, "--html", str(page), KAMS_KEY=key).code == 1
    assert kams("digest", "--week", WEEK, "--json", KAMS_KEY=key).json["week"] == WEEK
    assert kams("digest", "--member", "colleague", KAMS_KEY=key).code == 1
    assert "such as 2026-W44" in kams("digest", "--week", "soon", KAMS_KEY=key).err


def test_an_admin_sends_it_by_hand_and_the_doctor_says_how_mail_stands(office: Office, kams: CommandLine) -> None:
    key, week = office.keys["admin"], this_week()
    refused = kams("digest", "send", KAMS_KEY=key)
    assert "KAMS_SMTP_URL and KAMS_MAIL_FROM must be set" in refused.err
    with mailbox() as post:
        mail = {"KAMS_SMTP_URL": post.url, "KAMS_MAIL_FROM": "kams@ours.example", "KAMS_KEY": key}
        assert kams("digest", "send", **{**mail, "KAMS_KEY": office.keys["director"]}).code == 1
        plan = kams("digest", "send", "--json", **mail).json
        states = {each["member"]: each["state"] for each in plan}
        assert states[str(office.members["mei"])] == "would be sent"
        assert states[str(office.members["manager"])] == "no address"
        assert str(office.members["forecaster"]) not in states
        assert "--yes sends it" in kams("digest", "send", "--member", "mei", **mail).err
        assert post.mails == []
        (sent,) = kams("digest", "send", "--member", "mei", "--yes", "--json", **mail).json
        assert (sent["member"], sent["state"]) == (str(office.members["mei"]), "sent")
        (again,) = kams("digest", "send", "--member", "mei", "--yes", "--json", **mail).json
        assert again["state"] == "sent before"
        (letter,) = post.mails
        assert letter["To"] == "mei@ours.example"
        assert letter["Subject"] == f"KAMS：{week} 周，0 项待办"
        text, page = letter.iter_parts()
        assert "您的客户" in text.get_content()
        assert '<html lang="zh">' in page.get_content()
        settings = Settings.from_environment({**kams.environment, **mail})
        with office.journal.pool.connection() as connection:
            assert check_mail(connection, settings) == Check("mail", ok=True, found=f"127.0.0.1:{post.port} takes mail")
            connection.execute("update digests_sent set sent_at = null, error = 'TimeoutError', tried_at = now()")
            waits = check_mail(connection, settings)
            assert waits.found == f"digests not sent: 1, the newest of {week}: TimeoutError"
            connection.execute("delete from digests_sent")
    with office.journal.pool.connection() as connection:
        down = check_mail(connection, settings)
        assert (down.ok, down.found.endswith("takes no mail: ConnectionRefusedError")) == (True, True)
        silent = check_mail(connection, Settings.from_environment({"KAMS_HOME": "/nowhere"}))
        assert silent.found == "no mail server (KAMS_SMTP_URL is not set): no digests are sent"


def this_week() -> str:
    return week_of(datetime.now(ZoneInfo("Asia/Shanghai")).date())


def test_a_member_chooses_whether_he_wants_it(office: Office) -> None:
    me = office.members["manager"]
    assert office.post(f"/members/{me}/choose-digest", {"wanted": False}).status_code == 200
    assert office.post(f"/members/{me}/choose-digest", {"wanted": True}, "colleague").status_code == 404
    assert office.post(f"/members/{me}/choose-digest", {"wanted": True}, "admin").status_code == 200
