"""The account page over HTTP and in the terminal: what is open, figures, the timeline page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.cli import reading
from api.timeline import in_words, spoken_name, timeline
from domain.account.account import Account
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.handover import BriefingPoint
from domain.account.purchases import Purchases
from domain.account.store_figures import OrderLine, StockCount
from domain.account.visits import ObjectiveMet, VisitKind, Visits
from domain.aggregate import Recorded
from domain.errors import Malformed
from domain.language import Language, speaking
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.domain.given import history, sealed, some_id

WANG = some_id("Wang")


def opened(text: Any, field: str) -> str:
    return f"{text.ciphertext.decode()} ({field})"


def recorded(event: Any) -> Recorded:
    return history(event)[0]


def test_a_fact_is_told_in_words_with_what_matters_of_it() -> None:
    bought = Purchases.PurchaseRecorded(document_no="R-1", revenue=Money.of(1200, "EUR"), product_line="pumps")
    assert in_words(recorded(bought), {}, opened).endswith("R-1, revenue 1,200.00 EUR, product line pumps")
    called = Contacts.ContactLogged(
        contact_id=uuid4(),
        channel=ContactChannel.PHONE,
        direction=ContactDirection.IN,
        people=(),
        stakeholders=(WANG, uuid4()),
        subject=sealed("the offer"),
        message_id="",
    )
    said = in_words(recorded(called), {WANG: "王伟"}, opened)
    assert said.endswith("channel phone, direction in, stakeholders 王伟, subject the offer (subject)")
    assert "subject" not in in_words(recorded(called), {}, lambda text, field: None)
    changed = Account.ProfileChanged(core_business="x" * 200)
    assert in_words(recorded(changed), {}, opened).endswith("x" * 79 + "…")
    assert in_words(recorded(Account.ProfileChanged()), {}, opened) == spoken_name("Account.ProfileChanged")


def test_a_fact_is_told_in_chinese_with_names_of_stages_and_large_amounts_in_myriads() -> None:
    moved = Opportunity.StageAdvanced(from_="potential", to="ours", process_edition=0, after=("potential",))
    revised = Opportunity.AmountRevised(previous=None, amount=Money.of("1200000", "CNY"))
    with speaking(Language.CHINESE):
        told = in_words(recorded(moved), {}, opened, {"ours": "我的项目", "potential": "潜在商机"})
        assert told == "阶段已推进：从 潜在商机，至 我的项目"
        assert in_words(recorded(revised), {}, opened).endswith("金额 120万 CNY")


def test_a_logged_visit_is_told_whole_and_a_handover_with_its_briefing() -> None:
    logged = Visits.VisitLogged(
        visit_id=uuid4(),
        minutes=25,
        people=(),
        stakeholders=(WANG,),
        opportunities=(),
        what=VisitKind.STORE_VISIT,
        why="",
        where="",
        purpose=None,
        steps=("stock_check", "order"),
        template_version=0,
        objective_met=ObjectiveMet.PARTLY,
        action_agreed=sealed("clears the shelf"),
        outcome=sealed("a trial"),
        next_step=sealed("samples"),
        next_step_on=date(2026, 2, 1),
        stock=(StockCount("tea", Decimal(4)),),
        order_lines=(OrderLine("tea", Decimal(6), Money.of(2, "EUR")),),
        display_score=70,
    )
    assert in_words(recorded(logged), {WANG: "王伟"}, opened) == (
        "visit logged: what store visit, stakeholders 王伟, outcome a trial (outcome), action agreed clears the shelf"
        " (action_agreed), next step samples (next_step), next step on 2026-02-01, objective met partly, minutes 25,"
        " steps stock_check, order, stock tea 4, order lines tea 6 2.00 EUR, display score 70"
    )
    briefing = (BriefingPoint("contracts", done=True), BriefingPoint("open offers"))
    handed = Account.AccountHandedOver(from_=WANG, to=uuid4(), reason="moves on", briefing=briefing)
    said = in_words(recorded(handed), {WANG: "王伟"}, opened)
    assert said.endswith(": from 王伟, reason moves on, briefing contracts ✓, open offers")


def test_a_name_without_words_is_spelled_out() -> None:
    assert spoken_name("Somebody.WentHome") == "went home"


def test_a_timeline_says_what_was_taken_back() -> None:
    facts = history(
        (datetime(2026, 1, 1, tzinfo=UTC), Account.ProfileChanged(industry="pumps")),
        (datetime(2026, 1, 2, tzinfo=UTC), Account.FactWithdrawn(position=1, reason="another account")),
    )
    (back, wrong), _ = timeline(facts, 2, None, {}, opened)
    assert "pumps" in wrong.text
    assert back.text == f"taken back: “{wrong.text}”, reason another account"


def test_a_timeline_is_paged_in_business_order() -> None:
    facts = history(
        (datetime(2026, 1, 3, tzinfo=UTC), Account.ProfileChanged(industry="a")),
        (datetime(2026, 1, 1, tzinfo=UTC), Account.ProfileChanged(industry="b")),
        (datetime(2026, 1, 3, tzinfo=UTC), Account.ProfileChanged(industry="c")),
    )
    first, following = timeline(facts, 2, None, {}, opened)
    assert ([line.position for line in first], following) == ([3, 1], 1)
    last, end = timeline(facts, 2, following, {}, opened)
    assert ([line.position for line in last], end) == ([2], None)
    with pytest.raises(Malformed, match="before: no fact of this timeline has this position"):
        timeline(facts, 2, 9, {}, opened)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as made:
            yield made


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture(scope="module")
def acme(office: Office) -> UUID:
    acme = office.account("Acme", manager="manager")
    for name, body in (
        ("purchases/add", {"document_no": "R-1", "revenue": money("80"), "occurred_at": "2026-02-01"}),
        ("payments/add", {"invoice_no": "I-1", "amount": money("80"), "due_on": "2026-02-20",
                          "occurred_at": "2026-02-02"}),
        ("credit/assess", {"rating": "B", "limit": money("500"), "valid_until": "2026-12-31", "agency": "Sinosure",
                           "occurred_at": "2026-02-03"}),
        ("satisfaction/survey", {"survey_id": str(uuid4()), "kind": "nps", "score": 9, "occurred_at": "2026-02-04"}),
        ("contacts/log", {"contact_id": str(uuid4()), "channel": "wechat", "direction": "in", "subject": "delivery",
                          "occurred_at": "2026-02-05"}),
        ("action-items/add", {"item_id": str(uuid4()), "text": "send drawings", "due_on": "2026-02-10",
                               "owner": str(office.members["manager"]), "occurred_at": "2026-02-06"}),
    ):  # fmt: skip
        answer = office.post(f"/accounts/{acme}/{name}", body)
        assert answer.status_code == 200, answer.text
    office.opportunity(acme)
    office.caught_up()
    return acme


def test_the_page_of_an_account_is_complete(office: Office, acme: UUID) -> None:
    page = office.get(f"/accounts/{acme}", as_of="2026-02-28").json()
    assert [(each["kind"], each["text"], each["overdue"]) for each in page["open_items"]] == [
        ("action_item", "send drawings", True),
        ("invoice", "I-1 80 EUR", True),
    ]
    assert (page["purchases"]["revenue"], page["purchases"]["payments"]["open_amount"]) == ("80.00", "80.00")
    assert (page["credit"]["rating"], page["credit"]["limit"], page["credit"]["expired"]) == (
        "B",
        money("500.00"),
        False,
    )
    assert [(line["kind"], line["newest"]) for line in page["satisfaction"]] == [("nps", 9)]
    assert [(share["period"], share["target"], share["bought"]) for share in page["plan"]] == [
        ("2026-Q1", None, "80.00"),
        ("2026", None, "80.00"),
    ]
    assert page["team"] == []
    assert [deal["title"] for deal in page["opportunities"]] == ["Pumps"]
    told = [line["fact"] for line in page["timeline"]]
    assert told[:2] == ["Account.ActionItemOpened", "Account.ContactLogged"]
    assert "Opportunity.Opened" in told
    contact = page["timeline"][1]
    assert "subject delivery" in contact["text"]
    assert (contact["actor_name"], page["manager_name"]) == ("manager 王", "manager 王")
    assert set(page) >= {"latest", "people", "standing", "stakeholders", "planned_visits", "profile", "version"}
    middle = office.get(f"/accounts/{acme}", as_of="2026-02-02").json()
    assert (middle["credit"], len(middle["open_items"]), middle["open_items"][0]["overdue"]) == (None, 1, False)


def test_the_timeline_goes_on_where_the_page_before_ended(office: Office, acme: UUID) -> None:
    whole = office.get(f"/accounts/{acme}", limit=200).json()
    assert whole["timeline_next"] is None
    seen: list[int] = []
    before: dict[str, Any] = {}
    while True:
        page = office.get(f"/accounts/{acme}", limit=3, **before).json()
        seen += [line["position"] for line in page["timeline"]]
        if page["timeline_next"] is None:
            break
        before = {"before": page["timeline_next"]}
    assert seen == [line["position"] for line in whole["timeline"]]
    assert office.get(f"/accounts/{acme}", before=9_999_999).status_code == 422


def test_who_may_not_read_personal_data_sees_what_happened_but_no_words(office: Office, acme: UUID) -> None:
    page = office.get(f"/accounts/{acme}", "forecaster").json()
    assert [each["text"] for each in page["open_items"] if each["kind"] == "action_item"] == [""]
    assert all("delivery" not in line["text"] for line in page["timeline"])
    assert {line["actor_name"] for line in page["timeline"]} == {None}


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        reading.add(made.app)
        yield made


def test_the_page_of_an_account_in_the_terminal(kams: CommandLine) -> None:
    kams(
        "command", "account", "new", "register", "--set", "name=Acme", "--set", "external_id=A-1", "--on", "2026-01-01"
    )
    for words in (
        ["purchases.add", "--set", "document_no=R-1", "--set", "revenue.amount=80", "--set", "revenue.currency=EUR"],
        ["credit.assess", "--set", "rating=A", "--set", "limit.amount=5", "--set", "limit.currency=EUR",
         "--set", "valid_until=2026-03-01", "--set", "agency=Sinosure"],
        ["payments.add", "--set", "invoice_no=I-1", "--set", "amount.amount=80", "--set", "amount.currency=EUR",
         "--set", "due_on=2026-02-20"],
    ):  # fmt: skip
        given = kams("command", "account", "A-1", *words, "--on", "2026-02-01")
        assert given.code == 0, given.err
    page = kams("account", "A-1", "--as-of", "2026-03-31", "--limit", "2")
    assert page.code == 0, page.err
    for text in (
        "bought in 365 days",
        "A, up to 5.00 EUR until 2026-03-01, expired",
        "I-1 80 EUR",
        "overdue",
        "Timeline",
    ):
        assert text in page.out
    assert "Earlier facts: --before" in page.err
    who = kams("account", "A-1", "--json", "--as-of", "2026-03-31").json
    assert {line["actor_name"] for line in who["timeline"]} == {"First admin"}
    before = page.err.rpartition("--before ")[2].split()[0]
    rest = kams("account", "A-1", "--before", before, "--json").json
    assert len(rest["timeline"]) == 2
    assert rest["timeline_next"] is None
    assert date.fromisoformat(rest["credit"]["valid_until"]) == date(2026, 3, 1)


def test_a_merged_account_says_first_where_it_leads(kams: CommandLine) -> None:
    for name in ("Acme", "Bolt"):
        kams("command", "account", "new", "register", "--set", f"name={name}", "--set", f"external_id={name}",
             "--on", "2026-01-01")  # fmt: skip
    into = kams("account", "Bolt", "--json").json["account"]
    merged = kams("command", "account", "Acme", "merge", "--set", f"into={into}", "--set", "reason=one",
                  "--on", "2026-02-03")  # fmt: skip
    assert merged.code == 0, merged.err
    page = kams("account", "Acme")
    assert page.out.splitlines()[2].split() == ["merged", "into", "Bolt", "on", "2026-02-03"]
    assert "accounts merged: into Bolt, reason one" in page.out
    told = kams("account", "Acme", "--json").json
    assert (told["merged_into"], told["merged_into_name"], told["merged_on"][:10]) == (into, "Bolt", "2026-02-03")
