"""The sample company keeps the domain's rules: opportunities, people at customers, visits, key status."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from api.demo import LAST_DAY
from api.demo.customers import NEVER, QUIET
from api.demo.model import STAGES
from api.demo.policies import FIRST_MODEL
from tests.api.sample_files import SEEDS, Files, day, read, was_open, was_there


@pytest.fixture(params=SEEDS)
def files(request: pytest.FixtureRequest) -> Files:
    return read(request.param)


# opportunities


def test_a_history_begins_with_the_opening_and_goes_forward_day_by_day(files: Files):
    for deal in files.rows["opportunities"]:
        rows = files.history[deal["external_id"]]
        assert rows[0]["at"] == deal["opened_on"]
        assert rows[0]["stage"] == STAGES[0]
        assert all(rows[0][column] for column in ("amount", "close_on", "owner"))
        assert all(earlier["at"] < later["at"] for earlier, later in pairwise(rows))


def test_stages_advance_one_by_one_and_go_back_with_a_reason(files: Files):
    for rows in files.history.values():
        moves = [row for row in rows if row["stage"]]
        for earlier, later in pairwise(moves):
            step = STAGES.index(later["stage"]) - STAGES.index(earlier["stage"])
            assert step == 1 or (step < 0 and later["reason"])


def test_the_opportunity_stands_as_its_history_left_it(files: Files):
    for deal in files.rows["opportunities"]:
        for column in ("stage", "amount", "close_on", "category", "owner"):
            values = [row[column] for row in files.history[deal["external_id"]] if row[column]]
            if column != "stage" or not deal["closed_on"]:
                assert deal[column] == values[-1], (deal["external_id"], column)


def test_nothing_is_recorded_on_a_deal_before_its_opening_or_after_its_end(files: Files):
    for kind, column in (("stage_history", "at"), ("buyers", "on"), ("answers", "on")):
        for row in files.rows[kind]:
            moment = day(row[column])
            assert was_open(files.by_id["opportunities"][row["opportunity"]], moment, moment), (kind, row)


def test_a_closed_deal_says_when_and_why_and_a_won_one_for_how_much(files: Files):
    for deal in files.rows["opportunities"]:
        is_closed = deal["stage"] not in STAGES
        assert bool(deal["closed_on"]) == bool(deal["reason"]) == is_closed
        assert bool(deal["signed_amount"]) == (deal["stage"] == "won")
        assert not is_closed or deal["closed_on"] > deal["opened_on"]


def test_amounts_are_never_negative(files: Files):
    for kind, column in (
        ("opportunities", "amount"),
        ("opportunities", "signed_amount"),
        ("stage_history", "amount"),
        ("purchases", "revenue"),
        ("purchases", "margin"),
        ("targets", "amount"),
        ("products", "price"),
    ):
        assert all(Decimal(row[column]) > 0 for row in files.rows[kind] if row[column])


def test_a_product_is_sold_once_it_is_on_the_price_list(files: Files):
    for deal in files.rows["opportunities"]:
        assert files.by_id["products"][deal["product"]]["from"] <= deal["opened_on"]


# the people at the customers


def test_a_buyer_belongs_to_the_account_and_was_there(files: Files):
    for row in files.rows["buyers"]:
        contact, moment = files.by_id["stakeholders"][row["stakeholder"]], day(row["on"])
        assert contact["account"] == files.by_id["opportunities"][row["opportunity"]]["account"]
        assert was_there(contact, moment, moment)


def test_a_relationship_is_assessed_between_two_people_who_were_there(files: Files):
    for row in files.rows["relationships"]:
        moment = day(row["on"])
        assert was_there(files.by_id["stakeholders"][row["stakeholder"]], moment, moment)
        assert was_there(files.by_id["members"][row["member"]], moment, moment, "joined_on")


def test_people_report_to_somebody_of_their_own_account_who_came_no_later(files: Files):
    for row in files.rows["stakeholders"]:
        if row["reports_to"]:
            boss = files.by_id["stakeholders"][row["reports_to"]]
            assert boss["account"] == row["account"]
            assert boss["since"] <= row["since"]


def test_a_key_account_has_four_to_eight_people(files: Files):
    for account in files.sample.key_accounts:
        people = [row for row in files.rows["stakeholders"] if row["account"] == account and not row["left_on"]]
        assert 4 <= len(people) <= 8


def test_decision_makers_leave_and_are_followed(files: Files):
    gone = [row for row in files.rows["stakeholders"] if row["left_on"]]
    assert len(gone) >= 6
    for row in gone:
        after = [each for each in files.rows["stakeholders"] if each["account"] == row["account"]]
        assert any(each["since"] > row["left_on"] for each in after)


def test_satisfaction_is_scored_on_its_scale_by_somebody_of_the_account(files: Files):
    for row in files.rows["satisfaction"]:
        low, high = (0, 10) if row["kind"] == "nps" else (1, 5)
        assert low <= int(row["score"]) <= high
        if row["stakeholder"]:
            contact = files.by_id["stakeholders"][row["stakeholder"]]
            assert contact["account"] == row["account"]
            assert was_there(contact, day(row["on"]), day(row["on"]))


# visits


def test_a_visit_names_people_and_open_deals_of_its_account_from_plan_to_start(files: Files):
    for visit in files.rows["visits"]:
        last = datetime.fromisoformat(visit["start"]).date()
        first = day(visit["planned_on"]) if visit["planned_on"] else last
        assert visit["our_people"]
        assert visit["stakeholders"]
        for name in visit["our_people"].split(";"):
            assert was_there(files.by_id["members"][name], first, last, "joined_on")
        for name in visit["stakeholders"].split(";"):
            contact = files.by_id["stakeholders"][name]
            assert contact["account"] == visit["account"]
            assert was_there(contact, first, last)
        for name in filter(None, visit["opportunities"].split(";")):
            deal = files.by_id["opportunities"][name]
            assert deal["account"] == visit["account"]
            assert was_open(deal, first, last)


def test_a_plan_says_why_and_what_the_customer_will_do_and_precedes_the_visit(files: Files):
    for visit in files.rows["visits"]:
        assert visit["why"]
        assert visit["expected_action"]
        assert visit["planned_on"] < visit["start"]
        assert visit["planned_on"] or visit["status"] == "logged"
        assert int(visit["minutes"]) > 0
        assert "+" in visit["start"] or visit["start"][-6] == "-"


def test_only_planned_visits_lie_ahead(files: Files):
    ahead = [visit for visit in files.rows["visits"] if day(visit["start"]) > LAST_DAY]
    assert len(ahead) >= 10
    assert {visit["status"] for visit in ahead} == {"planned"}
    for visit in files.rows["visits"]:
        assert bool(visit["outcome"]) == (visit["status"] == "logged")


def test_some_visits_were_entered_late(files: Files):
    starts = [visit["start"] for visit in files.rows["visits"] if visit["status"] == "logged"]
    late = sum(day(earlier) - day(later) > timedelta(10) for earlier, later in pairwise(starts))
    assert late >= 10


def test_relationships_cool_and_are_rescued_but_not_all(files: Files):
    names = {row["name"]: row["external_id"] for row in files.rows["accounts"]}
    for name, (first, until) in QUIET.items():
        days = [
            day(visit["start"])
            for visit in files.rows["visits"]
            if visit["account"] == names[name] and visit["status"] == "logged"
        ]
        assert not [each for each in days if first <= each < until]
        assert [each for each in days if each < first]
        assert bool([each for each in days if each >= until]) == (until != NEVER)


# key status


def test_twenty_accounts_are_key_on_the_last_day(files: Files):
    standing = {row["account"]: row["action"] for row in files.rows["key_status"]}
    assert sorted(name for name, action in standing.items() if action != "withdrawn") == files.sample.key_accounts


def test_key_status_is_granted_first_and_always_justified(files: Files):
    seen: dict[str, dict[str, str]] = {}
    ranks = ("ordinary", "partner", "strategic")
    for row in files.rows["key_status"]:
        assert row["justification"]
        before = seen.get(row["account"])
        assert (row["action"] == "granted") == (before is None)
        if row["action"] == "granted":
            scored = [on for on, _ in files.facts("standing.score", row["account"]) if on < day(row["on"])]
            assert bool(row["override"]) != (bool(scored) and day(row["on"]) >= FIRST_MODEL)
        if before and row["action"] == "reviewed":
            step = ranks.index(row["relationship_type"]) - ranks.index(before["relationship_type"])
            assert row["decision"] == {1: "promote", 0: "keep", -1: "demote"}[step]
        assert not before or before["on"] < row["on"]
        seen[row["account"]] = row
