"""What customers buy and say: purchases, satisfaction, and the sales targets that were set."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from api.demo.catalogue import PRODUCTS, REPORTING_CURRENCY, per_unit
from api.demo.days import LAST_DAY, months, quarter, working_day
from api.demo.model import Account, Deal
from api.demo.names import TERRITORIES
from api.demo.people import REGION, Staff
from api.demo.tables import Row, Tables, row

LATE = 0.03
LINES = sorted({product.series for product in PRODUCTS})
COMMENTS = {
    "good": ("quick answers", "交货及时", "the engineers know our machines", "沟通顺畅"),
    "fair": ("fine, nothing special", "价格偏高", "documents come late"),
    "bad": ("nobody has come for months", "没有人来拜访", "promises were not kept"),
}
TARGET_QUARTERS = tuple(f"{year}-Q{number}" for year in (2024, 2025, 2026, 2027) for number in (1, 2, 3, 4))


def describe_purchases(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write the invoices: monthly for key accounts, now and then for others, fewer where the relationship cools."""
    dated: list[tuple[date, Row]] = []
    for account in accounts:
        for month in months():
            if not account.told and month > account.registered_on:
                dated += _invoices(account, month, random)
    dated.sort(key=lambda each: (each[0], each[1]["account"], each[1]["document_no"]))
    tables.rows["purchases"] += [each for _, each in dated]


def _invoices(account: Account, month: date, random: Random) -> list[tuple[date, Row]]:
    often = 1.5 if account.key_type else 0.45
    count = sum(random.random() < often * (0.35 + account.warmth(month)) / 2 for _ in range(2))
    rows = []
    for number in range(1, count + 1):
        day = working_day(month + timedelta(random.randrange(26)))
        if day > LAST_DAY:
            continue
        revenue = 24_000 * account.weight * random.lognormvariate(0, 0.6) / float(per_unit(account.currency))
        values = invoice(account, f"INV-{month:%Y%m}-{number}", day, revenue, random)
        delay = random.randrange(30, 90) if random.random() < LATE else 0
        rows.append((day + timedelta(delay), values))
    return rows


def invoice(account: Account, document_no: str, day: date, revenue: float, random: Random) -> Row:
    """One purchase of an account in its own currency; the margin is an amount, 18 to 42 % of the revenue."""
    amount = Decimal(round(revenue * 100)) / 100
    margin = (amount * Decimal(random.randrange(18, 43)) / 100).quantize(Decimal("0.01"))
    quantity = random.randrange(2, 120)
    return row(
        "purchases", account.external_id, document_no, day, amount.quantize(Decimal("0.01")), random.choice(LINES),
        quantity, account.currency, margin,
    )  # fmt: skip


def describe_satisfaction(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write the surveys: NPS and CSAT, the scores following the warmth of the relationship."""
    number = 0
    for account in accounts:
        every = 110 if account.key_type else 330
        day = working_day(account.registered_on + timedelta(random.randrange(60, 60 + every)))
        while day <= LAST_DAY and not account.told:
            number += 1
            _survey(tables, account, day, f"Q-{number:04}", random)
            day = working_day(day + timedelta(round(every * random.uniform(0.8, 1.3))))


def _survey(tables: Tables, account: Account, day: date, external_id: str, random: Random) -> None:
    kind, subject = random.choice((("nps", "company"), ("csat", "product"), ("csat", "service"), ("csat", "person")))
    share = max(0.0, min(1.0, 0.12 + account.warmth(day) + random.gauss(0, 0.12)))
    score = round(10 * share) if kind == "nps" else 1 + round(4 * share)
    comments = COMMENTS["good" if share > 0.75 else "fair" if share > 0.45 else "bad"]
    comment = random.choice([text for text in comments if account.understands(text)])
    present = [contact.external_id for contact in account.contacts if contact.is_here(day, day)]
    tables.add(
        "satisfaction", account.external_id, kind, score, day, external_id, subject,
        comment if random.random() < 0.5 else None, random.choice(present) if present else None,
    )  # fmt: skip


def describe_targets(tables: Tables, deals: list[Deal], staff: Staff) -> None:
    """Write targets per territory and per manager: what was won on average, growing by eight points a quarter."""
    mean = _mean_quarter(deals)
    for index, period in enumerate(TARGET_QUARTERS):
        growth = Decimal(50 + 8 * index) / 100
        for key, _, _ in TERRITORIES:
            tables.add("targets", "territory", key, period, _rounded(mean[key] * growth), REPORTING_CURRENCY)
        for territory in [key for key, _, _ in TERRITORIES if staff.team(key)]:
            start = date(int(period[:4]), int(period[-1]) * 3 - 2, 1)
            team = [person for person in staff.team(territory) if person.is_here(start, start)]
            for person in team:
                amount = _rounded(mean[territory] * growth / len(team))
                tables.add("targets", "owner", person.external_id, period, amount, REPORTING_CURRENCY)


def _mean_quarter(deals: list[Deal]) -> dict[str, Decimal]:
    """Signed amounts in CNY of an average quarter, by territory with all that lies below it."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for deal in deals:
        if deal.signed_amount is None or deal.closed_on is None or quarter(deal.closed_on) not in TARGET_QUARTERS:
            continue
        territory = deal.account.territory
        while territory:
            totals[territory] += deal.signed_amount * per_unit(deal.account.currency)
            territory = REGION[territory]
    return {key: totals[key] / 11 for key, _, _ in TERRITORIES}


def _rounded(amount: Decimal) -> Decimal:
    return (amount / 10_000).quantize(Decimal(1)) * 10_000
