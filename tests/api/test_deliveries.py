"""Deliveries over HTTP and on the command line: who sees them, what is sent again, and that nothing is sent twice by
mistake."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import typer

from api.cli import streaming
from api.delivery_reasons import reason_said
from domain.language.catalogue import template_of
from domain.language.languages import Language, speaking
from domain.subscription.subscription import Subscription
from projections.streams.deliveries import EVERY_LANE, Batch, DeadLetter, DeliveryStore, Logged, Parked
from projections.streams.feed import Feed, brought_up
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.workers.following import until
from tests.workers.receiving import DELIVERED, SECRET, Receivers, failed
from workers.webhooks.engine import Webhooks

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ERP = "https://erp.example/hook"


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


@pytest.fixture
def erp(office: Office) -> UUID:
    subscription = uuid4()
    office.give(
        Subscription, subscription, "open", name="erp", owner=str(office.members["integrator"]), address=ERP,
        secret=SECRET, filter={"imports": True},
    )  # fmt: skip
    brought_up(Feed(office.journal), most=None, patience=0)
    return subscription


@pytest.fixture
def receivers(office: Office, database_url: str) -> Iterator[Receivers]:
    """A worker delivers to these."""
    receivers = Receivers(lambda: datetime.now(UTC))
    engine = Webhooks(database_url, office.journal, uuid4(), lambda: receivers, tick=0.1)
    engine.start()
    yield receivers
    engine.stop()
    engine.join(30)


def head_of(office: Office) -> int:
    return office.journal.streams.head()


def reaches(office: Office, position: int) -> bool:
    return until(lambda: office.get("/subscriptions/erp/status", "integrator").json()["cursor"] >= position)


def record(office: Office, subscription: UUID, batch: Batch) -> None:
    with office.journal.pool.connection() as connection:
        DeliveryStore(connection).standing(subscription, 0)
        DeliveryStore(connection).record(subscription, batch)


def test_the_status_says_how_far_it_is_and_what_waits(office, erp):
    lane = office.ids["own"]
    record(office, erp, Batch(cursor=2, parked=(
        Parked(lane=lane, position=1, attempts=3, next_at=NOON, since=NOON, status=500, reason="it answered 500"),
    )))  # fmt: skip
    answer = office.get(f"/subscriptions/{erp}/status", "integrator").json()
    head = head_of(office)
    with office.journal.pool.connection() as connection:
        ((owed,),) = connection.execute("select count(*) from feed where account = %s and position <= 2", (lane,))
    assert (answer["cursor"], answer["head"], answer["lag_events"]) == (2, head, head - 2 + owed)
    assert (answer["name"], answer["state"], answer["worked_on"], answer["behind"]) == ("erp", "runs", False, False)
    assert [(each["lane"], each["attempts"], each["status"]) for each in answer["lanes"]] == [(str(lane), 3, 500)]
    assert answer["lag_seconds"] > 0
    assert answer["next_retry"] is None  # it is due


def test_what_lanes_owe_counts_as_lag_by_account_and_by_subject(office, erp):
    head, own = head_of(office), office.ids["own"]
    with office.journal.pool.connection() as connection:
        of_own = connection.execute("select position from feed where account = %s order by 1", (own,)).fetchall()
        other, first = connection.execute(
            "select subject, position from feed where account is null order by position limit 1"
        ).fetchone() or (None, 0)
        ((others,),) = connection.execute("select count(*) from feed where subject = %s and account is null", (other,))
    later = NOON.replace(year=2096)
    record(office, erp, Batch(cursor=head, parked=(
        Parked(lane=own, position=of_own[1][0], attempts=1, next_at=later, since=NOON, reason="no answer"),
        Parked(lane=other, position=first, attempts=1, next_at=later, since=NOON),
    )))  # fmt: skip
    answer = office.get("/subscriptions/erp/status", "integrator").json()
    assert answer["lag_events"] == len(of_own) - 1 + others
    assert answer["next_retry"].startswith("2096-03-02T12:00:00")
    with office.journal.pool.connection() as connection:
        connection.execute("update delivery_lanes set lane = %s where lane = %s", (EVERY_LANE, other))
        connection.execute("delete from delivery_lanes where lane = %s", (own,))
    assert office.get("/subscriptions/erp/status", "integrator").json()["lag_events"] == head - first + 1


def test_a_retry_and_a_redelivery_say_what_holds_them_up(office, erp):
    head, lane = head_of(office), office.ids["own"]
    again, retry = "/subscriptions/erp/redeliveries", f"/subscriptions/erp/lanes/{lane}/retry"
    record(office, erp, Batch(cursor=head, parked=(
        Parked(lane=lane, position=1, attempts=3, next_at=NOON, since=NOON, status=500, reason="it answered 500"),
    )))  # fmt: skip
    held = lambda: [office.post(retry, {}, "integrator").json()[name] for name in ("waits_until", "reason")]  # noqa: E731
    assert held() == [None, "no worker is at it: `kams work` or `kams up` delivers"]
    with office.journal.pool.connection() as connection:
        connection.execute(
            "insert into delivery_hosts (host, failures, open_until, reason)"
            " values ('https://erp.example:443', 1, '2096-01-01T00:00:00Z', 'no connection')"
        )
    assert held() == ["2096-01-01T00:00:00Z", "https://erp.example:443: no connection"]
    status = office.get("/subscriptions/erp/status", "integrator").json()
    assert (status["host"]["reason"], status["waits_for"]) == ("no connection", "")
    with office.journal.pool.connection() as connection:
        connection.execute(
            "insert into delivery_hosts (host, failures, open_until, reason) values (%s, 1, %s, 'no answer')",
            (str(erp), NOON.replace(year=2095)),
        )
    body = {"position": 1, "count": 1}
    answer = office.post(again, body, "integrator").json()
    assert (answer["waits_until"], answer["reason"]) == ("2095-03-02T12:00:00Z", "no answer")
    assert office.get("/subscriptions/erp/status", "integrator").json()["waits_for"] == "no answer"
    office.give(Subscription, erp, "pause", reason="moving")
    assert held() == [None, "paused: moving"]
    status = office.get("/subscriptions/erp/status", "integrator").json()
    assert (status["state"], status["reason"], status["next_retry"]) == ("paused", "moving", None)


def test_the_log_is_paged_and_filtered(office, erp, receivers):
    head = head_of(office)
    assert reaches(office, head)
    first = office.get("/subscriptions/erp/deliveries", "integrator", limit=2).json()
    ids = [each["id"] for each in first["deliveries"]]
    second = office.get("/subscriptions/erp/deliveries", "integrator", limit=2, before=first["next"]).json()
    assert all(each["id"] < min(ids) for each in second["deliveries"])
    one = office.get("/subscriptions/erp/deliveries", "integrator", position=1).json()
    assert [(each["position"], each["outcome"], each["status"], each["excerpt"]) for each in one["deliveries"]] == [
        (1, "delivered", 200, "ok")
    ]
    assert office.get("/subscriptions/erp/deliveries", "integrator", outcome="failed").json() == {
        "deliveries": [],
        "next": None,
    }


def test_who_may_see_deliveries_and_who_may_order_them(office, erp):
    for path in ("status", "deliveries", "dead-letters", "redeliveries"):
        asked = {who: office.get(f"/subscriptions/erp/{path}", who).status_code for who in office.keys}
        assert {who for who, status in asked.items() if status == 200} == {"integrator", "admin", "auditor"}, path
        assert {status for status in asked.values() if status != 200} <= {404, 403}
    wanted = {"position": 1, "dry_run": True}
    ordered = {who: office.post("/subscriptions/erp/redeliveries", wanted, who).status_code for who in office.keys}
    assert {who for who, status in ordered.items() if status == 200} == {"integrator", "admin"}
    assert (ordered["auditor"], ordered["manager"]) == (403, 404)
    assert office.get("/subscriptions/other/status", "admin").status_code == 404


def test_a_range_is_sent_again_with_the_same_id_when_its_count_is_stated(office, erp, receivers):
    head = head_of(office)
    assert reaches(office, head)
    again = "/subscriptions/erp/redeliveries"
    dry = office.post(again, {"from": 2, "to": 4, "dry_run": True}, "integrator").json()
    assert (dry["count"], dry["from"], dry["to"], dry["redelivery"]) == (3, 2, 4, None)
    unstated = office.post(again, {"from": 2, "to": 4}, "integrator")
    assert unstated.status_code == 422
    assert "3" in unstated.json()["faults"][0]["reason"]
    wrong = office.post(again, {"from": 2, "to": 4, "count": 4}, "integrator")
    assert (wrong.status_code, wrong.json()["type"].rpartition(":")[2]) == (409, "RedeliveryCountOther")
    asked = office.post(again, {"from": 2, "to": 4, "count": 3, "rate": 100}, "integrator").json()["redelivery"]
    done = lambda: office.get(again, "integrator").json()["redeliveries"][0]  # noqa: E731
    assert until(lambda: done()["state"] == "done")
    assert (done()["id"], done()["sent"], done()["failed"]) == (asked["id"], 3, 0)
    repeated = [each for each in receivers.sent if each.headers.get("kams-redelivery") == str(asked["id"])]
    assert [each.event_id for each in repeated] == ["2", "3", "4"]


def test_dead_letters_are_sent_again_and_those_that_fail_stay(office, erp, receivers):
    assert reaches(office, head_of(office))
    letters = tuple(DeadLetter(position, uuid4(), 10, 500, "it answered 500", NOON) for position in (2, 3))
    record(office, erp, Batch(cursor=0, dead=letters))
    receivers.answers[ERP] = lambda one: failed() if one.event_id == "3" else DELIVERED
    body = {"dead_letters": True, "count": 2, "rate": 100}
    assert office.post("/subscriptions/erp/redeliveries", body, "integrator").status_code == 200
    left = lambda: office.get("/subscriptions/erp/dead-letters", "integrator", redelivered="false").json()  # noqa: E731
    assert until(lambda: [each["position"] for each in left()["dead_letters"]] == [3])
    assert until(lambda: left()["dead_letters"][0]["attempts"] == 11)
    whole = office.get("/subscriptions/erp/dead-letters", "integrator").json()["dead_letters"]
    assert [each["position"] for each in whole] == [2, 3]
    assert whole[0]["redelivered_at"] is not None


def test_a_redelivery_is_stopped(office, erp, receivers):
    head = head_of(office)
    assert reaches(office, head)
    again = "/subscriptions/erp/redeliveries"
    body = {"from": 1, "to": head, "count": head, "rate": 0.1}
    number = office.post(again, body, "integrator").json()["redelivery"]["id"]
    assert until(lambda: office.get(again, "integrator").json()["redeliveries"][0]["sent"] == 1)
    stopped = office.post(f"{again}/{number}/stop", {}, "integrator").json()
    assert (stopped["state"], stopped["sent"]) == ("stopped", 1)
    assert office.post(f"{again}/999/stop", {}, "integrator").status_code == 404
    assert office.post(f"{again}/x/stop", {}, "integrator").status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"position": 1, "from": 2}, {"position": 1, "to": 2}, {"from": 5, "to": 2}, {"from": -1}, {"rate": 0},
     {"position": 1, "rate": 101}, {"from": "x"}, {"what": 1}],
)  # fmt: skip
def test_what_cannot_be_sent_again_is_said(office, erp, body):
    refused = office.post("/subscriptions/erp/redeliveries", {"dry_run": True, **body}, "integrator")
    assert refused.status_code == 422
    assert refused.json()["faults"]


def test_what_is_beyond_the_newest_event_is_refused_with_it(office, erp):
    head = head_of(office)
    for body in ({"position": head + 1}, {"from": head + 9}):
        refused = office.post("/subscriptions/erp/redeliveries", {**body, "dry_run": True}, "integrator")
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "AheadOfJournal")
        assert str(head) in refused.json()["detail"]
    nothing = office.post("/subscriptions/erp/redeliveries", {"dead_letters": True, "dry_run": True}, "integrator")
    assert (nothing.status_code, nothing.json()["type"].rpartition(":")[2]) == (409, "NothingToRedeliver")


def test_nothing_is_no_redelivery(office, erp):
    refused = office.post("/subscriptions/erp/redeliveries", {"dead_letters": True, "count": 0}, "integrator")
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "NothingToRedeliver")


def test_a_test_shows_what_the_receiver_answers(office, erp, receivers):
    receivers.answers[ERP] = lambda one: (
        failed(401, "it answered 401") if one.event_id.startswith("test") else DELIVERED
    )
    answer = office.post("/subscriptions/erp/test", {}, "integrator").json()
    assert (answer["state"], answer["outcome"], answer["status"]) == ("done", "failed", 401)
    assert (answer["sent"], answer["failed"]) == (0, 1)
    (sent,) = [each for each in receivers.sent if each.body["type"] == "kams.test"]
    assert sent.event_id == f"test-{answer['id']}"
    assert sent.secrets == (SECRET,)
    assert sent.body["subject"] == str(erp)


def test_a_lane_that_waits_is_tried_at_once(office, erp, receivers):
    head = head_of(office)
    assert reaches(office, head)
    mends = threading.Event()
    receivers.answers[ERP] = lambda one: DELIVERED if mends.is_set() else failed()
    account = office.ids["own"]
    office.account("Another", "manager")
    brought_up(Feed(office.journal), most=None, patience=0)
    status = lambda: office.get("/subscriptions/erp/status", "integrator").json()  # noqa: E731
    assert until(lambda: status()["parked"] == 1)
    mends.set()
    lane = status()["lanes"][0]["lane"]
    tried = office.post(f"/subscriptions/erp/lanes/{lane}/retry", {}, "integrator").json()
    assert tried == {"lane": lane, "waits_until": None, "reason": ""}
    assert until(lambda: status()["parked"] == 0)
    refused = office.post(f"/subscriptions/erp/lanes/{account}/retry", {}, "integrator")
    assert refused.json()["type"].rpartition(":")[2] == "LaneDoesNotWait"
    refused = office.post("/subscriptions/erp/lanes/nolane/retry", {}, "integrator")
    assert (refused.status_code, "`nolane`" in refused.json()["faults"][0]["reason"]) == (422, True)


def test_metrics_tell_outcomes_and_lags(office, erp, receivers):
    head = head_of(office)
    assert reaches(office, head)
    text = office.client.get("/metrics", headers={"Authorization": f"Bearer {office.keys['admin']}"}).text
    assert f'kams_webhook_deliveries_total{{outcome="delivered"}} {float(head)}' in text
    assert 'kams_subscription_lag_seconds{subscription="erp"} 0.0' in text


@pytest.fixture
def kams(office: Office, database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    """A terminal of the integrator's."""
    environment = {"KAMS_HOME": str(tmp_path), "KAMS_DATABASE_URL": database_url, "KAMS_REDIS_URL": valkey_url,
                   "KAMS_KEY": office.keys["integrator"]}  # fmt: skip
    app = typer.Typer()
    streaming.add(app)
    app.command("other")(lambda: None)
    return CommandLine(environment, app)


def test_the_command_line_shows_sends_again_stops_and_tests(office, erp, receivers, kams):
    head = head_of(office)
    assert reaches(office, head)
    (status,) = kams("streams", "status", "--json").json["subscriptions"]
    assert (status["name"], status["cursor"], status["lag_events"]) == ("erp", head, 0)
    assert "erp" in kams("streams", "status", "erp").out
    logged = kams("streams", "deliveries", "erp", "--position", "1", "--json").json["deliveries"]
    assert [(each["subscription"], each["outcome"]) for each in logged] == [("erp", "delivered")]
    header, line = kams("streams", "deliveries", "erp", "--position", "1", "--csv").out.splitlines()
    assert header.split(",")[:3] == ["subscription", "at", "position"]
    assert line.split(",")[0] == "erp"
    assert kams("streams", "redeliver", "erp", "--position", "1").out == (
        "Events that would be sent again: 1. Repeat this with --count 1 to send them.\n"
    )
    wrong = kams("streams", "redeliver", "erp", "--position", "1", "--count", "2")
    assert (wrong.code, "Events that would be sent again now: 1; stated: 2" in wrong.err) == (1, True)
    number = kams("streams", "redeliver", "erp", "--position", "1", "--count", "1", "--json").json["redelivery"]["id"]
    done = lambda: kams("streams", "redeliveries", "erp", "--json").json["redeliveries"][0]["state"]  # noqa: E731
    assert until(lambda: done() == "done")
    assert kams("streams", "stop", "erp", str(number)).out == f"Redelivery {number}: done, 1 of 1 sent.\n"
    assert kams("streams", "test", "erp").out.startswith("It answered 200 within 1 ms.")
    assert kams("streams", "dead-letters", "erp").err == "No dead letters recorded.\n"
    assert kams("streams", "retry", "erp", str(uuid4())).code == 1
    assert kams("streams", "status", "nobody").code == 1
    none = kams("streams", "redeliver", "erp")
    assert (none.code, "--position, --from, --dead-letters" in none.err) == (2, True)
    ahead = kams("streams", "redeliver", "erp", "--position", "999999")
    assert (ahead.code, str(head_of(office)) in ahead.err) == (1, True)
    assert kams("streams", "deliveries", "erp", "--csv").out.splitlines()[0].endswith(",excerpt")
    receivers.answers[ERP] = lambda one: failed(None, "it refuses connections.")
    dead = kams("streams", "test", "erp")
    assert (dead.code, dead.out) == (1, "It was not reached: it refuses connections.\n")
    assert kams("streams", "test", "erp", "--wait", "0").code == 1


def test_times_are_the_companys_and_reasons_in_the_language_of_who_asks(office, erp, kams):
    lane = office.ids["own"]
    record(office, erp, Batch(cursor=2, log=(
        Logged(1, lane, 1, NOON, "failed", None, 15_000.0, "no answer within 15 s", "", None),
    )))  # fmt: skip
    shown = kams("streams", "deliveries", "erp").out
    assert re.search(r"2026-03-02 \d\d:00:00 ", shown)
    assert f"{str(lane)[:8]}… " in shown
    assert "no answer within 15 s" in shown
    with speaking(Language.CHINESE):
        assert [reason_said(each) for each in (
            "no answer within 15 s", "it answered 301: redirects are not followed", "paused: it moves", "",
            "hook.example leads to 10.0.0.5, which is not a public address: webhooks there are refused unless"
            " KAMS_WEBHOOKS_PRIVATE=1.",
        )] == [
            "15 秒内没有应答", "对方应答 301：不跟随重定向", "已暂停：it moves", "",
            reason_of("AddressNotGlobal").format(
                host="hook.example", address="10.0.0.5", setting="KAMS_WEBHOOKS_PRIVATE"),
        ]  # fmt: skip


def reason_of(refusal: str) -> str:
    return template_of(refusal, "")
