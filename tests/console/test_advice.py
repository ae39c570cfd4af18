"""Advice agrees with the facts: where nothing but time went by, nobody was disappointed, and what is old is renewed."""

from datetime import datetime
from uuid import uuid4

import pytest

from api.console.accounts.advice import for_component
from domain.account.account import Account
from domain.account.purchases import SurveyKind
from domain.journal.context import Context
from projections.health_moved import FADING

LOOKED_AT = "2026-07-20"
FAULTS = ("disappointed", "turned away", "behind")


@pytest.mark.parametrize("component", sorted(FADING))
def test_what_time_alone_lets_fall_is_renewed_and_nobody_is_said_to_have_done_wrong(component):
    advised = for_component(component, by_time=True)
    assert advised
    assert not any(fault in advised for fault in FAULTS)


def test_what_facts_let_fall_is_mended():
    assert "disappointed" in for_component("satisfaction")
    assert for_component("purchases", by_time=True) == for_component("purchases")


@pytest.fixture(scope="module")
def pleased(office):
    """An account that said in February that it is satisfied, and nothing since."""
    account = office.account("pleased", manager="manager", territory="north")
    on = Context(at=datetime.fromisoformat("2026-02-10T03:00:00+00:00"), actor=office.members["manager"])
    said = {"survey_id": uuid4(), "kind": SurveyKind.CSAT, "score": 5}
    office.journal.run(Account, account, lambda found: found.satisfaction.survey(**said), on)
    office.caught_up()
    return account


def test_a_page_advises_to_ask_again_where_the_last_answer_was_good_but_is_old(office, pleased):
    page = office.get(f"/console/account/{pleased}", as_of=LOOKED_AT).text
    why = page.partition('id="part-why"')[2].partition("</section>")[0]
    assert "nothing happened: time alone" in why
    assert "Ask again how satisfied they are" in why
    assert "disappointed" not in why
