"""The opportunities: what is true of each, how its story goes, and what of it has happened by the last day.

Distributions, stated so that a test can hold them, after two public data sets (none of their rows is copied):

- Maven Analytics, "CRM Sales Opportunities" (8,800 deals): 63 % of closed deals won; a won deal takes 57 days in the
  median, a lost one 14; the last month of a quarter closes the most deals (38 %, against 27 % in the first) and wins
  81 % of them (first month 49 %); a win signs 0.67 to 1.34 of the expected amount, mean 0.99, s.d. 0.10.
- Salvirt B2B sales, Bohanec et al. (2017), 448 deals: 51 % won; 67 % without a competitor against 21 % with one; 70 %
  with a current client against 17 % with a new one.

Here: 53 to 64 % of won and lost deals are won; won deals take 50 to 75 days in the median, lost ones 14 to 35; the last
month of a quarter closes more and wins at least ten points more than the first; a competitor and a new customer each
cost about 25 points; signed amounts as Maven's. Added, as neither set has them: five stages, pushes of the close date
(about a quarter of all deals), stages that go back (about 7 %), revised amounts and disqualified deals (about 7 %).
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from api.demo.catalogue import PRODUCTS, Product
from api.demo.days import FIRST_DAY, LAST_DAY, month_of_quarter, quarter_end, working_day
from api.demo.model import STAGES, Account, Deal
from api.demo.names import COMPETITORS
from api.demo.people import Staff
from api.demo.progress import History

TITLES = (
    "{product} for the new line",
    "{product} replacement",
    "{product} second source",
    "{product} 增补订单",
    "{product} 新产线项目",
    "{product} yearly requirement",
    "{product} 年度框架",
    "{product} prototype",
)
LOST_REASONS = (
    "price 价格",
    "delivery time 交期",
    "incumbent kept 沿用原供应商",
    "technical fit 技术匹配",
    "project postponed by the customer 客户推迟项目",
)
DISQUALIFIED_REASONS = (
    "no budget this year 今年没有预算",
    "the need went away 需求消失",
    "asked for a comparison offer only 仅用于比价",
)
WON_REASONS = (
    "technical fit 技术匹配",
    "trust built over the project 项目中建立的信任",
    "total cost 总成本",
    "delivery time 交期",
)
STALLED = 0.05
"""Share of deals that nobody ever closes, as Maven's Engaging deals that grow old."""


def make_deals(accounts: list[Account], staff: Staff, count: int, random: Random) -> list[Deal]:
    """That many deals over all accounts, in the order in which they were opened; the story's account has none."""
    open_to_all = [account for account in accounts if not account.told]
    active = [account.weight * (LAST_DAY - account.registered_on).days for account in open_to_all]
    chosen = random.choices(open_to_all, active, k=count)
    deals = [_open(account, random) for account in chosen]
    for deal in sorted(deals, key=lambda each: each.opened_on):
        _live(deal, staff, random)
    return deals


def number_deals(deals: list[Deal]) -> None:
    """Give the deals their identifiers, in the order in which they were opened."""
    deals.sort(key=lambda deal: (deal.opened_on, deal.external_id, deal.account.external_id, deal.product))
    for number, deal in enumerate(deals, start=1):
        deal.external_id = deal.external_id or f"O-{number:04}"


def _open(account: Account, random: Random) -> Deal:
    opened_on = _opening_day(account, random)
    on_sale = [product for product in PRODUCTS if product.first_day <= opened_on]
    product = random.choices(on_sale, [product.demand for product in on_sale])[0]
    competitor = random.choice(COMPETITORS) if random.random() < 0.38 else ""
    name = product.name if account.country == "CN" else product.name.rsplit(" ", 1)[0]
    title = random.choice([text for text in TITLES if account.understands(text)]).format(product=name)
    probability = _probability(account, product, opened_on, bool(competitor), random)
    return Deal(account, product.key, title, opened_on, probability, competitor)


def _opening_day(account: Account, random: Random) -> date:
    """A working day in the life of the account; business grows by a quarter each year."""
    first = account.registered_on + timedelta(6)
    while True:
        day = working_day(first + timedelta(random.randrange(max(1, (LAST_DAY - first).days - 3))))
        growth = 0.55 + 0.15 * (day - FIRST_DAY).days / 365
        if day < LAST_DAY and random.random() < growth:
            return day


def _probability(account: Account, product: Product, day: date, contested: bool, random: Random) -> float:
    logit = 0.68 + 1.8 * (account.warmth(day) - 0.62) + product.appeal - 1.2 * contested + random.gauss(0, 0.75)
    if (day - account.registered_on).days < 120 and account.registered_on > FIRST_DAY:
        logit -= 1.2
    return round(1 / (1 + math.exp(-logit)), 4)


def _live(deal: Deal, staff: Staff, random: Random) -> None:
    fate = _fate(deal, random)
    stalled = random.random() < STALLED
    depth = len(STAGES) if fate == "won" and not stalled else _depth(random)
    closing = _closing_day(deal, fate, depth, random)
    history = History(deal, staff, random, None if stalled else closing, depth)
    history.tell(signs=fate == "won")
    if stalled or history.closed_on > LAST_DAY:
        return
    deal.outcome, deal.closed_on = fate, history.closed_on
    if fate == "won":
        ratio = min(1.34, max(0.67, random.gauss(0.99, 0.10)))
        deal.signed_amount = history.rounded(float(history.amount) * ratio)
    deal.reason = _reason(fate, deal.competitor, random)


def _fate(deal: Deal, random: Random) -> str:
    if random.random() < deal.probability:
        return "won"
    return "disqualified" if random.random() < 0.15 else "lost"


def _depth(random: Random) -> int:
    """How many stages a deal that is not won has seen at its end."""
    return random.choices((1, 2, 3, 4, 5), (42, 26, 15, 10, 7))[0]


def _closing_day(deal: Deal, fate: str, depth: int, random: Random) -> date:
    """When the deal ends if nothing delays it; wins are pulled into the end of their quarter."""
    if fate == "won":
        days = max(9, round(random.lognormvariate(math.log(55), 0.55)))
    else:
        days = max(depth + 2, round(random.lognormvariate(math.log(6 + 11 * depth), 0.6)))
    closing = deal.opened_on + timedelta(days)
    if fate != "won":
        return working_day(closing)
    month = month_of_quarter(closing)
    if month < 3 and random.random() < (0.25, 0.22)[month - 1]:
        return working_day(quarter_end(closing) - timedelta(random.randrange(21)))
    before = quarter_end(closing - timedelta(92))
    if month == 1 and random.random() < 0.3 and (before - deal.opened_on).days > 15:
        return working_day(before - timedelta(random.randrange(10)))
    return working_day(closing)


def _reason(fate: str, competitor: str, random: Random) -> str:
    reasons: Sequence[str] = {
        "won": WON_REASONS,
        "lost": LOST_REASONS if competitor else LOST_REASONS[3:],
        "disqualified": DISQUALIFIED_REASONS,
    }[fate]
    return random.choice(reasons)
