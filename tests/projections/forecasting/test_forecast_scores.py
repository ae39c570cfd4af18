"""Kept forecasts are scored once their periods are over, beside what needs no model; parts count nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.forecast_call.forecast_call import NOTHING_COMPUTED, ForecastCall, Layer, call_id
from domain.member.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.policies.calendar import PeriodUnknown
from domain.policies.policy import policy_id
from domain.policies.territories import Territories
from domain.visibility import Visibility
from projections import forecast_issued
from projections.deals import Filters
from projections.forecast import ForecastAnswer, ForecastGroup
from projections.forecast_chances import DealChance, DealsAnswer
from projections.forecast_methods import compared
from projections.forecast_scores import ScoresAnswer, ScoresAsked, scores
from projections.forecasting.facts import load
from projections.forecasting.kept import DEALS, keep, kept
from projections.forecasting.replay import Issued
from projections.view import KnownAt, View
from tests.projections.asking import Office
from tests.projections.conftest import Told
from tests.projections.forecasting.test_backtest import NOW, OWNERS, deals, office, won_in

__all__ = ["office"]

SEPTEMBER = datetime(2017, 9, 30, 12, tzinfo=UTC)
ALL = ScoresAsked()
QUARTER = {"first": date(2017, 10, 1), "last": date(2017, 12, 31), "period": "2017-Q4"}
OCTOBER = {"first": date(2017, 10, 1), "last": date(2017, 10, 31), "period": "2017-10"}


@pytest.fixture(autouse=True)
def nothing_is_kept(office: Office) -> Iterator[None]:
    yield
    with office.journal.triggers_asleep():
        office.journal.connection.execute("delete from forecasts")


def head(as_of: datetime, position: int) -> dict[str, Any]:
    known = KnownAt(position, None)
    model = {"model": "hazard", "model_version": "v", "position": position}
    return {"as_of": as_of, "known_at": known, "complete": True, "scope": "everything", "currency": "EUR", **model}


def said(office: Office, p50: int, *, as_of: datetime = SEPTEMBER, days: dict[str, Any] = OCTOBER, **more: Any) -> None:
    amounts = {"p10": Decimal(p50 - 200), "p50": Decimal(p50), "p90": Decimal(p50 + 200)}
    groups = [ForecastGroup(key=str(OWNERS[0]), name="", **amounts)]
    answer = ForecastAnswer(**head(as_of, len(office.journal.facts)), period="2017-10", groups=groups, **amounts)
    with psycopg.connect(office.journal.url, autocommit=True) as connection:
        asked = {"reason": "shown", "scope": "everything", "by": "owner", **days, **more}
        assert keep(connection, answer=answer, **asked)


def said_of_deals(office: Office, as_of: datetime, p: float) -> list[UUID]:
    """A chance for the first three deals that are open."""
    ids = [UUID(int=1000 + number) for number in (270, 268, 267)]
    stated = {"p10_close": None, "p50_close": None, "p90_close": None, "amount": None, "reasons": [], "stage": "lead"}
    known = head(as_of, len(office.journal.facts))
    each = {name: known[name] for name in ("as_of", "model", "model_version", "position")}
    lines = [
        DealChance(**each, **stated, opportunity="", id=one, account=None, owner=None, p_win=p, p_win_within=p)
        for one in ids
    ]
    with psycopg.connect(office.journal.url, autocommit=True) as connection:
        answer = DealsAnswer(**known, within=92, deals=lines)
        days = {"first": as_of.date(), "last": date(2017, 12, 31), "period": DEALS}
        assert keep(connection, reason="scheduled", scope="everything", answer=answer, **days)
    return ids


@contextmanager
def view(office: Office, **clocks: Any) -> Iterator[View]:
    with office.view(clocks.pop("now", NOW), **clocks) as seen:
        yield seen


def scored(office: Office, asked: ScoresAsked = ALL, **clocks: Any) -> ScoresAnswer:
    with view(office, **clocks) as seen:
        return scores(seen, asked)


def hazard(answer: ScoresAnswer, by: str = "") -> Any:
    return next(line for line in answer.methods if (line.method, line.by) == ("hazard", by))


def test_what_was_worked_out_once_is_remembered_and_changes_nothing(office, monkeypatch):
    said(office, won_in(10) + 150)
    said(office, won_in(11), days=QUARTER)
    said_of_deals(office, SEPTEMBER, 0.4)
    monkeypatch.setattr(forecast_issued, "ISSUED", forecast_issued.Remembered())
    for asked in (ALL, ScoresAsked(by="owner"), ScoresAsked(by="territory")):
        for now in (SEPTEMBER + timedelta(days=20), NOW):
            afresh, again = (scored(office, asked, now=now) for _ in range(2))
            monkeypatch.setattr(forecast_issued.Then, "waiting", lambda *_: None)
            monkeypatch.setattr(forecast_issued.Then, "remembered", lambda then, one, _: then.issued(one))
            assert scored(office, asked, now=now) == afresh == again
            monkeypatch.undo()
            monkeypatch.setattr(forecast_issued, "ISSUED", forecast_issued.Remembered(most=1))


def test_who_sees_more_deals_since_is_told_anew_only_of_those_that_were_there(office, monkeypatch):
    monkeypatch.setattr(forecast_issued, "ISSUED", forecast_issued.Remembered())
    said(office, won_in(10))
    before = frozenset(UUID(int=1000 + number) for number in range(0, 270, 3))
    with view(office) as seen:
        facts, (one,) = load(seen.connection), kept(seen.connection)
        then = [
            forecast_issued.Then(seen, facts, "owner", shown, lambda key: (key,))
            for shown in (before, before | {UUID(int=1300)}, before - {UUID(int=1267)}, before | {UUID(int=1268)})
        ]
        first, later, less, more = (each.remembered(one, "end") for each in then)
        afresh = [each.issued(one) for each in then]
    assert [told(each) for each in (first, later, less, more)] == [told(each) for each in afresh]
    assert later is first, "deal 300 was opened after September"
    assert len({str(told(each)) for each in (first, less, more)}) == 3


def told(issued: Issued) -> list[Any]:
    amounts = [(each.span, each.method, each.keys, each.p50.tolist(), each.whole) for each in issued.amounts]
    return [issued.day, issued.model, amounts, issued.wins]


def test_what_was_said_is_held_against_what_the_period_brought(office):
    said(office, won_in(10) + 150)
    answer = scored(office)
    assert (answer.forecasts, answer.issued_from, answer.issued_to) == (1, SEPTEMBER, SEPTEMBER)
    line = hazard(answer)
    assert (line.period_kind, line.issued, line.layer, line.n) == ("month", "before", "computed", 1)
    assert line.wape == round(150 / won_in(10), 4)
    assert line.coverage == 1.0
    assert {each.method for each in answer.methods} == {
        "hazard", "stage_weighted", "stage_rates", "last_quarter", "average_of_four",
    }  # fmt: skip
    assert (line.periods, answer.in_use, answer.proposed) == (1, "hazard", None), "one period proposes nothing"


def test_groups_are_scored_where_they_are_asked_for(office):
    said(office, won_in(10))
    line = hazard(scored(office, ScoresAsked(by="owner")), "owner")
    assert line.n == 2, "the owner of whom nothing was said counts as forecast to bring nothing"


def test_a_territory_above_those_in_which_deals_stand_is_not_scored_beside_them(office):
    start, tree = datetime(2017, 1, 1, tzinfo=UTC), policy_id("Territories")
    parts = ("north", OWNERS[0]), ("south", OWNERS[1])
    office.tell(
        (tree, Territories.TerritorySet(key="all", name="All"), start),
        *((tree, Territories.TerritorySet(key=key, name=key, parent="all"), start) for key, _ in parts),
        *((owner, Member.TerritoryAssigned(territory=key), start) for key, owner in parts),
    )
    half = Decimal(won_in(10)) / 2
    amounts = [(key, {"p10": mid - 50, "p50": mid, "p90": mid + 50}) for key, mid in
               (("all", 2 * half), ("north", half), ("south", half))]  # fmt: skip
    groups = [ForecastGroup(key=key, name="", **each) for key, each in amounts]
    known = head(SEPTEMBER, len(office.journal.facts))
    answer = ForecastAnswer(**known, period="2017-10", groups=groups, **amounts[0][1])
    with psycopg.connect(office.journal.url, autocommit=True) as connection:
        assert keep(connection, answer=answer, reason="shown", scope="everything", by="territory", **OCTOBER)
    lines = scored(office, ScoresAsked(by="territory")).methods
    assert {(line.method, line.n) for line in lines if line.by == "territory"} == {
        ("hazard", 2), ("stage_weighted", 2), ("stage_rates", 2), ("last_quarter", 2), ("average_of_four", 2),
    }  # fmt: skip
    won = [stream.int % 2 for stream, event, at in deals() if isinstance(event, Opportunity.Won) and at.month == 10]
    off = abs(100 * won.count(0) - half) + abs(100 * won.count(1) - half)
    (line,) = (each for each in lines if (each.method, each.by) == ("hazard", "territory"))
    assert line.wape == round(float(off) / won_in(10), 4)


def test_a_period_that_is_not_over_is_counted_and_not_scored(office):
    said(office, 1)
    answer = scored(office, now=datetime(2017, 10, 31, 12, tzinfo=UTC))
    assert (answer.methods, answer.left_out.periods) == ([], 1)


def test_what_was_asked_on_the_last_day_of_a_period_or_later_is_no_forecast_of_it(office):
    said(office, won_in(10) + 150)
    for day in (30, 31):
        said(office, won_in(10), as_of=datetime(2017, 10, day, 12, tzinfo=UTC))
    said(office, won_in(10), as_of=datetime(2017, 11, 30, 12, tzinfo=UTC))
    answer = scored(office)
    assert (answer.forecasts, answer.left_out.afterwards, answer.left_out.periods) == (2, 2, 0)
    assert answer.issued_to == datetime(2017, 10, 30, 12, tzinfo=UTC)
    found = {line.issued: (line.n, line.wape) for line in answer.methods if line.method == "hazard"}
    assert found == {"before": (1, round(150 / won_in(10), 4)), "during": (1, 0.0)}


def test_a_call_on_the_last_day_of_a_period_or_later_is_no_forecast_of_it(office):
    office.tell(*calls("2017-10", 1_000, datetime(2017, 10, 28, tzinfo=UTC)))
    answer = scored(office, ScoresAsked(by="owner"))
    assert [(line.layer, line.n) for line in answer.methods] == [("submitted", 1)], "the manager's is of the 31st"
    assert answer.left_out.afterwards == 1


def test_of_a_day_and_a_period_the_newest_forecast_counts(office):
    said(office, 5)
    said(office, won_in(10))
    answer = scored(office)
    assert (answer.forecasts, hazard(answer).n, hazard(answer).wape) == (1, 1, 0.0)


def test_forecasts_of_a_part_of_the_deals_count_nowhere(office):
    said(office, 5, filters=Filters(owner=OWNERS[0]))
    answer = scored(office)
    assert (answer.forecasts, answer.filtered, answer.methods) == (0, 1, [])


def test_only_the_forecasts_asked_for_are_scored(office):
    said(office, 5)
    said(office, 5, days=QUARTER)
    assert scored(office).forecasts == 2
    assert scored(office, ScoresAsked(period="2017-Q4")).forecasts == 1
    assert scored(office, ScoresAsked(period="month")).forecasts == 1
    assert scored(office, ScoresAsked(since=date(2017, 10, 1))).forecasts == 0
    assert scored(office, ScoresAsked(to=date(2017, 9, 29))).forecasts == 0
    with pytest.raises(PeriodUnknown):
        scored(office, ScoresAsked(period="2017-Q5"))


def test_what_others_were_shown_is_not_scored_for_one(office):
    said(office, 5)
    me = Visibility(member=UUID(int=9), managers=frozenset({UUID(int=9)}), scope="own accounts")
    assert scored(office, visibility=me).forecasts == 0


def test_chances_that_were_kept_are_scored_when_their_days_have_passed(office):
    ids = said_of_deals(office, SEPTEMBER, 0.75)
    won = {stream for stream, event, _ in deals() if type(event).__name__ == "Won"}
    answer = scored(office)
    line = next(each for each in answer.wins if each.method == "hazard")
    share = sum(one in won for one in ids) / 3
    assert (line.kind, line.n, line.base) == ("within", 3, round(share, 4))
    assert line.brier == pytest.approx(share * 0.0625 + (1 - share) * 0.5625, abs=1e-4)
    assert {each.method for each in answer.wins} == {"hazard", "stage_weighted", "stage_rates", "base_rate"}
    early = scored(office, now=datetime(2017, 12, 31, 12, tzinfo=UTC))
    assert (early.wins, early.left_out.horizons) == ([], 3)


def calls(period: str, commit: int, at: datetime) -> Iterator[Told]:
    """The first owner calls a period; three days later his manager puts half of it beside."""
    member, stream = OWNERS[0], call_id(OWNERS[0], period)
    amounts = Money.of(commit, "EUR"), Money.of(Decimal(commit) / 2, "EUR")
    named = {"member": member, "period": period, "computed": NOTHING_COMPUTED}
    yield stream, ForecastCall.Submitted(commit=amounts[0], **named), at
    by = {"layer": Layer.MANAGER, "reason": "Cautious", "by": OWNERS[1]}
    yield stream, ForecastCall.Adjusted(amount=amounts[1], **named, **by), at + timedelta(days=3)


def test_what_people_called_is_scored_by_owner_beside_what_was_computed(office):
    office.tell(*calls("2017-10", 1_000, SEPTEMBER), *calls("2017-11", 900, SEPTEMBER), *calls("2018-01", 5, SEPTEMBER))
    won = {stream: at.month for stream, event, at in deals() if isinstance(event, Opportunity.Won)}
    october, november = (
        sum(100 for stream, at in won.items() if at == month and stream.int % 2 == 0) for month in (10, 11)
    )
    answer = scored(office, ScoresAsked(by="owner"))
    assert answer.forecasts == 0, "no computed forecast was kept"
    called = {(line.layer, line.issued): line for line in answer.methods}
    assert {line.method for line in answer.methods} == {"called"}
    assert set(called) == {("submitted", "before"), ("manager", "before"), ("manager", "during")}
    total = october + november
    submitted = called["submitted", "before"]
    assert (submitted.period_kind, submitted.by, submitted.n) == ("month", "owner", 2)
    assert submitted.wape == round((abs(1_000 - october) + abs(900 - november)) / total, 4)
    assert submitted.bias == round((1_900 - total) / total, 4)
    assert called["manager", "during"].wape == round(abs(500 - october) / october, 4)
    assert called["manager", "before"].wape == round(abs(450 - november) / november, 4)
    assert (submitted.coverage, submitted.width) == (None, None)
    assert (answer.leaderboard, answer.proposed) == ([], None), "what people call is no method to be proposed"


def test_calls_are_asked_for_by_period_and_by_day_as_forecasts_are_and_hidden_as_deals_are(office):
    office.tell(*calls("2017-10", 1_000, SEPTEMBER), *calls("2017-11", 900, datetime(2017, 11, 2, tzinfo=UTC)))
    found = {
        (line.layer, line.issued, line.n)
        for line in scored(office, ScoresAsked(by="owner", since=date(2017, 10, 1))).methods
    }
    assert found == {("manager", "during", 2), ("submitted", "during", 1)}
    one = scored(office, ScoresAsked(by="owner", period="2017-11")).methods
    assert {(line.layer, line.n) for line in one} == {("submitted", 1), ("manager", 1)}
    assert scored(office, ScoresAsked(by="territory")).methods == []
    foreign = Visibility(member=OWNERS[1], managers=frozenset({OWNERS[1]}), scope="own")
    assert scored(office, ScoresAsked(by="owner"), visibility=foreign).methods == []


def test_without_scores_no_method_is_proposed(office):
    with view(office) as seen:
        answer = compared(seen)
    assert (answer.leaderboard, answer.proposed, answer.in_use) == ([], None, "hazard")
    assert answer.basis == "no kept forecast can be scored yet: a period must be over"
