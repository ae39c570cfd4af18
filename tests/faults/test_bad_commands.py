"""Commands that name what is not there: HTTP and the command line refuse them in the same words, which name the rule,
the offending value and what would be accepted; nothing is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.cli.embedded import Addresses
from domain.account.account import Account
from domain.opportunity.opportunity import Opportunity
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.domain.given import some_id

MAY = "2026-05-04T09:00:00Z"
WANG, CHEN, STRANGER = (str(some_id(name)) for name in ("wang", "chen", "stranger"))
ITEM, NEED, PROMISE, GIVEN, PUMP, PRICE = (str(some_id(name)) for name in ("item", "need", "promise", "v", "pump", "p"))
LINE = {"product": "P7", "quantity": "2", "unit_price": "450"}
PLAN = {"start": MAY, "what": "demo", "why": "they asked", "purpose": "advantage", "expected_action": "names the date"}


@dataclass
class Doors:
    """Both ways in, to one and the same company."""

    office: Office
    kams: CommandLine

    def refused(self, noun: str, whom: str, command: str, body: dict[str, Any]) -> dict[str, Any]:
        """What both answer to a command that is given for a day in May."""
        target, version = self.office.ids[whom], self.office.journal.streams.head()
        path = command.replace(".", "/").replace("_", "-")
        answer = self.office.post(f"/{noun}/{target}/{path}", {**body, "occurred_at": MAY})
        assert answer.status_code == 409, answer.text
        problem: dict[str, Any] = answer.json()
        root = {"accounts": "account", "opportunities": "opportunity"}[noun]
        stated = [word for name, value in body.items() for word in ("--set", f"{name}:={json.dumps(value)}")]
        told = self.kams("command", root, str(target), command, *stated, "--on", MAY)
        assert (told.code, told.out) == (1, "")
        assert problem["detail"] in told.err
        assert self.office.journal.streams.head() == version
        return problem


@pytest.fixture(scope="module")
def doors(
    postgres_url: str,
    fresh_names: Iterator[str],
    embedded_addresses: Addresses,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Doors]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            home: Path = tmp_path_factory.mktemp("bad") / "home"
            home.mkdir()
            environment = {
                "KAMS_HOME": str(home),
                "KAMS_DATABASE_URL": url,
                "KAMS_REDIS_URL": embedded_addresses.redis_url or "",
            }
            furnish(office)
            yield Doors(office, CommandLine({**environment, "KAMS_KEY": office.keys["manager"]}))


def furnish(office: Office) -> None:
    """People, open things of every kind, accounts above one another and one that has merged."""
    own, deal = office.ids["own"], office.ids["own deal"]
    above, ended = office.account("above", manager="manager"), office.account("ended", manager="manager")
    office.give(Account, own, "change_profile", parent=str(above))
    office.give(Account, ended, "merge", into=str(own), reason="the same company")
    office.give(Account, own, "stakeholders.add", stakeholder_id=WANG, name="Wang")
    office.give(Account, own, "stakeholders.add", stakeholder_id=CHEN, name="Chen", reports_to=WANG)
    office.give(Account, own, "team.join", member=str(office.members["manager"]), function="sales")
    office.give(Account, own, "action_items.add", item_id=ITEM, text="send drawings", department="design")
    office.give(Account, own, "needs.add", need_id=NEED, kind="need", words="shorter deliveries")
    promise = {"commitment_id": PROMISE, "made_by": "us", "kind": "price", "what": "5 % off", "due_on": "2026-06-01"}
    office.give(Account, own, "commitments.make", **promise)
    office.give(Account, own, "value.give", value_id=GIVEN, kind="training", what="two days", given_by="us")
    office.give(Account, own, "payments.add", **invoice("R-1", "EUR"))
    office.give(
        Account, own, "influence.observe", from_stakeholder=WANG, to_stakeholder=CHEN, kind="blocks", strength=2
    )
    office.give(Opportunity, deal, "competition.identify", competitor="Northwind")
    office.give(Opportunity, deal, "criteria.describe", criterion_id=PRICE, text="price")
    office.give(Opportunity, deal, "buyers.map", stakeholder=WANG, role="approver", support="neutral")
    office.give(Opportunity, deal, "samples.lend", sample_id=PUMP, what="Pump P7", due_back="2026-06-01")
    quote = {"quote_no": "Q-1", "lines": [LINE], "currency": "EUR", "valid_until": "2026-02-01"}
    office.give(Opportunity, deal, "quotes.issue", **quote)
    office.caught_up()


def invoice(number: str, currency: str) -> dict[str, Any]:
    return {"invoice_no": number, "amount": {"amount": "90.00", "currency": currency}, "due_on": "2026-03-01"}


VISIT = {"visit_id": STRANGER}


@pytest.mark.parametrize(
    ("whom", "command", "body", "rule", "named", "accepted"),
    [
        ("own", "visits.log", {**VISIT, "stakeholders": [STRANGER]}, "StakeholderUnknown", STRANGER, [WANG, CHEN]),
        ("own", "contacts.log", {"contact_id": STRANGER, "channel": "phone", "direction": "in",
         "stakeholders": [STRANGER]}, "StakeholderUnknown", STRANGER, [WANG, CHEN]),
        ("own", "visits.log", {**VISIT, "what": "store_visit", "steps": ["dance"]}, "StepUnknown", "dance",
         ["preparation", "farewell"]),
        ("own", "standing.score", {"scores": {"charm": "5"}}, "CriterionUnknown", "charm",
         ["difference", "preference"]),
        ("own", "standing.score", {"scores": {}, "model": "moon"}, "SelectionModelUnknown", "moon",
         ["define it first"]),
        ("own", "stakeholders.change", {"stakeholder_id": WANG, "reports_to": CHEN}, "ReportsInCircle", CHEN,
         ["name somebody above, or nobody"]),
        ("own", "payments.add", invoice("R-2", "USD"), "RateMissing", "USD", ["only for: EUR", "Set the rate of USD"]),
        ("own", "payments.settle", {"invoice_no": "R-9", "paid_on": "2026-05-04"}, "InvoiceNotOpen", "R-9", ["R-1"]),
        ("own", "action_items.done", {"item_id": STRANGER}, "ActionItemNotOpen", STRANGER, [ITEM]),
        ("own", "needs.meet", {"need_id": STRANGER}, "NeedNotOpen", STRANGER, [NEED]),
        ("own", "commitments.keep", {"commitment_id": STRANGER}, "CommitmentNotOpen", STRANGER, [PROMISE]),
        ("own", "value.acknowledge", {"value_id": STRANGER, "stakeholder": WANG}, "ValueNotWaiting", STRANGER, [GIVEN]),
        ("own", "joint_activities.start", {"activity_id": STRANGER}, "JointActivityNotOpen", STRANGER, ["none"]),
        ("own", "visits.cancel", {"visit_id": STRANGER}, "VisitNotPlanned", STRANGER, ["none"]),
        ("own", "influence.withdraw", {"from_stakeholder": CHEN, "to_stakeholder": WANG, "kind": "blocks"},
         "InfluenceNotObserved", f"{CHEN} blocks {WANG}", [f"{WANG} blocks {CHEN}"]),
        ("ended", "visits.plan", {**VISIT, **PLAN}, "AccountHasMerged", "ended", ["own", "Give the command to"]),
        ("ended", "needs.add", {"need_id": STRANGER, "kind": "need", "words": "more"}, "AccountHasMerged", "ended",
         ["own"]),
        ("own", "merge", {"into": "above", "reason": "one"}, "MergedIntoParent", "above", ["outside this line"]),
        ("above", "merge", {"into": "own", "reason": "one"}, "MergedIntoChild", "own", ["outside this line"]),
        ("own", "merge", {"into": "own", "reason": "one"}, "MergedIntoItself", "own", ["name the other account"]),
        ("above", "merge", {"into": "ended", "reason": "one"}, "MergedIntoEnded", "ended", ["own", "Merge into that"]),
        ("above", "change_profile", {"parent": "own"}, "ParentInCircle", "own",
         ["a parent that does not belong to it"]),
        ("own deal", "buyers.map", {"stakeholder": STRANGER, "role": "user", "support": "neutral"},
         "StakeholderUnknown", STRANGER, [WANG, CHEN]),
        ("own deal", "buyers.unmap", {"stakeholder": CHEN}, "NotABuyer", CHEN, [WANG]),
        ("own deal", "qualification.answer", {"question": "99", "answer": "yes"}, "QuestionUnknown", "99", ["1, 2, 3"]),
        ("own deal", "advance", {"to": "moon"}, "StageUnknown", "moon", ["potential, confirmed, ours, winnable"]),
        ("own deal", "criteria.rerank", {"criterion": STRANGER, "priority": 1}, "CriterionUnknown", STRANGER, [PRICE]),
        ("own deal", "milestones.reach", {"milestone": "moon", "evidence": "seen"}, "MilestoneUnknown", "moon",
         ["it has: "]),
        ("own deal", "competition.assess", {"competitor": "Acne", "strengths": "price"}, "CompetitorUnknown", "Acne",
         ["Northwind"]),
        ("own deal", "resources.spend", {"kind": "juggler", "person_days": "1"}, "ResourceKindUnknown", "juggler",
         ["define a rate card first"]),
        ("own deal", "quotes.accept", {"quote_no": "Q-9"}, "QuoteNotOpen", "Q-9", ["Q-1"]),
        ("own deal", "quotes.accept", {"quote_no": "Q-1"}, "QuoteExpired", "Q-1", ["2026-02-01", "revise it"]),
        ("own deal", "samples.take_back", {"sample_id": STRANGER}, "SampleNotOut", STRANGER, [f"{PUMP} Pump P7"]),
        ("own deal", "delivery.plan", {"milestone": "installation", "due": "2026-06-01"}, "NotWon", "open",
         ["win it first"]),
    ],
)  # fmt: skip
def test_a_refusal_names_rule_value_and_what_is_accepted_at_both_doors(
    doors: Doors, whom: str, command: str, body: dict[str, Any], rule: str, named: str, accepted: list[str]
) -> None:
    ids = doors.office.ids
    noun = "opportunities" if whom.endswith("deal") else "accounts"
    wrong = {name: str(ids[value]) if str(value) in ids else value for name, value in body.items()}
    problem = doors.refused(noun, whom, command, wrong)
    assert problem["rule"] == rule
    for word in (named, *accepted):
        assert str(ids.get(word, word)) in problem["detail"]


def test_of_two_who_state_no_version_the_second_is_decided_on_what_the_first_did(doors: Doors) -> None:
    office, own = doors.office, doors.office.ids["own"]
    leaver = str(uuid4())
    office.post(f"/accounts/{own}/stakeholders/add", {"stakeholder_id": leaver, "name": "Zhao"})
    seen = office.get(f"/accounts/{own}").headers["etag"]
    assert office.post(f"/accounts/{own}/stakeholders/leave", {"stakeholder_id": leaver}).status_code == 200
    change = {"stakeholder_id": leaver, "title": "CEO"}
    stating = office.post(f"/accounts/{own}/stakeholders/change", change, If_Match=seen)
    assert (stating.status_code, stating.json()["rule"]) == (412, "Conflict")
    assert [fact["topic"] for fact in stating.json()["details"]["facts"]] == ["Account.StakeholderLeft"]
    silent = office.post(f"/accounts/{own}/stakeholders/change", change)
    assert (silent.status_code, silent.json()["rule"]) == (409, "StakeholderHasLeft")
    assert WANG in silent.json()["detail"]
    added = office.post(f"/accounts/{own}/stakeholders/add", {**change, "name": "Zhao"})
    assert added.status_code == 200, added.text


def test_who_is_of_no_team_is_told_who_is(doors: Doors) -> None:
    colleague = str(doors.office.members["colleague"])
    problem = doors.refused("accounts", "own", "team.leave", {"member": colleague})
    assert problem["rule"] == "NotOfTeam"
    assert {colleague, str(doors.office.members["manager"])} <= set(_ids(problem["detail"]))


def _ids(text: str) -> list[str]:
    words = [word.strip(".,:") for word in text.split()]
    return [word for word in words if len(word) == len(str(UUID(int=0)))]
