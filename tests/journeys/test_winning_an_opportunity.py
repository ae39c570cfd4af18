"""A key account manager wins an opportunity through all gates against a competitor, over HTTP; then the story is read
as of its end and as of its middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.office import Office, open_office
from tests.conftest import new_database

MIDDLE, END = "2026-02-15", "2026-06-30"


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@dataclass
class Story:
    """The deal, told day by day; each step is a command over HTTP, refused ones are kept with their rule and words."""

    office: Office
    deal: str = ""
    account: UUID = field(default_factory=uuid4)
    people: dict[str, str] = field(default_factory=dict)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    known_in_the_middle: int = 0

    def given(self, method: str, path: str, body: dict[str, Any], on: str, who: str = "manager") -> dict[str, Any]:
        answer = self.office.request(method, path, who, json={**body, "occurred_at": on})
        assert answer.status_code in (200, 201), (path, answer.text)
        told: dict[str, Any] = answer.json()
        return told

    def done(self, command: str, on: str, **body: Any) -> None:
        self.given("POST", f"/opportunities/{self.deal}/{command}", body, on)

    def refused(self, command: str, on: str, **body: Any) -> None:
        answer = self.office.post(f"/opportunities/{self.deal}/{command}", {**body, "occurred_at": on})
        assert answer.status_code == 409, (command, answer.text)
        self.refusals.append((answer.json()["rule"], answer.json()["detail"]))

    def answered(self, answers: dict[int, str], on: str, **more: str) -> None:
        for question, answer in answers.items():
            self.done("qualification/answer", on, question=str(question), answer=answer, **more)

    def mapped(self, name: str, role: str, support: str, on: str, **more: Any) -> None:
        self.done("buyers/map", on, stakeholder=self.people[name], role=role, support=support, **more)

    def asked(self, path: str, as_of: str, **parameters: Any) -> dict[str, Any]:
        answer = self.office.get(path, as_of=as_of, **parameters)
        assert answer.status_code == 200, (path, answer.text)
        told: dict[str, Any] = answer.json()
        return told


def prepared(story: Story) -> None:
    """The company's rates, products and exchange rates; the customer with its people; the deal."""
    rates = [
        {"key": "sales", "name": "Sales", "per_day": eur("600")},
        {"key": "engineer", "name": "Engineer", "per_day": {"amount": "2000", "currency": "CNY"}},
    ]
    products = [
        {"key": "pump", "name": "Pump", "price": eur("10000")},
        {"key": "seal", "name": "Seal", "price": eur("20")},
    ]
    for policy, document in (
        ("rate-card", {"rates": rates}),
        ("price-list", {"products": products}),
        ("exchange-rates", {"rates": {"CNY": "0.125"}}),
    ):
        story.given("PUT", f"/policies/{policy}", document, "2026-01-06", "admin")
    story.account = story.office.account("Harbour Power", manager="manager", territory="north")
    for name in ("Zhao", "Wu", "Lin"):
        story.people[name] = str(uuid4())
        body = {"stakeholder_id": story.people[name], "name": name}
        story.given("POST", f"/accounts/{story.account}/stakeholders/add", body, "2026-01-09")
    opened = {"account": str(story.account), "title": "Pumps for line 7", "amount": eur("50000"), "products": ["pump"]}
    told = story.given("POST", "/opportunities", {**opened, "close_on": "2026-04-30"}, "2026-01-10")
    story.deal = told["id"]


def up_to_the_middle(story: Story) -> None:
    """Go, first people, the competitor sets the criteria, two gates; a strategy that re-ranks them."""
    go = {"decision": "go", "by": str(story.office.members["manager"]), "why": "They must replace line 7"}
    story.refused("resources/spend", "2026-01-11", kind="sales", person_days="1")
    story.done("pursuit/decide", "2026-01-12", **go, cost_allowed=eur("3000"), days_allowed="8")
    story.done("resources/spend", "2026-01-13", kind="sales", person_days="2")
    story.mapped("Wu", "decision_maker", "enemy", "2026-01-15", key_player=True, wants="No risk")
    story.mapped("Zhao", "approver", "neutral", "2026-01-15")
    story.mapped("Lin", "evaluator", "supporter", "2026-01-15")
    rival = {"competitor": "Rival Pumps", "strengths": "Price", "preferred_by": [story.people["Wu"]]}
    story.done("competition/identify", "2026-01-16", **rival)
    price = {"criterion_id": str(uuid4()), "text": "Price", "set_by": "competitor", "priority": 1}
    story.done("criteria/describe", "2026-01-16", **price, ours=-1, theirs={"Rival Pumps": 2})
    story.refused("advance", "2026-01-17", to="confirmed")
    story.answered({1: "yes", 2: "yes", 3: "yes", 4: "yes", 5: "unknown"}, "2026-01-19", evidence="Talk with Lin")
    story.answered({9: "yes"}, "2026-01-19", competitor="Rival Pumps")
    story.done("advance", "2026-01-20", to="confirmed")
    story.refused("milestones/reach", "2026-01-20", milestone="party", evidence="Photo")
    story.done("milestones/reach", "2026-01-20", milestone="need-confirmed", evidence="Mail of Lin")
    cost = {"criterion_id": str(uuid4()), "text": "Cost over ten years", "kind": "hidden", "set_by": "us"}
    story.done("competition/choose", "2026-02-01", strategy="flanking", against="Rival Pumps", reasoning="Not on price")
    story.done("criteria/describe", "2026-02-01", **cost, priority=1, ours=2, theirs={"Rival Pumps": -1})
    story.done("criteria/rerank", "2026-02-01", criterion=price["criterion_id"], priority=3, reason="Agreed with Lin")
    loan = {"sample_id": str(uuid4()), "what": "Pump P7", "due_back": "2026-02-25", "worth": eur("800")}
    story.done("samples/lend", "2026-02-05", **loan, stakeholder=story.people["Lin"])
    story.done("resources/spend", "2026-02-06", kind="engineer", person_days="4")
    story.answered(dict.fromkeys([6, 7, 8, 9, 10], "yes"), "2026-02-09")
    story.done("advance", "2026-02-10", to="ours")
    story.known_in_the_middle = story.office.get("/projections").json()["head"]


def up_to_the_win(story: Story) -> None:
    """A quote, people who change their minds, the last gate, concessions, a second version that is accepted."""
    gathered = {"quote_no": "Q-2026-7", "requirements": ["drawings", "volume", "technical"]}
    story.done("quotes/request", "2026-02-20", **gathered, stakeholder=story.people["Lin"], wishes="Quiet ones")
    lines = [
        {"product": "pump", "quantity": "5", "unit_price": "10000"},
        {"product": "seal", "quantity": "50", "unit_price": "19.999", "discount": "0.05"},
    ]
    valid = {"currency": "EUR", "valid_until": "2026-03-31"}
    story.done("quotes/issue", "2026-02-22", quote_no="Q-2026-7", lines=lines, **valid, follow_up_on="2026-03-01")
    asked_again = {"quote_no": "Q-2026-7", "follow_up_on": "2026-03-10", "answer": "Zhao has read it"}
    story.done("quotes/follow-up", "2026-03-01", **asked_again)
    (sample,) = story.office.get(f"/opportunities/{story.deal}").json()["opportunity"]["samples"]["out"]
    story.done("samples/take-back", "2026-03-02", sample_id=sample, remarks="Lin liked it")
    story.mapped("Wu", "decision_maker", "neutral", "2026-03-03", key_player=True, wants="A quiet start")
    story.mapped("Zhao", "approver", "mentor", "2026-03-03")
    story.answered({11: "yes", 12: "yes", 13: "no", 14: "no", 15: "yes"}, "2026-03-05")
    story.done("advance", "2026-03-06", to="winnable")
    story.done("advance", "2026-03-12", to="negotiation")
    story.done("concessions/make", "2026-03-13", asked="10 % off", given="6 % off", worth=eur("3000"))
    terms = {"asked": "90 days", "given": "60 days", "received": "A reference", "worth": eur("250")}
    story.done("concessions/make", "2026-03-14", **terms)
    cheaper = [{**lines[0], "discount": "0.06"}, lines[1]]
    story.done("quotes/revise", "2026-03-15", quote_no="Q-2026-7", lines=cheaper, valid_until="2026-04-15")
    story.done("resources/spend", "2026-03-16", kind="sales", person_days="3")
    story.refused("quotes/accept", "2026-03-20", quote_no="Q-2026-7", version=1)
    story.refused("quotes/accept", "2026-04-16", quote_no="Q-2026-7")
    story.done("quotes/accept", "2026-03-20", quote_no="Q-2026-7", stakeholder=story.people["Zhao"])
    story.done("milestones/reach", "2026-03-21", milestone="terms-agreed", evidence="Minutes")
    story.refused("delivery/plan", "2026-03-22", milestone="installation", due="2026-05-10")
    story.done("win", "2026-03-25", signed=eur("47949.95"), reasons=["Cost over ten years"])


def up_to_the_end(story: Story) -> None:
    """The delivery, and a time sheet of February that is handed in late."""
    story.done("delivery/plan", "2026-04-01", milestone="installation", due="2026-05-10", what="Five pumps on line 7")
    story.done("delivery/plan", "2026-04-01", milestone="training", due="2026-05-20")
    story.done("delivery/miss", "2026-05-11", milestone="installation", reason="Crane was late")
    story.done("delivery/reach", "2026-05-14", milestone="installation", evidence="Protocol")
    story.done("delivery/reach", "2026-05-19", milestone="training")
    story.done("delivery/accept", "2026-05-25", stakeholder=story.people["Lin"], remarks="One label is missing")
    story.done("resources/spend", "2026-02-12", kind="sales", person_days="0.5", external_id="TS-44")


@pytest.fixture(scope="module")
def story(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Story]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            told = Story(office)
            for chapter in (prepared, up_to_the_middle, up_to_the_win, up_to_the_end):
                chapter(told)
                office.caught_up()
            yield told


def test_what_was_not_possible_was_refused_and_said_what_would_be(story: Story) -> None:
    rules = [rule for rule, _ in story.refusals]
    words = [detail for _, detail in story.refusals]
    assert rules == [
        "PursuitUndecided",
        "GateUnmet",
        "MilestoneUnknown",
        "QuoteSuperseded",
        "QuoteExpired",
        "NotWon",
    ]
    assert "decide go first" in words[0]
    assert "Money in place?" in words[1]
    assert "need-confirmed, solution-accepted, decider-met, terms-agreed" in words[2]
    assert "stands in version 2, not 1" in words[3]
    assert "valid until 2026-04-15" in words[4]


def stands(story: Story, as_of: str, **more: Any) -> dict[str, str]:
    told = story.asked(f"/opportunities/{story.deal}/map", as_of, **more)
    return {node["name"]: node["stands"][0]["support"] for node in told["nodes"]}


def test_the_decision_map_changed_on_the_way(story: Story) -> None:
    assert stands(story, MIDDLE) == {"Zhao": "neutral", "Wu": "enemy", "Lin": "supporter"}
    assert stands(story, END) == {"Zhao": "mentor", "Wu": "neutral", "Lin": "supporter"}
    told = story.asked(f"/opportunities/{story.deal}/map", "2026-03-10", since=MIDDLE)
    moved = {(change["name"], change["what"]): (change["before"], change["after"]) for change in told["changes"]}
    assert moved == {("Wu", "support"): ("enemy", "neutral"), ("Zhao", "support"): ("neutral", "mentor")}
    (wu,) = [node for node in told["nodes"] if node["name"] == "Wu"]
    assert wu["stands"][0]["wants"] == "A quiet start"


def stage_of(story: Story, as_of: str) -> list[tuple[str, int, str]]:
    told = story.asked("/funnel", as_of, account=str(story.account))
    return [(line["stage"], line["count"], line["amount"]) for line in told["stages"] if line["count"]]


def test_the_funnel_saw_it_in_the_middle_and_has_it_as_won_in_the_end(story: Story) -> None:
    assert stage_of(story, "2026-01-18") == [("potential", 1, "50000.00")]
    assert stage_of(story, MIDDLE) == [("ours", 1, "50000.00")]
    assert stage_of(story, END) == []
    assert story.asked("/funnel", END, account=str(story.account))["won"] == {"count": 1, "amount": "47949.95"}
    flows = story.asked("/funnel/conversion", END, account=str(story.account))
    went = {flow["stage"]: (flow["entered"], flow["went_on"]) for flow in flows["stages"] if flow["entered"]}
    assert went == dict.fromkeys(["potential", "confirmed", "ours", "winnable", "negotiation"], (1, 1))


def cost(story: Story, as_of: str, **more: Any) -> dict[str, Any]:
    told = story.asked("/cost-of-winning", as_of, opportunity=story.deal, **more)
    assert told["missing_rates"] == {}
    (line,) = told["opportunities"]
    found: dict[str, Any] = line
    return found


def test_what_it_cost_by_the_middle(story: Story) -> None:
    middle = cost(story, MIDDLE)
    assert (middle["person_days"], middle["cost"], middle["cost_allowed"]) == ("6.5", "2500.00", "3000.00")
    assert (middle["exceeded"], middle["samples_out"], middle["concessions"]) == ([], 1, 0)
    assert (middle["outcome"], middle["won_amount"]) == ("", None)
    known = cost(story, MIDDLE, known_at=story.known_in_the_middle)
    assert (known["person_days"], known["cost"]) == ("6", "2200.00")  # the time sheet came later


def test_what_it_cost_in_the_end(story: Story) -> None:
    end = cost(story, END)
    assert (end["person_days"], end["cost"], end["exceeded"]) == ("9.5", "4300.00", ["cost", "person_days"])
    assert {share["key"]: share["cost"] for share in end["by_kind"]} == {"sales": "3300.00", "engineer": "1000.00"}
    assert {share["key"]: share["cost"] for share in end["by_stage"]} == {
        "potential": "1200.00",
        "confirmed": "1000.00",
        "ours": "300.00",
        "negotiation": "1800.00",
    }
    assert (end["samples_out"], end["concessions"], end["for_nothing"], end["conceded"]) == (0, 2, 1, "3250.00")
    assert (end["won_amount"], end["cost_per_won"]) == ("47949.95", "0.0897")
    events = story.office.get("/events", "auditor", type="Opportunity", limit=1000).json()["events"]
    behind = {event["type"] for event in events if event["position"] in end["positions"]}
    assert behind == {
        "Opportunity.PursuitDecided",
        "Opportunity.ResourceSpent",
        "Opportunity.SampleReturned",
        "Opportunity.ConcessionMade",
        "Opportunity.Won",
    }


def test_its_quote_was_requested_issued_followed_up_revised_and_accepted(story: Story) -> None:
    assert story.asked("/quotes", MIDDLE)["quotes"] == []
    found = []
    for day in ("2026-02-21", "2026-02-23", "2026-03-09", "2026-03-11", "2026-03-16"):
        (line,) = story.asked("/quotes", day)["quotes"]
        found.append((line["status"], line["version"], line["total"], line["follow_up"]))
    assert found == [
        ("requested", 0, None, "none"),
        ("issued", 1, "50949.95", "planned"),
        ("issued", 1, "50949.95", "planned"),
        ("issued", 1, "50949.95", "overdue"),
        ("issued", 2, "47949.95", "none"),
    ]
    assert story.asked("/quotes", END)["quotes"] == []
    (line,) = story.asked("/quotes", END, all="true")["quotes"]
    assert (line["status"], line["version"], line["title"]) == ("accepted", 2, "Pumps for line 7")
    assert line["requirements"] == ["drawings", "technical", "volume"]


def test_the_competitor_was_beaten_with_the_strategy_that_was_chosen(story: Story) -> None:
    (rival,) = story.asked("/competition", END)["competitors"]
    assert (rival["competitor"], rival["won"], rival["lost"]) == ("Rival Pumps", 1, 0)
    (middle,) = story.asked("/competition", MIDDLE)["competitors"]
    assert (middle["open"], middle["won"]) == (1, 0)
    assert {record["key"]: record["won"] for record in rival["strategies"]} == {"flanking": 1}
    led = {}
    for day in ("2026-01-31", MIDDLE):
        (line,) = story.asked("/competition", day, competitor="Rival Pumps")["competitors"]
        (deal,) = line["open_deals"]
        led[day] = [(lead["text"], lead["priority"]) for lead in deal["leads"]]
    assert led == {"2026-01-31": [("Price", 1)], MIDDLE: [("Price", 3)]}


def test_its_delivery_was_late_and_accepted(story: Story) -> None:
    assert story.asked("/deliveries", "2026-03-25")["deliveries"] == []
    (late,) = story.asked("/deliveries", "2026-05-12")["deliveries"]
    assert [(one["milestone"], one["state"]) for one in late["promises"]] == [
        ("installation", "missed"),
        ("training", "promised"),
    ]
    (line,) = story.asked("/deliveries", END)["deliveries"]
    assert [(one["milestone"], one["state"], one["days_late"]) for one in line["promises"]] == [
        ("installation", "reached_late", 4),
        ("training", "reached", 0),
    ]
    assert (line["accepted_on"], line["accepted_by"]) == ("2026-05-25", story.people["Lin"])
