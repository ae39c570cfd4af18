"""Store visits: the steps of the template, what was found there; and the chances that a visit serves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.account.account import Account
from domain.account.store_figures import (
    DisplayScoreOutOfRange,
    NotAStoreVisit,
    OrderedNothing,
    OrderLine,
    OrderPriceNegative,
    PhotoNotAReference,
    ProductBlank,
    ProductTwice,
    StockCount,
    StockNegative,
)
from domain.account.visit_plan import ChanceOfAnotherOpportunity, ChanceOutOfRange, must_be_chances
from domain.account.visits import EIGHT_STEPS, StepUnknown, VisitKind, Visits
from domain.aggregate import Recorded
from domain.journal.mapper import Decoder, encode_state
from domain.money import Money, NotAnAmount
from domain.policies.policy import policy_id
from domain.policies.visit_template import (
    STORE_STEPS,
    Step,
    StepIncomplete,
    StepTwice,
    Template,
    TemplateTwice,
    TemplateWithoutSteps,
    VisitTemplate,
)
from tests.domain.given import after_snapshot, contents, day, eur, given, history, on, recorded, without
from tests.domain.test_account_visits import (
    DEAL,
    OTHER,
    PLAN,
    PLANNED,
    REGISTERED,
    VISIT,
    WANG_ADDED,
    account,
    logged,
)

STORE = {"what": VisitKind.STORE_VISIT}
STOCK = (StockCount("cola", Decimal(12)), StockCount("tea", Decimal(0)))
ORDER = (OrderLine("cola", Decimal("1.5"), Money(Decimal("2.499"), "EUR")), OrderLine("tea", Decimal(6)))
TWO_STEPS = Template(VisitKind.SALES_CALL, (Step("agenda", "Agenda", "议程"), Step("next", "Next step", "下一步")))
OURS = Template(VisitKind.STORE_VISIT, STORE_STEPS[:2])


def template(*facts: Any) -> VisitTemplate:
    return given(VisitTemplate, *facts, aggregate_id=policy_id("VisitTemplate"))


def test_a_store_visit_names_the_steps_done_and_the_edition_that_kams_ships():
    store = account()
    store.visits.log(visit_id=VISIT, what=VisitKind.STORE_VISIT, steps=("greeting", "order", "greeting"))
    assert recorded(store) == [logged(**STORE, steps=("greeting", "order"), template_version=0, ad_hoc=True)]
    assert len(EIGHT_STEPS) == 8
    assert [step.name_zh for step in STORE_STEPS][-1] == "道谢告别"


def test_an_unknown_step_is_told_those_of_the_kind_of_visit():
    with pytest.raises(StepUnknown, match=r"a store_visit has no step coffee.*preparation.*farewell"):
        account().visits.log(visit_id=OTHER, **STORE, steps=("greeting", "coffee"))
    with pytest.raises(StepUnknown, match=r"a demo has no step greeting\. Its steps are: none"):
        account(PLANNED).visits.log(visit_id=VISIT, steps=("greeting",))


def test_the_steps_are_those_of_the_template_that_is_handed_in():
    ours = template(VisitTemplate.Defined(edition=1, templates=(TWO_STEPS, OURS)))
    store = account()
    store.visits.log(visit_id=VISIT, what=VisitKind.SALES_CALL, steps=("next",), template=ours)
    assert recorded(store) == [logged(what=VisitKind.SALES_CALL, steps=("next",), template_version=1, ad_hoc=True)]
    with pytest.raises(StepUnknown, match="Its steps are: preparation, outdoor_check"):
        store.visits.log(visit_id=OTHER, **STORE, steps=("farewell",), template=ours)


def test_templates_are_defined_as_a_whole_and_once():
    policy = template()
    policy.define(templates=(TWO_STEPS, OURS))
    policy.define(templates=(OURS, TWO_STEPS))
    assert recorded(policy) == [VisitTemplate.Defined(edition=1, templates=(TWO_STEPS, OURS))]
    assert [step.key for step in policy.steps_of(VisitKind.SALES_CALL)] == ["agenda", "next"]
    assert policy.steps_of(VisitKind.DEMO) == ()
    assert contents(after_snapshot(policy)) == contents(policy)


def test_the_document_of_the_templates_is_what_sets_them():
    document = template().to_document()
    assert [step["name"] for step in document["templates"][0]["steps"]][:2] == ["Preparation", "Outdoor check"]
    policy = template()
    policy.define_from(document)
    (event,) = recorded(policy)
    assert event == VisitTemplate.Defined(edition=1, templates=(Template(VisitKind.STORE_VISIT, STORE_STEPS),))


@pytest.mark.parametrize(
    ("templates", "refusal"),
    [
        ((OURS, OURS), TemplateTwice),
        ((Template(VisitKind.DEMO, ()),), TemplateWithoutSteps),
        ((Template(VisitKind.DEMO, (Step(" ", "Greeting"),)),), StepIncomplete),
        ((Template(VisitKind.DEMO, (Step("greeting", ""),)),), StepIncomplete),
        ((Template(VisitKind.DEMO, (Step("a", "A"), Step("a", "B"))),), StepTwice),
    ],
)
def test_templates_that_cannot_be_followed_are_refused(templates, refusal):
    policy = template()
    with pytest.raises(refusal):
        policy.define(templates=templates)
    assert recorded(policy) == []


def test_a_store_visit_states_stock_orders_display_and_photo():
    store = account()
    store.visits.log(visit_id=VISIT, **STORE, stock=STOCK, order_lines=ORDER, display_score=85, photo=" s3://p/1 ")
    (event,) = recorded(store)
    assert isinstance(event, Visits.VisitLogged)
    assert (event.stock, event.display_score, event.photo) == (STOCK, 85, "s3://p/1")
    assert event.order_lines == (OrderLine("cola", Decimal("1.5"), eur("2.50")), OrderLine("tea", Decimal(6)))


@pytest.mark.parametrize(
    ("figures", "refusal"),
    [
        ({"stock": (StockCount("cola", Decimal(-1)),)}, StockNegative),
        ({"stock": (StockCount("cola", Decimal("NaN")),)}, StockNegative),
        ({"stock": (StockCount("cola", Decimal(1)), StockCount("cola", Decimal(2)))}, ProductTwice),
        ({"stock": (StockCount(" ", Decimal(1)),)}, ProductBlank),
        ({"order_lines": (OrderLine("cola", Decimal(0)),)}, OrderedNothing),
        ({"order_lines": (OrderLine("cola", Decimal("Infinity")),)}, OrderedNothing),
        ({"order_lines": (OrderLine("cola", Decimal(1), eur(-1)),)}, OrderPriceNegative),
        ({"order_lines": (OrderLine("cola", Decimal(1), Money(Decimal("NaN"), "EUR")),)}, NotAnAmount),
        ({"order_lines": (OrderLine("cola", Decimal(1)), OrderLine("cola", Decimal(1)))}, ProductTwice),
        ({"display_score": 101}, DisplayScoreOutOfRange),
        ({"display_score": -1}, DisplayScoreOutOfRange),
        ({"photo": "x" * 501}, PhotoNotAReference),
    ],
)
def test_figures_that_a_store_cannot_have_are_refused(figures, refusal):
    store = account()
    with pytest.raises(refusal):
        store.visits.log(visit_id=VISIT, **STORE, **figures)
    assert recorded(store) == []


FREE = (OrderLine("cola", Decimal(1), eur(0)),)


@pytest.mark.parametrize(
    "edge", [{"display_score": 0}, {"display_score": 100}, {"photo": "x" * 500}, {"order_lines": FREE}]
)
def test_the_ends_of_the_scales_belong_to_them(edge):
    store = account()
    store.visits.log(visit_id=VISIT, **STORE, **edge)
    assert recorded(store) == [logged(**STORE, **edge, ad_hoc=True)]


@pytest.mark.parametrize("figures", [{"stock": STOCK}, {"display_score": 0}, {"photo": "sha256:1"}])
def test_figures_of_a_store_belong_to_a_store_visit(figures):
    with pytest.raises(NotAStoreVisit, match="this visit is a demo"):
        account(PLANNED).visits.log(visit_id=VISIT, **figures)
    with pytest.raises(NotAStoreVisit, match="this visit is a other"):
        account().visits.log(visit_id=VISIT, **figures)
    with pytest.raises(NotAStoreVisit):
        account(msgspec.structs.replace(PLANNED, what=VisitKind.STORE_VISIT)).visits.log(
            visit_id=VISIT, what=VisitKind.DEMO, **figures
        )


def test_a_planned_store_visit_need_not_say_again_that_it_is_one():
    store = account(msgspec.structs.replace(PLANNED, what=VisitKind.STORE_VISIT))
    store.visits.log(visit_id=VISIT, steps=("farewell",), stock=STOCK)
    assert recorded(store) == [logged(steps=("farewell",), template_version=0, stock=STOCK)]


def test_a_plan_says_how_likely_the_opportunities_are_that_it_serves():
    huarui = account()
    huarui.visits.plan(**PLAN, chances={DEAL: Decimal("0.4")})
    (event,) = recorded(huarui)
    assert isinstance(event, Visits.VisitPlanned)
    assert event.chances == {DEAL: Decimal("0.4")}


@pytest.mark.parametrize("chance", ["0", "1"])
def test_a_chance_may_be_none_or_certain(chance):
    chances = {DEAL: Decimal(chance)}
    must_be_chances(chances, (DEAL,))
    with pytest.raises(ChanceOfAnotherOpportunity, match=f"it serves: {OTHER}"):
        must_be_chances(chances, (OTHER,))


@pytest.mark.parametrize(
    ("chances", "refusal"),
    [
        ({DEAL: Decimal("1.01")}, ChanceOutOfRange),
        ({DEAL: Decimal("-0.1")}, ChanceOutOfRange),
        ({DEAL: Decimal("NaN")}, ChanceOutOfRange),
        ({OTHER: Decimal("0.5")}, ChanceOfAnotherOpportunity),
    ],
)
def test_a_chance_lies_between_0_and_1_and_belongs_to_an_opportunity_of_the_visit(chances, refusal):
    with pytest.raises(refusal):
        account().visits.plan(**PLAN, chances=chances)
    huarui = account()
    huarui.visits.plan(**PLAN, chances={DEAL: Decimal(1)})
    assert len(recorded(huarui)) == 1


def test_facts_of_the_first_schema_are_read_as_they_were_meant():
    def of_version_1(event: Any, *fields: str) -> Any:
        fact = Recorded(originator_id=VISIT, originator_version=1, event=event, occurred_at=day(1))
        _, *rest = msgspec.msgpack.decode(encode_state(fact))
        for field in fields:
            del rest[1][field]
        return Decoder(type(event)).full(1, msgspec.msgpack.encode([1, *rest])).event

    new = ("stock", "order_lines", "display_score", "photo")
    assert of_version_1(logged(steps=("order",), template_version=1), *new).template_version == 0
    assert of_version_1(logged(), *new) == logged()
    assert of_version_1(PLANNED, "chances") == PLANNED


def test_a_withdrawn_plan_of_a_store_visit_leaves_its_log_with_what_was_found():
    planned = msgspec.structs.replace(PLANNED, what=VisitKind.STORE_VISIT)
    facts = history(REGISTERED, WANG_ADDED, on(day(2), planned), on(day(9), logged(stock=STOCK)))
    assert without(Account, facts, 3).visits.planned == {}
