"""Where in an envelope something stands: JSON Pointers, which keys with dots, slashes and tildes do not confuse."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client.events import Changed, event_of, said_in
from domain.account.account import Account
from domain.aggregate import Aggregate, Event, Recorded
from domain.changes import Change, changes
from domain.opportunity.competition import Competition
from domain.opportunity.opportunity import Opportunity
from domain.sealed import Sealed
from domain.subscription.filter import LIVE_ONLY
from domain.subscription.subscription import Order, Subscription, Transport
from projections.streams.envelope import enveloped, pointer, steps_of, unsealed

STREAM, WHO = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NOTE = Sealed(UUID(int=3), b"0123456789abcdef", b"x")
RIVAL = "A.B. Motors/Fans ~ Inc."
OPENED = Subscription.Opened(
    name="erp", owner=WHO, transport=Transport.WEBHOOK, address="https://erp.example.com/kams", secret=NOTE,
    filter=LIVE_ONLY, order=Order.STRICT, personal=False, after=0, lag_alarm_seconds=60,
)  # fmt: skip


def fact(event: Event, version: int = 1) -> Recorded:
    return Recorded(
        originator_id=STREAM, originator_version=version, event=event, occurred_at=NOW, position=7, recorded_at=NOW,
        note=NOTE,
    )  # fmt: skip


def published(event: Event, changed: list[Change], version: int = 1) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.json.decode(enveloped(fact(event, version), changed, None, "").event)
    return made


def what_changed(aggregate: Aggregate, event: Event) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = published(event, changes(aggregate, fact(event)))["data"]["changes"]
    return found


@pytest.mark.parametrize(
    ("steps", "path"),
    [(["amount"], "/amount"), (["a", "b.c", ""], "/a/b.c/"), (["a/b", "m~n"], "/a~1b/m~0n"), (["~1"], "/~01")],
)
def test_a_path_is_a_json_pointer(steps: list[str], path: str) -> None:
    assert pointer(steps) == path


@given(st.lists(st.text("a.b/~ 01"), min_size=1))
def test_a_path_is_taken_apart_into_what_it_was_made_of(steps: list[str]) -> None:
    assert steps_of(pointer(steps)) == Changed(pointer(steps), None, None).steps == steps


def test_a_key_with_dots_and_slashes_stays_one_step() -> None:
    event = Competition.CompetitorIdentified(competitor=RIVAL)
    (change,) = what_changed(Opportunity(id=STREAM), event)
    path = ["competition", "competitors", RIVAL.casefold()]
    assert change["path"] == "/competition/competitors/a.b. motors~1fans ~0 inc."
    assert steps_of(change["path"]) == path
    read = event_of(said_in(enveloped(fact(event), [Change(tuple(path), None, "x")], None, "").event), b"")
    assert [each.steps for each in read.changes] == [path]


def test_what_is_sealed_is_found_by_its_pointer_and_opened_there() -> None:
    event = Competition.CompetitorIdentified(competitor=RIVAL)
    made = enveloped(fact(event), [Change(("held.by", RIVAL, "name"), None, NOTE)], None, "")
    assert msgspec.json.decode(made.event)["data"]["sealed"] == ["/changes/0/after", "/note"]
    opened = msgspec.json.decode(unsealed(made.event, made.sealed, lambda _, field: f"opened as {field}"))
    assert (opened["data"]["changes"][0]["after"], opened["data"]["note"]) == ("opened as after", "opened as note")


def test_what_opens_an_aggregate_changes_nothing_that_was_there() -> None:
    changed = {each["path"]: (each["before"], each["after"]) for each in what_changed(Subscription(id=STREAM), OPENED)}
    assert changed == {
        "/name": (None, "erp"),
        "/owner": (None, str(WHO)),
        "/address": (None, "https://erp.example.com/kams"),
        "/filter/imports": (None, False),
        "/order": (None, "strict"),
        "/lag_alarm_seconds": (None, 60),
    }
    assert published(OPENED, [Change(("address",), "", None)])["data"]["changes"] == []


def test_what_a_later_event_changes_says_what_there_was() -> None:
    subscription = Subscription(id=STREAM)
    subscription.fold(fact(OPENED))
    changed = Subscription.Changed(
        address="https://erp.example.com/kams", filter=LIVE_ONLY, order=Order.ACCOUNT, personal=True,
        lag_alarm_seconds=60,
    )  # fmt: skip
    assert what_changed(subscription, changed) == [
        {"path": "/order", "before": "strict", "after": "account"},
        {"path": "/personal", "before": False, "after": True},
    ]


def test_an_account_had_no_name_before_it_was_registered() -> None:
    registered = msgspec.convert({"name": "Acme"}, Account.Registered, strict=False)
    found = {each["path"]: each["before"] for each in what_changed(Account(id=STREAM), registered)}
    assert found["/profile/name"] is None
    assert set(found.values()) == {None}
