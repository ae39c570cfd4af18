"""Every figure of the conversion is the number of the stays that its explanation names, over random histories."""

from __future__ import annotations

import pytest

from projections.conversion import conversion
from projections.deals import Filters
from projections.explained import NotExplained
from projections.explained_conversion import CELLS, ConversionCell, explain_conversion
from projections.explained_deals import Page
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_explained_funnel import WHOLE, adds_up


def test_stays_add_up_to_every_figure_of_the_conversion(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 51, Business(facts=500, deals=20, merges=True))
    told = dict.fromkeys(CELLS, 0)
    for number in range(20):
        filters = questions.filters() if number % 2 else Filters()
        with office.view(*questions.clocks()) as view:
            for flow in conversion(view, filters).stages:
                middle = ConversionCell(stage=flow.stage, process=flow.process, cell="days")
                lasted = explain_conversion(view, middle, filters)
                assert (lasted.value, lasted.unit) == (flow.median_days, "days")
                assert sum(each.contribution for share in lasted.shares for each in share.events) == (lasted.value or 0)
                for cell in CELLS:
                    asked = ConversionCell(stage=flow.stage, process=flow.process, cell=cell)
                    found = explain_conversion(view, asked, filters, WHOLE)
                    assert found.value == getattr(flow, cell) == len(found.shares)
                    adds_up(found)
                    told[cell] += len(found.shares)
                    ended = {event.position for share in found.shares for event in share.events if event.contribution}
                    assert len(ended) == len(found.shares)
    assert all(told.values()), told


def test_a_page_of_stays_and_a_stage_that_is_none(journal: Journal, engine_of: EngineOf) -> None:
    questions = Questions(office := Office(journal, engine_of), 52, Business(facts=900, deals=20))
    with office.view(questions.facts[-1].occurred_at) as view:
        cell = ConversionCell(stage="potential")
        whole = explain_conversion(view, cell, page=WHOLE)
        part = explain_conversion(view, cell, page=Page(limit=2, skip=1))
        assert part.shares == whole.shares[1:3]
        assert part.value == whole.value == part.not_shown_sum + 2
        beyond = explain_conversion(view, cell, page=Page(limit=2, skip=500))
        assert (beyond.shares, beyond.value, beyond.not_shown_sum) == ([], whole.value, whole.value)
        with pytest.raises(NotExplained, match="potential"):
            explain_conversion(view, ConversionCell(stage="nowhere"))
        with pytest.raises(NotExplained, match="went_on"):
            explain_conversion(view, ConversionCell(stage="potential", cell="hope"))
