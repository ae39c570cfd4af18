"""What lists and heat maps show of the health of some accounts is what is reckoned for each moment."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import isnan
from uuid import UUID

import pytest

from domain.language.languages import Language, speaking
from domain.visibility import Visibility
from projections import cooling, health_course, health_points, health_scores
from projections.engine import Clock
from projections.health_curve import health_curve, standing_at
from projections.health_points import in_columns, scores_in_columns, scores_of
from projections.health_scores import kept_scores
from projections.kept_answers import ANSWERS
from projections.kept_ids import Ids
from projections.relationship_health import Standing, scores
from projections.view import KnownAt, View
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal
from tests.projections.people import at
from tests.projections.test_kept_answers import Written


class Asking(Office):
    """Asks as pages do, for which answers are kept."""

    @contextmanager
    def asked(self, moment: datetime) -> Iterator[View]:
        position = len(self.journal.facts)
        with self.journal.reading() as connection:
            known = KnownAt(position, max(fact.occurred_at for fact in self.journal.facts))
            view = View(connection, Clock(moment, position), known, Visibility.whole(), True)
            view.keeps = True
            yield view


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Asking:
    ANSWERS.forget()
    health_scores.forget()
    found, written = Asking(journal, engine_of), Written()
    Chronicle(8, Business(facts=420, late=0.3, withdrawn=0.05, merges=True)).write(written)  # type: ignore[arg-type]
    found.journal.append_all([list(each) for each in written.appends])
    found.engine.catch_up()
    return found


@pytest.mark.parametrize("is_begun", [False, True])
@pytest.mark.parametrize("few", [0, 300])
def test_every_point_is_the_score_of_its_moment(
    is_begun: bool, few: int, office: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_points, "FEW", few)
    monkeypatch.setattr(health_points, "A_PORTFOLIO", few)
    latest, chance = max(fact.occurred_at for fact in office.journal.facts), random.Random(few)
    moments = [at(chance.uniform(0, 90)) for _ in range(6)] + [latest + timedelta(hours=1)]
    with office.asked(moments[-1]) as view:
        if is_begun:
            kept_scores(view)
        wholly = {moment: scores(view.at(moment)) for moment in moments}
        accounts = sorted({account for known in wholly.values() for account in known})[1:]
        found, ids, compared = health_points.health_points(view, accounts, moments), Ids(), 0
        ids.of(accounts)
        for place, moment in enumerate(moments):
            expected = {account: score for account, score in wholly[moment].items() if account in accounts}
            assert {each: of[place].score for each, of in found.items() if of[place].score is not None} == expected
            assert scores_of(view.at(moment), accounts) == expected
            in_columns = scores_in_columns(view.at(moment), accounts, ids)
            if in_columns is not None:
                told = zip(accounts, in_columns[ids.of(accounts)].tolist(), strict=True)
                assert {account: score for account, score in told if not isnan(score)} == expected
                compared += 1
        assert compared
        assert len(accounts) >= 3
        assert all(point.as_of == moment for of in found.values() for point, moment in zip(of, moments, strict=True))


def test_a_course_ends_with_what_is_kept_of_the_present(office: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    now = max(fact.occurred_at for fact in office.journal.facts) + timedelta(hours=1)
    reckoned = list[datetime]()

    def noted(each: View, account: UUID) -> Standing:
        reckoned.append(each.clock.as_of)
        return standing_at(each, account)

    monkeypatch.setattr(health_course, "standing_at", noted)
    with office.asked(now) as view:
        accounts = sorted(scores(view))
        alone = {account: view.among([account]) for account in accounts}
        plain = {account: health_curve(of, account, [at(40), now]).points for account, of in alone.items()}
        assert kept_scores(view)
        for account, points in plain.items():
            course = health_course.health_course(alone[account], account, [at(40), now])
            assert course == {point.as_of: point.score for point in points}
    assert len(accounts) >= 3
    assert reckoned == [at(40)] * len(accounts)


@pytest.mark.parametrize("shown", [1, 2, 9])
def test_who_fell_by_now_is_found_in_columns_of_what_is_kept_of_the_present(
    shown: int, office: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = max(fact.occurred_at for fact in office.journal.facts) + timedelta(days=20)
    with office.asked(now) as view:
        before, fell = view.at(at(60)), enumerate(sorted(scores(view).items()))
        higher = {account: round(score + 1.9 + place % 3, 1) for place, (account, score) in fell}
        monkeypatch.setattr(cooling, "kept_in_columns", lambda of, ids: None if of is view else in_columns(higher, ids))
        assert cooling.falls_in_columns(before, view, shown) is None
        kept_scores(view)
        found = cooling.falls_in_columns(before, view, shown)
        assert found == cooling.falls_by(higher, scores(view), shown=shown)
        assert found
        assert found.fallen > 1
        view.visibility = Visibility(member=None, managers=frozenset())
        assert cooling.falls_in_columns(before, view, shown) is None


def test_a_past_day_is_worked_out_once_for_whoever_sees_many_and_in_whatever_language(
    office: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_scores, "FEW", 0)
    with office.asked(at(60)) as view:
        everybodys = kept_scores(view)
    monkeypatch.setattr(health_scores, "kept_days", lambda _: None)
    asked = list[View]()

    def noted(each: View) -> dict[UUID, float]:
        asked.append(each)
        return scores(each)

    monkeypatch.setattr(health_scores, "scores", noted)
    with office.asked(at(60)) as view, speaking(Language.CHINESE):
        assert kept_scores(view) == everybodys
        assert not asked
        for number in range(4):
            view.visibility = Visibility(member=None, managers=frozenset({some_id(f"member {number}")}))
            view._visible = None
            view.__dict__.pop("merged", None)
            assert kept_scores(view) == scores(view)
