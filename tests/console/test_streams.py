"""The pages of streams: each sees his own, a dead receiver is told with what to do, nothing is sent uncounted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from playwright.sync_api import Page

from domain.subscription.subscription import Subscription
from projections.streams.deliveries import EVERY_LANE, Batch, DeadLetter, DeliveryStore, Logged, Parked
from projections.streams.feed import Feed, brought_up, feed_head
from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.console.serving import Served, must_suit_desk_and_phone, visit
from tests.workers.receiving import SECRET

ERP = "https://erp.example/hook"
AGO = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    """An office whose integrator has a webhook with a dead receiver; an admin has another, and one that was paused."""
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as made:
            for name, owner in (("erp", "integrator"), ("bi", "admin"), ("old", "admin")):
                made.ids[name] = uuid4()
                subscribed(made, made.ids[name], name, owner)
            made.give(Subscription, made.ids["old"], "pause", reason="the warehouse moves")
            brought_up(Feed(made.journal), most=None, patience=0)
            receiver_dies(made, made.ids["erp"])
            yield made


def subscribed(office: Office, key: UUID, name: str, owner: str, **more: Any) -> None:
    body = {"name": name, "owner": str(office.members[owner]), "address": ERP, "secret": SECRET, **more}
    office.give(Subscription, key, "open", **{"filter": {"imports": True}, **body})


def receiver_dies(office: Office, subscription: UUID) -> None:
    """What a worker records of a receiver that answers 500: one lane waits, one event was given up."""
    lane = office.ids["own"]
    waits = Parked(lane=lane, position=9, attempts=3, next_at=AGO + timedelta(days=36_500), since=AGO, status=500,
                   reason="it answered 500")  # fmt: skip
    with office.journal.pool.connection() as connection:
        store = DeliveryStore(connection)
        store.standing(subscription, 0)
        store.record(
            subscription,
            Batch(
                cursor=9,
                parked=(waits,),
                dead=(DeadLetter(position=7, lane=lane, attempts=10, status=500, reason="it answered 500", at=AGO),),
                log=(
                    Logged(7, lane, 10, AGO, "failed", 500, 41.7, "it answered 500", "<b>down & out</b>", None),
                    Logged(5, lane, 1, AGO, "delivered", 200, 12.0, "", "", None),
                ),
            ),
        )


def page(office: Office, path: str = "", who: str = "integrator", status: int = 200, **parameters: Any) -> str:
    answer = office.get(f"/console/streams{path}", who, **parameters)
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


def sent(office: Office, path: str, fields: dict[str, str], who: str = "integrator", status: int = 200) -> str:
    answer = office.request("POST", f"/console/streams{path}", who, data=fields, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer.headers.get("location", "") or html.unescape(answer.text)


# Who sees what


def test_each_sees_his_own_and_admins_and_auditors_all(office: Office) -> None:
    assert "/console/streams/" + str(office.ids["bi"]) not in page(office, "-now")
    for who in ("admin", "auditor"):
        shown = page(office, "-now", who)
        assert all(f"/console/streams/{office.ids[name]}" in shown for name in ("erp", "bi", "old"))
    assert "There are no subscriptions that you may see." in page(office, "-now", "manager")


def test_what_one_may_not_see_is_not_there(office: Office) -> None:
    for path in (f"/{office.ids['bi']}", f"/{office.ids['bi']}/now", "/bi", "/nothing"):
        page(office, path, status=404)
    page(office, f"/{office.ids['erp']}", "manager", status=404)
    sent(office, f"/{office.ids['bi']}/pause", {"reason": "mine now"}, status=404)


def test_an_auditor_looks_and_changes_nothing(office: Office) -> None:
    shown = page(office, "/erp", "auditor")
    assert "End for good" not in shown
    assert "Subscribe to events" not in page(office, "", "auditor")
    answer = office.request("POST", "/console/streams/erp/pause", "auditor", data={"reason": "I look"})
    assert answer.status_code == 403


# How it stands


def test_a_dead_receiver_is_told_with_why_and_what_to_do(office: Office) -> None:
    said = office.get("/subscriptions/erp/status", "integrator").json()
    listed, shown = page(office, "-now"), page(office, "/erp/now")
    for text in (listed, shown):
        assert "it answered 500" in text
        assert "Mend the receiver: what waits is tried again by itself, in order" in text
    assert f'<p class="tile-value">{said["lag_events"]}</p>' in shown
    assert f"of {said['head']}" in shown
    assert re.search(r"<td class=\"num\">10</td><td>it answered 500</td><td>2 Mar 2026", shown)


def test_a_worker_is_missed_only_after_he_had_time_to_take_up_what_is_new(office: Office) -> None:
    key = office.ids["new"] = uuid4()
    subscribed(office, key, "new", "integrator")
    brought_up(Feed(office.journal), most=None, patience=0)
    with office.journal.pool.connection() as connection:
        DeliveryStore(connection).standing(key, feed_head(connection) - 1)
    assert "no worker is at it" not in page(office, "/new/now")
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=30)):
        assert "no worker is at it" in page(office, "/new/now")


def test_lanes_are_told_by_what_they_are_about_and_never_by_identifiers(office: Office) -> None:
    keys = [office.ids["own"], office.members["manager"], office.ids["old"], EVERY_LANE]
    waits = [Parked(lane=key, position=9, attempts=3, next_at=AGO, since=AGO, status=500, reason="no") for key in keys]
    with office.journal.pool.connection() as connection:
        store = DeliveryStore(connection)
        store.standing(office.ids["bi"], 0)
        store.record(office.ids["bi"], Batch(cursor=9, parked=tuple(waits)))
    assert lanes(office, "bi", "admin") == ["all, in one order", "member", "own", "subscription"]
    assert lanes(office, "erp", "integrator") == ["7", "own"]


def lanes(office: Office, name: str, who: str) -> list[str]:
    """What stands first in the rows of lanes that wait and of dead letters."""
    found = re.findall(r'<th scope="row"[^>]*>(?:<a [^>]*>)?([^<]*)<', page(office, f"/{name}/now", who))
    return sorted(found, key=str)


def test_attempts_show_the_answer_as_text_and_can_be_narrowed(office: Office) -> None:
    answer = office.get("/console/streams/erp/now", "integrator", outcome="failed")
    assert "&lt;b&gt;down &amp; out&lt;/b&gt;" in answer.text
    assert "42 ms" in answer.text
    assert "12 ms" not in answer.text
    assert "12 ms" in page(office, "/erp/now")


def test_what_was_paused_says_why(office: Office) -> None:
    shown = page(office, "/old/now", "admin")
    assert "the warehouse moves" in shown
    assert "Resume it: it goes on where it stood, nothing is lost." in shown


def test_the_payload_of_a_dead_letter_is_the_event_as_the_asker_may_read_it(office: Office) -> None:
    position = office.get("/events", "admin", limit=1, after=0).json()
    assert position
    shown = page(office, "/bi/payload/1", "admin")
    assert '"specversion": "1.0"' in shown
    page(office, "/bi/payload/999999", "admin", status=404)


# What is done


def test_a_pause_needs_its_reason_and_keeps_what_was_typed(office: Office) -> None:
    assert "reason" in sent(office, "/erp/pause", {"reason": " "}, status=409)
    assert sent(office, "/erp/pause", {"reason": "maintenance"}, status=303).endswith("?done=pause")
    assert office.get("/subscriptions/erp", "integrator").json()["paused"] == "maintenance"
    assert "Resume" in page(office, "/erp")
    assert sent(office, "/erp/resume", {"_key": ""}, status=303).endswith("?done=resume")
    assert office.get("/subscriptions/erp", "integrator").json()["state"] == "runs"


def test_nothing_is_sent_again_before_it_was_counted(office: Office) -> None:
    counted = sent(office, "/erp/redeliver", {"what": "range", "from": "1", "to": "5", "rate": "20"})
    said = office.post("/subscriptions/erp/redeliveries", {"from": 1, "to": 5, "dry_run": True}, "integrator").json()
    assert f"To be sent again, from position 1 to 5: {said['count']}, at most 20 a second." in counted
    assert office.get("/subscriptions/erp/redeliveries", "integrator").json()["redeliveries"] == []
    other = {"what": "range", "from": "1", "to": "5", "count": str(said["count"] + 1)}
    assert "stated" in sent(office, "/erp/redeliver", other, status=409)
    done = sent(office, "/erp/redeliver", {**other, "count": str(said["count"])}, status=303)
    assert done.endswith("?done=redeliver")
    ((again,),) = [office.get("/subscriptions/erp/redeliveries", "integrator").json()["redeliveries"]]
    assert (again["from_position"], again["to_position"], again["count"]) == (1, 5, said["count"])
    assert sent(office, "/erp/stop", {"number": str(again["id"])}, status=303).endswith("?done=stop")
    assert "expected a whole number" in sent(office, "/erp/redeliver", {"what": "one", "from": "all"}, status=422)


def test_a_new_secret_is_shown_once(office: Office) -> None:
    form = {"old_valid_hours": "24", "_key": "7a0c5b0e-52e0-4d4e-a53c-6a0c5b0e52e0"}
    shown = sent(office, "/erp/rotate", form)
    assert re.search(r"whsec_[A-Za-z0-9+/=]{20,}", shown)
    assert "whsec_" not in page(office, "/erp")
    assert sent(office, "/erp/rotate", form, status=303).endswith("?done=rotate"), "sent twice, given once"


def test_a_stream_is_opened_and_a_webhook_refused_that_leads_inside(office: Office) -> None:
    inside = {"name": "inside", "transport": "webhook", "address": "https://127.0.0.1/hook", "types": "Account"}
    refused = sent(office, "", inside, status=409)
    assert 'value="inside"' in refused
    assert "127.0.0.1" in refused
    stream = {"name": "lake", "transport": "valkey", "types": "Opportunity, Account.VisitLogged", "from": "beginning"}
    where = sent(office, "", {**stream, "order": "account", "lag_alarm_seconds": "60"}, status=303)
    said = office.get("/subscriptions/lake", "integrator").json()
    assert said["filter"]["types"] == ["Opportunity", "Account.VisitLogged"]
    assert (said["after"], said["lag_alarm_seconds"]) == (0, 60)
    assert where == f"/console/streams/{said['id']}?done=opened"
    assert "These figures are not complete" not in page(office, f"/{said['id']}")
    shown = page(office, f"/{said['id']}/now")
    assert "Nobody reads it yet." in shown
    manager = office.request("POST", "/console/streams", "manager", data=stream)
    assert manager.status_code == 403


def test_the_pages_speak_chinese(office: Office) -> None:
    answer = office.request("GET", "/console/streams/erp/now", "integrator", headers={"Accept-Language": "zh"})
    assert "对方应答 500" in answer.text or "500" in answer.text
    assert "等待的通道" in answer.text


# In a browser


def test_the_list_and_one_of_it_are_accessible_and_fit_a_phone(browser_page: Page, served: Served) -> None:
    for path in ("/console/streams", f"/console/streams/{served.office.ids['erp']}"):
        visit(browser_page, served, path, "admin")
        browser_page.locator("kams-part[data-loaded]").wait_for()
        must_suit_desk_and_phone(browser_page)


def test_a_payload_opens_in_the_panel(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, f"/console/streams/{served.office.ids['erp']}", "admin")
    browser_page.locator("#dead").get_by_role("link", name="open").click()
    browser_page.locator("#panel").get_by_text('"specversion"').wait_for()
