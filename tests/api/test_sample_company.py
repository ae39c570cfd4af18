"""The sample company: what is written, that every reference resolves, that nothing lies beyond its time."""

import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from api.demo import FIRST_DAY, LAST_DAY, write
from api.demo.model import STAGES
from api.demo.tables import COLUMNS
from tests.api.sample_files import SEEDS, Files, day, read, was_there

VOCABULARY = {
    ("accounts", "kind"): "end_customer distributor dealer wholesaler retailer agent",
    ("stakeholders", "attitude"): "innovator visionary pragmatist conservative laggard",
    ("stakeholders", "political"): "inner_circle political_structure outside",
    ("stakeholders", "orientation"): "financial technical relationship business",
    ("relationships", "level"): "vendor credible_source problem_solver trusted_adviser",
    ("relationships", "desired"): "vendor credible_source problem_solver trusted_adviser",
    ("relationships", "coverage"): "none brief several_meetings in_depth",
    ("buyers", "role"): "approver decision_maker evaluator user",
    ("buyers", "support"): "mentor supporter neutral non_supporter enemy",
    ("visits", "status"): "planned logged cancelled",
    ("visits", "what"): "sales_call technical_seminar exchange demo executive_visit site_visit terms_negotiation"
    " store_visit training other",
    ("visits", "purpose"): "rapport information advantage moving_forward",
    ("satisfaction", "kind"): "nps csat",
    ("issues", "kind"): "complaint suggestion question request",
    ("satisfaction", "subject"): "person product service company",
    ("key_status", "action"): "granted reviewed withdrawn",
    ("answers", "answer"): "yes no unknown",
    ("opportunities", "stage"): " ".join((*STAGES, "won", "lost", "disqualified")),
}
REFERENCES = (
    ("territories", "parent", "territories"),
    ("members", "territory", "territories"),
    ("members", "manager", "members"),
    ("accounts", "territory", "territories"),
    ("accounts", "parent", "accounts"),
    ("managers", "account", "accounts"),
    ("managers", "manager", "members"),
    ("key_status", "account", "accounts"),
    ("stakeholders", "account", "accounts"),
    ("stakeholders", "reports_to", "stakeholders"),
    ("relationships", "stakeholder", "stakeholders"),
    ("relationships", "member", "members"),
    ("opportunities", "account", "accounts"),
    ("opportunities", "product", "products"),
    ("opportunities", "owner", "members"),
    ("stage_history", "opportunity", "opportunities"),
    ("stage_history", "owner", "members"),
    ("buyers", "opportunity", "opportunities"),
    ("buyers", "stakeholder", "stakeholders"),
    ("answers", "opportunity", "opportunities"),
    ("visits", "account", "accounts"),
    ("visits", "our_people", "members"),
    ("visits", "stakeholders", "stakeholders"),
    ("visits", "opportunities", "opportunities"),
    ("satisfaction", "account", "accounts"),
    ("satisfaction", "stakeholder", "stakeholders"),
    ("purchases", "account", "accounts"),
    ("issues", "account", "accounts"),
    ("issues", "raised_by", "stakeholders"),
    ("issues", "acknowledged_by", "members"),
    ("issues", "confirmed_by", "stakeholders"),
)
HAPPENED = (
    ("members", "joined_on"),
    ("members", "left_on"),
    ("products", "from"),
    ("rates", "on"),
    ("accounts", "registered_on"),
    ("managers", "effective_on"),
    ("key_status", "on"),
    ("stakeholders", "since"),
    ("stakeholders", "left_on"),
    ("relationships", "on"),
    ("opportunities", "opened_on"),
    ("opportunities", "closed_on"),
    ("stage_history", "at"),
    ("buyers", "on"),
    ("answers", "on"),
    ("visits", "planned_on"),
    ("satisfaction", "on"),
    ("purchases", "on"),
)


@pytest.fixture(params=SEEDS)
def files(request: pytest.FixtureRequest) -> Files:
    return read(request.param)


@pytest.fixture
def shipped() -> Files:
    return read(SEEDS[0])


# what is written


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path):
    first, other = read(SEEDS[0]).bytes, read(SEEDS[1]).bytes
    write(tmp_path / "again", SEEDS[0])
    assert {file.name: file.read_bytes() for file in (tmp_path / "again").iterdir()} == first
    assert first["opportunities.csv"] != other["opportunities.csv"]


def test_every_kind_has_a_file_with_the_columns_of_the_import(shipped: Files):
    for kind, columns in COLUMNS.items():
        assert shipped.headers[kind] == ",".join(columns)
    assert shipped.sample.rows == {kind: len(rows) for kind, rows in shipped.rows.items()}


def test_the_company_states_what_a_quarter_and_a_working_day_are(shipped: Files):
    company = tomllib.loads(shipped.settings)
    assert company["currency"] == "CNY"
    assert company["fiscal_year_start"] == 1
    assert company["time_zone"] == "Asia/Shanghai"
    assert company["working_days"] == [1, 2, 3, 4, 5]
    assert company["gift_limit"] == {"amount": "500.00", "currency": "CNY"}


def test_the_company_has_the_size_that_is_promised(files: Files):
    rows = files.sample.rows
    assert (rows["accounts"], rows["members"], rows["opportunities"]) == (66, 40, 2500)
    assert len(files.sample.key_accounts) == 20
    assert 2_000 <= rows["visits"] <= 3_500
    assert sum(rows.values()) < 80_000
    assert {row["currency"] for row in files.rows["opportunities"]} == {"CNY", "EUR", "USD"}


def test_words_are_those_of_the_domain(files: Files):
    for (kind, column), words in VOCABULARY.items():
        assert {row[column] for row in files.rows[kind]} <= set(words.split()), (kind, column)


def test_the_true_probability_is_in_no_file(files: Files):
    assert files.sample.win_probability.keys() == files.by_id["opportunities"].keys()
    assert not any("probab" in column for columns in COLUMNS.values() for column in columns)


# references and time


def test_every_reference_resolves(files: Files):
    for kind, column, target in REFERENCES:
        named = {name for row in files.rows[kind] for name in row[column].split(";") if name}
        assert named <= files.by_id[target].keys(), (kind, column)


def test_identifiers_and_invoice_numbers_are_unique(files: Files):
    for kind, by_id in files.by_id.items():
        assert len(by_id) == len(files.rows[kind]), kind
    invoices = Counter((row["account"], row["document_no"]) for row in files.rows["purchases"])
    assert max(invoices.values()) == 1


def test_nothing_happened_before_the_first_or_after_the_last_day(files: Files):
    for kind, column in HAPPENED:
        days = [day(row[column]) for row in files.rows[kind] if row[column]]
        assert days, (kind, column)
        assert min(days) >= FIRST_DAY, (kind, column)
        assert max(days) <= LAST_DAY, (kind, column)


def test_what_belongs_to_an_account_comes_after_its_registration(files: Files):
    for kind, column in (
        ("managers", "effective_on"),
        ("key_status", "on"),
        ("stakeholders", "since"),
        ("opportunities", "opened_on"),
        ("visits", "start"),
        ("satisfaction", "on"),
        ("purchases", "on"),
    ):
        for row in files.rows[kind]:
            assert day(files.by_id["accounts"][row["account"]]["registered_on"]) <= day(row[column]), (kind, row)


def test_a_parent_is_registered_before_its_subsidiary(files: Files):
    for row in files.rows["accounts"]:
        if row["parent"]:
            parent = files.by_id["accounts"][row["parent"]]
            assert parent["registered_on"] < row["registered_on"]
            assert not parent["parent"]


def test_every_currency_has_a_rate_on_every_day(files: Files):
    for currency in ("EUR", "USD"):
        days = [day(row["on"]) for row in files.rows["rates"] if row["currency"] == currency]
        assert days[0] == FIRST_DAY
        assert all((later - earlier).days <= 31 for earlier, later in pairwise(days))


# our people


def test_whoever_leaves_has_handed_over_every_account_and_open_deal(files: Files):
    for person in files.rows["members"]:
        if not person["left_on"]:
            continue
        left = day(person["left_on"])
        for account in files.by_id["accounts"]:
            current = [manager for on, manager in files.managers(account) if on < left]
            assert not current or current[-1] != person["external_id"]
        for deal in files.rows["opportunities"]:
            if deal["owner"] == person["external_id"]:
                assert deal["closed_on"]
                assert day(deal["closed_on"]) < left


def test_owners_and_managers_were_with_us_when_they_took_over(files: Files):
    for kind, person, column in (("managers", "manager", "effective_on"), ("stage_history", "owner", "at")):
        for row in files.rows[kind]:
            if row[person]:
                moment = day(row[column])
                assert was_there(files.by_id["members"][row[person]], moment, moment, "joined_on"), row
