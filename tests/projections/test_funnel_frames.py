"""The frames of a slider are the funnel as of each moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.opportunity.opportunity import Opportunity
from domain.visibility import Visibility
from projections.deals import Filters
from projections.funnel import funnel, funnel_kept
from projections.funnel_columns import open_lines
from projections.funnel_frames import frames
from projections.kept_answers import ANSWERS
from projections.kept_columns import forget
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import START, EngineOf, Journal


@pytest.mark.parametrize("business", [Business(facts=600), Business(merges=True, zone="UTC", late=0.6)])
def test_each_frame_is_the_funnel_as_of_its_moment(business: Business, journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    questions = Questions(office, 3, business)
    moments = [START + timedelta(days=7 * week) for week in range(-1, 18)]
    owner = questions.chronicle.members[0]
    some = Visibility(member=owner, managers=frozenset([owner]))
    for filters, visibility in ((None, None), (questions.filters(), None), (Filters(), some)):
        as_of, known_at = questions.clocks()
        for _ in range(2):
            with office.view(as_of, known_at, visibility) as view:
                assert frames(view, moments, filters) == [funnel(view.at(moment), filters) for moment in moments]


def test_frames_that_were_worked_out_are_kept(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    owner = Questions(office, 3).chronicle.members[0]
    moments = [START + timedelta(days=7 * week) for week in range(6)]
    ANSWERS.forget()
    for visibility in (None, Visibility(member=owner, managers=frozenset([owner]))):
        with office.view(START + timedelta(days=60), visibility=visibility) as view:
            afresh = frames(view, moments)
            view.keeps = True
            for few in (moments[:2], moments, moments):
                assert frames(view, few) == afresh[: len(few)]
            assert all(funnel_kept(view.at(each), None, one.since) for each, one in zip(moments, afresh, strict=True))


def test_frames_of_few_accounts_know_what_was_recorded_since_columns_were_read(
    journal: Journal, engine_of: EngineOf
) -> None:
    forget("test_")
    office = Office(journal, engine_of)
    questions = Questions(office, 3, Business(facts=200))
    owner, moments = questions.chronicle.members[0], [START + timedelta(days=7 * week) for week in range(12)]
    some = Visibility(member=owner, managers=frozenset([owner]))
    with office.view(moments[-1]) as view:
        view.keeps = True
        open_lines(view, Filters())
    told = next(fact for fact in questions.facts if isinstance(fact.event, Opportunity.Opened))
    office.tell((told.stream, Opportunity.StageAdvanced(from_="", to="ours", process_edition=1, after=()), moments[4]))
    with office.view(moments[-1], visibility=some) as view:
        plain = frames(view, moments)
        view.keeps = True
        assert frames(view, moments) == plain
