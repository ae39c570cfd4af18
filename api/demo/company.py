"""The whole sample company: every part made from its own stream of chance, then written as files."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

from api.demo import story_dealings
from api.demo.catalogue import REPORTING_CURRENCY, describe_catalogue
from api.demo.complaints import describe_issues
from api.demo.contacts import Contacts, describe_contacts, describe_relationships
from api.demo.contests import describe_contests
from api.demo.customers import describe_customers, make_customers
from api.demo.days import LAST_DAY
from api.demo.dealings import describe_dealings, describe_payments
from api.demo.deals import make_deals, number_deals
from api.demo.direction import describe_direction
from api.demo.doubles import describe_doubles
from api.demo.model import Account, Deal
from api.demo.monthly_plans import describe_monthly_plans
from api.demo.names import COMPANY
from api.demo.offers import describe_offers
from api.demo.people import Staff
from api.demo.policies import policies_text
from api.demo.programmes import describe_experiments, describe_programme, describe_skills
from api.demo.qualification import describe_answers, describe_buyers
from api.demo.selection import describe_selection
from api.demo.stores import describe_outlets, make_outlets
from api.demo.story_contest import describe_contest
from api.demo.story_facts import describe_story
from api.demo.story_people import settle_story
from api.demo.story_visits import story_visits
from api.demo.tables import Tables
from api.demo.trade import describe_purchases, describe_satisfaction, describe_targets
from api.demo.visits import Visit, describe_visits, make_visits

OPPORTUNITIES = 2_500
PROCESS = "four-funnel"

SETTINGS = f"""\
name = "{COMPANY}"
currency = "{REPORTING_CURRENCY}"
language = "en"
fiscal_year_start = 1
time_zone = "Asia/Shanghai"
working_days = [1, 2, 3, 4, 5]
working_hours = ["09:00:00", "18:00:00"]
gift_limit = {{ amount = "500.00", currency = "{REPORTING_CURRENCY}" }}
"""


@dataclass(frozen=True)
class SampleCompany:
    """What was written, and what only the generator knows."""

    folder: Path
    rows: dict[str, int]
    """How many rows each file has, by kind."""
    win_probability: dict[str, float]
    """The true probability that an opportunity is won, as of its opening, by external_id; in no file."""
    key_accounts: list[str]
    """External ids of the accounts that are key on the last day."""
    story_account: str
    """External id of the account that the written story tells."""


def write(folder: Path, seed: int = 20260101) -> SampleCompany:
    """Write the sample company into a folder: one CSV file per kind and ``company.toml``.

    The folder is made where it is missing; files of the same name are replaced. The same seed gives the same bytes.
    """
    tables = Tables()
    staff = Staff()
    accounts, deals = _accounts_and_deals(staff, seed)
    story = next(account for account in accounts if account.told)
    _describe(tables, staff, accounts, deals, seed)
    describe_story(tables, story, _chance(seed, "story"))
    _describe_daily_work(tables, staff, accounts, deals, seed)
    folder.mkdir(parents=True, exist_ok=True)
    tables.write(folder)
    (folder / "company.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "policies.json").write_text(policies_text(), encoding="utf-8")
    return SampleCompany(
        folder=folder,
        rows={kind: len(rows) for kind, rows in tables.rows.items()},
        win_probability={deal.external_id: deal.probability for deal in deals},
        key_accounts=[account.external_id for account in accounts if account.key_type],
        story_account=story.external_id,
    )


def deals_of(seed: int) -> list[Deal]:
    """The opportunities of the company of a seed with all that only the generator knows; nothing is written."""
    return _accounts_and_deals(Staff(), seed)[1]


def _accounts_and_deals(staff: Staff, seed: int) -> tuple[list[Account], list[Deal]]:
    accounts = make_customers(staff, _chance(seed, "customers"))
    story = next(account for account in accounts if account.told)
    deals = settle_story(story, staff)
    _settle_contacts(accounts, _chance(seed, "contacts"))
    deals += make_deals(accounts, staff, OPPORTUNITIES - len(deals), _chance(seed, "deals"))
    number_deals(deals)
    return accounts, deals


def _chance(seed: int, part: str) -> Random:
    """A stream of chance of its own for each part, so that a change in one leaves the others as they are."""
    return Random(f"{seed}/{part}")


def _settle_contacts(accounts: list[Account], random: Random) -> None:
    contacts = Contacts(random)
    for account in accounts:
        if not account.told:
            contacts.settle(account)


def _describe(tables: Tables, staff: Staff, accounts: list[Account], deals: list[Deal], seed: int) -> None:
    describe_catalogue(tables, _chance(seed, "catalogue"))
    staff.describe(tables)
    describe_customers(tables, accounts, _chance(seed, "profiles"))
    chance = _chance(seed, "relationships")
    for account in accounts:
        describe_contacts(tables, account)
        if account.key_type and not account.told:
            describe_relationships(tables, account, staff, chance)
    for deal in deals:
        _describe_deal(tables, deal)
        _describe_history(tables, deal)
    describe_buyers(tables, deals, _chance(seed, "buyers"))
    describe_answers(tables, deals, _chance(seed, "answers"))
    _describe_visits(tables, staff, accounts, deals, _chance(seed, "visits"), _chance(seed, "monthly plans"))
    describe_satisfaction(tables, accounts, _chance(seed, "satisfaction"))
    describe_purchases(tables, accounts, _chance(seed, "purchases"))
    describe_targets(tables, deals, staff)


def _describe_visits(
    tables: Tables, staff: Staff, accounts: list[Account], deals: list[Deal], random: Random, plans: Random
) -> None:
    visits: list[Visit] = []
    for account in accounts:
        own = [deal for deal in deals if deal.account is account]
        visits += story_visits(account, staff) if account.told else make_visits(account, own, staff, random)
    describe_visits(tables, visits)
    describe_monthly_plans(tables, visits, staff, plans)


def _describe_daily_work(tables: Tables, staff: Staff, accounts: list[Account], deals: list[Deal], seed: int) -> None:
    """What is recorded beside the pipeline: each part from a stream of chance of its own."""
    story = next(account for account in accounts if account.told)
    story_dealings.describe_dealings(tables, story, staff)
    describe_contest(tables, staff)
    describe_selection(tables, accounts, _chance(seed, "selection"))
    describe_payments(tables, accounts, _chance(seed, "payments"))
    describe_dealings(tables, accounts, staff, _chance(seed, "dealings"))
    describe_contests(tables, deals, staff, _chance(seed, "contests"))
    describe_offers(tables, deals, _chance(seed, "offers"))
    outlets = make_outlets(accounts)
    describe_outlets(tables, outlets, _chance(seed, "stores"))
    for outlet in outlets:
        describe_contacts(tables, outlet)
    describe_doubles(tables, accounts)
    describe_direction(tables, accounts, staff, _chance(seed, "direction"))
    describe_issues(tables, accounts, _chance(seed, "issues"))
    describe_programme(tables, accounts, _chance(seed, "programme"))
    describe_experiments(tables, accounts, _chance(seed, "experiments"))
    describe_skills(tables, staff, _chance(seed, "skills"))


Value = TypeVar("Value")


def _latest(values: list[Value | None]) -> Value | None:
    return next((value for value in reversed(values) if value is not None), None)


def _describe_deal(tables: Tables, deal: Deal) -> None:
    """The opportunity as it stands on the last day."""
    changes = deal.changes
    winner = COMPANY if deal.outcome == "won" else deal.competitor if deal.outcome == "lost" else ""
    tables.add(
        "opportunities",
        deal.external_id,
        deal.account.external_id,
        deal.title,
        deal.product,
        _latest([change.amount for change in changes]),
        deal.account.currency,
        _latest([change.owner for change in changes]),
        PROCESS,
        deal.outcome or deal.stage_on(LAST_DAY),
        deal.opened_on,
        _latest([change.close_on for change in changes]),
        deal.closed_on,
        deal.signed_amount,
        _latest([change.category for change in changes]),
        deal.reason,
        winner,
    )


def _describe_history(tables: Tables, deal: Deal) -> None:
    """Everything that was true of the opportunity, from its opening on."""
    for change in deal.changes:
        tables.add(
            "stage_history",
            deal.external_id,
            change.day,
            change.stage,
            change.amount,
            change.close_on,
            change.category,
            change.owner,
            change.reason,
        )
