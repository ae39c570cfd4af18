"""Questions over HTTP: shapes, clocks, pages, ETags, waiting, the feed, and what operators look at."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient

from api.app import create_app
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.member import Role
from projections import READ_MODELS
from projections.engine import Engine
from projections.view import Reader
from tests.api.office import Office, open_office
from tests.conftest import new_database

HEAD = ["as_of", "known_at", "complete", "scope", "currency"]


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.mark.parametrize(
    "path",
    ["/funnel", "/funnel/bridge?from=2026-01-01", "/funnel/conversion", "/relationship-health?since=2026-01-01",
     "/forecast?period=2026-Q1", "/relationship-health", "/accounts",
     "/opportunities"],
)  # fmt: skip
def test_every_reading_answer_begins_with_its_clocks_scope_and_currency(office: Office, path: str) -> None:
    answer = office.get(path.partition("?")[0], **dict(p.split("=") for p in path.partition("?")[2].split("&") if p))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert list(told)[:5] == HEAD
    assert told["scope"] == "own accounts"
    assert told["currency"] == "EUR"


def test_the_funnel_counts_what_the_asker_sees(office: Office) -> None:
    mine = office.get("/funnel").json()
    whole = office.get("/funnel", "auditor").json()
    count = {"manager": sum(s["count"] for s in mine["stages"]), "auditor": sum(s["count"] for s in whole["stages"])}
    assert count["auditor"] > count["manager"] >= 1
    assert whole["scope"] == "everything"
    assert all(isinstance(stage["amount"], str) for stage in mine["stages"])


def test_groups_of_owners_have_names_for_those_who_may_read_them(office: Office) -> None:
    assert office.get("/funnel", by="owner").status_code == 200


def test_a_question_as_of_before_the_first_fact_is_empty(office: Office) -> None:
    assert office.get("/opportunities", as_of="2020-01-01").json()["opportunities"] == []
    assert office.get("/opportunities", known_at=1).json()["opportunities"] == []


def test_a_position_that_is_not_there_yet_is_refused(office: Office) -> None:
    answer = office.get("/funnel", known_at=10**9)
    assert (answer.status_code, answer.json()["rule"]) == (422, "NotYetRecorded")


def test_pages_fit_together_though_something_comes_in_between(office: Office) -> None:
    made = {str(office.account(f"Page {n}", "manager")) for n in range(5)}
    office.caught_up()
    first = office.get("/accounts", name="Page", limit=3).json()
    office.account("Page 00", "manager")
    office.caught_up()
    second = office.get("/accounts", name="Page", limit=3, cursor=first["next"]).json()
    assert second["next"] is None
    assert [line["name"] for page in (first, second) for line in page["accounts"]] == [f"Page {n}" for n in range(5)]
    assert {line["id"] for page in (first, second) for line in page["accounts"]} == made
    assert first["known_at"] == second["known_at"]


def test_opportunities_are_paged_filtered_and_titled(office: Office) -> None:
    account = office.account("Many deals", "manager")
    made = {str(office.opportunity(account, f"Deal {n}")) for n in range(3)}
    office.caught_up()
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = office.get("/opportunities", account=account, limit=2, **cursor).json()
        found += page["opportunities"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert {line["id"] for line in found} == made
    assert {line["title"] for line in found} == {"Deal 0", "Deal 1", "Deal 2"}
    assert all(line["value"] == "1000.00" for line in found)
    assert office.get("/opportunities", account=account, outcome="won").json()["opportunities"] == []


def test_a_cursor_belongs_to_its_question(office: Office) -> None:
    first = office.get("/accounts", "auditor", limit=1).json()
    other = office.get("/accounts", "auditor", limit=1, name="Page", cursor=first["next"])
    assert (other.status_code, other.json()["faults"][0]["field"]) == (422, "cursor")


def test_what_has_not_changed_is_304(office: Office) -> None:
    for path in (f"/accounts/{office.ids['own']}", f"/opportunities/{office.ids['own deal']}", "/funnel", "/accounts"):
        first = office.get(path)
        again = office.request("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304, path
        assert again.content == b""


def test_a_question_waits_for_a_position(office: Office) -> None:
    told = office.post("/accounts", {"name": "Waited for"}).json()
    office.caught_up()
    answer = office.get("/accounts", name="Waited for", wait_for=told["position"]).json()
    assert [line["id"] for line in answer["accounts"]] == [told["id"]]


def test_a_wait_that_is_in_vain_says_so(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.asking.PATIENCE", 0.2)
    told = office.post("/accounts", {"name": "Nobody projects it"}).json()
    answer = office.get("/funnel", wait_for=told["position"])
    assert (answer.status_code, answer.json()["rule"]) == (503, "NotYetThere")
    office.caught_up()


def test_a_position_ahead_of_the_journal_is_told_so_at_once(office: Office) -> None:
    head = office.journal.streams.head()
    for path, parameters in (
        ("/events", {"after": head + 1, "wait": 30}),
        ("/events", {"after": head + 1}),
        ("/funnel", {"wait_for": head + 1}),
    ):
        answer = office.get(path, "admin", **parameters)
        assert (answer.status_code, answer.json()["rule"]) == (409, "AheadOfJournal"), path
        assert answer.json()["details"]["head"] == head
        assert "nothing was ever recorded there" in answer.json()["detail"]
    assert office.get("/events", "admin", after=head).status_code == 200


def test_after_a_restore_whoever_had_read_further_is_told_when_it_was(office: Office) -> None:
    head = office.journal.streams.head()
    with office.journal.pool.connection() as connection, connection.transaction():
        connection.execute("insert into restores values ('2026-03-04 05:06Z', '2026-03-03 02:01Z', 7, 'x')")
    for path, parameters in (
        ("/events", {"after": head + 5}),
        ("/funnel", {"wait_for": head + 5}),
        ("/funnel", {"known_at": head + 5}),
    ):
        answer = office.get(path, "admin", **parameters)
        assert (answer.status_code, answer.json()["rule"]) == (409, "AheadOfJournal"), path
        assert "restored on 2026-03-04 05:06 UTC from the backup of 2026-03-03 02:01 UTC" in answer.json()["detail"]
        assert answer.json()["details"]["restored_at"].startswith("2026-03-04T05:06")
    assert office.get("/funnel", "admin", known_at=head).status_code == 200
    with office.journal.pool.connection() as connection:
        connection.execute("alter table restores disable trigger restores_stay; delete from restores")
        connection.execute("alter table restores enable trigger restores_stay")


def test_a_subscriber_who_states_his_epoch_is_told_of_a_restore_however_far_the_journal_has_grown(
    office: Office,
) -> None:
    head = office.journal.streams.head()
    restored_to = head - 3
    assert office.get("/events", "admin", after=head).json()["epoch"] == 0
    with office.journal.pool.connection() as connection, connection.transaction():
        connection.execute(
            "insert into restores values ('2026-03-04 05:06Z', '2026-03-03 02:01Z', %s, 'x')", (restored_to,)
        )
    now_in = office.get("/events", "admin", after=head).json()["epoch"]
    assert now_in == int(datetime(2026, 3, 4, 5, 6, tzinfo=UTC).timestamp()) * 1_000_000
    for wait in (0, 30):
        answer = office.get("/events", "admin", after=head, epoch=0, wait=wait)
        assert (answer.status_code, answer.json()["rule"]) == (409, "AheadOfJournal")
    details = answer.json()["details"]
    assert (details["position"], details["head"], details["go_on_after"]) == (head, head, restored_to)
    assert f"Go on after {restored_to}" in answer.json()["detail"]
    beyond = office.get("/events", "admin", after=head + 1).json()
    assert beyond["details"]["go_on_after"] == restored_to
    gone_on = office.get("/events", "admin", after=restored_to, epoch=0).json()
    assert [event["position"] for event in gone_on["events"]] == [head - 2, head - 1, head]
    assert office.get("/events", "admin", after=head, epoch=now_in).status_code == 200
    unknown = office.get("/events", "admin", after=head, epoch=now_in - 1).json()
    assert (unknown["rule"], unknown["details"]["go_on_after"]) == ("AheadOfJournal", 0)
    assert f"it never had the epoch {now_in - 1}" in unknown["detail"]
    assert office.get("/events", "admin", epoch=now_in - 1).status_code == 200
    (note,) = office.get("/audit/seal", "auditor").json()["notes"]
    assert f"restored on 2026-03-04 05:06 UTC, to {restored_to} events" in note
    with office.journal.pool.connection() as connection:
        connection.execute("alter table restores disable trigger restores_stay; delete from restores")
        connection.execute("alter table restores enable trigger restores_stay")


def test_an_account_as_of_a_past_moment(office: Office) -> None:
    account = office.account("As it was", "manager")
    office.post(f"/accounts/{account}/change-profile", {"name": "As it is"})
    assert office.get(f"/accounts/{account}").json()["profile"]["name"] == "As it is"
    assert office.get(f"/accounts/{account}", as_of="2026-01-06").json()["profile"]["name"] == "As it was"
    before = office.get(f"/accounts/{account}", as_of="2025-01-01")
    assert (before.status_code, before.json()["rule"]) == (422, "NotOpenedThen")


def test_the_feed_tells_everything_once_and_how_far_it_looked(office: Office) -> None:
    head = office.get("/projections").json()["head"]
    seen, after = [], 0
    while True:
        told = office.get("/events", "auditor", after=after, limit=7).json()
        seen += [event["position"] for event in told["events"]]
        after = told["examined"]
        if after >= told["head"]:
            break
    assert seen == list(range(1, head + 1))


def test_the_feed_of_a_manager_tells_of_his_accounts_and_moves_on_past_the_others(office: Office) -> None:
    told = office.get("/events", limit=1000).json()
    subjects = {event["subject"] for event in told["events"]}
    assert str(office.ids["own"]) in subjects
    assert str(office.ids["own deal"]) in subjects
    assert not subjects & {str(office.ids["foreign"]), str(office.ids["foreign deal"]), str(office.members["admin"])}
    assert told["examined"] == told["head"]


def test_the_feed_is_filtered_by_type_and_account(office: Office) -> None:
    told = office.get("/events", "auditor", type="Account.Registered,Opportunity", account=office.ids["own"]).json()
    assert [event["type"] for event in told["events"]] == ["Account.Registered", "Opportunity.Opened"]
    assert told["examined"] == told["head"]
    assert office.get("/events", "auditor", type="Account.Nonsense").status_code == 422


def test_the_feed_opens_personal_data_only_for_a_key_that_may_read(office: Office) -> None:
    account, person = office.account("People", "manager"), str(uuid4())
    office.post(f"/accounts/{account}/stakeholders/add", {"stakeholder_id": person, "name": "Han Meimei"})
    office.member("streamer", Role.INTEGRATOR, scopes=["stream"])
    for who, name in (("integrator", "Han Meimei"), ("streamer", None)):
        (event,) = office.get("/events", who, type="Account.StakeholderAdded", account=account).json()["events"]
        assert event["data"]["fields"]["name"] == name
        assert "/fields/name" in event["data"]["sealed"]


def test_the_feed_never_shows_the_hash_of_a_key(office: Office) -> None:
    events = office.get("/events", "auditor", type="Member.KeyIssued").json()["events"]
    assert events
    assert all("hash" not in event["data"]["fields"] for event in events)


def test_the_feed_waits_for_what_comes(office: Office) -> None:
    head = office.get("/projections").json()["head"]
    started = datetime.now(UTC)
    told = office.get("/events", after=head, wait=0.3).json()
    assert told == {"events": [], "examined": head, "head": head, "epoch": 0}
    assert (datetime.now(UTC) - started).total_seconds() >= 0.3


def test_an_event_that_cannot_be_read_is_named_and_the_feed_goes_on(database_url: str) -> None:
    with open_office(database_url) as office:
        position = office.give_raw_event(office.ids["own"], "Account.NeverHeardOf")
        after = office.account("After it", "manager")
        told: list[dict[str, Any]] = []
        examined = position - 3
        while not told or examined < told[-1]["head"]:
            told.append(office.get("/events", "auditor", after=examined, limit=100).json())
            examined = told[-1]["examined"]
        events = {event["position"]: event for each in told for event in each["events"]}
        assert list(events) == list(range(position - 2, told[-1]["head"] + 1))
        assert "NeverHeardOf" in events[position]["error"]
        assert str(after) in {event["subject"] for event in events.values()}


def test_the_openapi_document_describes_what_there_is(office: Office) -> None:
    document = office.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/funnel", "/accounts/{id}/visits/log", "/policies/sales-process/{key}"} <= document["paths"].keys()
    money = document["components"]["schemas"]["Money"]["properties"]["amount"]
    assert money["format"] == "decimal"
    body = document["paths"]["/accounts"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert document["components"]["schemas"][body.rpartition("/")[2]]["additionalProperties"] is False


def test_health_needs_no_key_and_metrics_count(office: Office) -> None:
    assert office.client.get("/health/live").json()["ok"] is True
    assert office.client.get("/health/ready").status_code == 200
    office.post("/accounts", {"name": "Counted"})
    numbers = office.get("/metrics").text
    assert 'kams_model_lag_seconds{model="funnel_v1"}' in numbers
    assert 'kams_commands_total{command="Account.register",status="201"}' in numbers
    assert {"kams_feed_position", "kams_feed_lag_seconds", "kams_feed_not_whole"} <= {*numbers.split()}


def test_a_new_process_says_how_far_its_models_are_filled(database_url: str) -> None:
    with open_office(database_url) as office:
        journal = Journal(database_url)
        engine = Engine(journal.pool, READ_MODELS, JournalMapper())
        office.account("Not yet taken in", "manager")
        with TestClient(create_app(journal, engine, Reader(journal, engine), hosts=("*",))) as client:
            key = {"Authorization": f"Bearer {office.keys['manager']}"}
            unready = client.get("/health/ready")
            assert unready.status_code == 503
            assert unready.json()["progress"]["funnel"].endswith(f" of {journal.streams.head()}")
            assert client.get("/funnel", headers=key).json()["rule"] == "NotYetReady"
            office.caught_up()
            assert client.get("/health/ready").status_code == 200
            assert client.get("/funnel", headers=key).status_code == 200
        journal.close()
