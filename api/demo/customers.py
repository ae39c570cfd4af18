"""The sixty customers: twenty key accounts, who manages them, when they were neglected, why they are key."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from api.demo.contacts import DEPARTURES
from api.demo.days import FIRST_DAY, LAST_DAY, working_day
from api.demo.model import Account, Assignment
from api.demo.names import COUNTRIES, CUSTOMERS, FORMER_KEY, PARENTS, STORY_ACCOUNT, WHOLESALER
from api.demo.people import REPLACEMENTS, Staff
from api.demo.tables import Tables

NEVER = LAST_DAY + timedelta(365)
QUIET = {
    "Quellmann Fördertechnik": (date(2024, 5, 6), date(2024, 10, 14)),
    "昱衡精密机床有限公司": (date(2024, 9, 20), date(2025, 2, 10)),
    "粤朔家电装备有限公司": (date(2025, 4, 1), date(2025, 8, 20)),
    "Penhallow Aerosystems": (date(2025, 10, 6), date(2026, 3, 16)),
    "津沐汽车零部件有限公司": (date(2025, 12, 1), date(2026, 5, 6)),
    "Brackwell Turbines": (date(2026, 4, 20), NEVER),
    "沈岳起重机械有限公司": (date(2026, 5, 25), NEVER),
}
"""Key accounts that cooled: from when, and until when somebody came to the rescue."""

OVERDUE_REVIEW = ("佛峤陶瓷机械有限公司", "Rothenau Druckmaschinen", "甬拓注塑机械有限公司")
PROMOTED = ("深屹机器人有限公司", "苏彦包装自动化有限公司", "Fjellstrand Marine")
DEMOTED = ("Rothenau Druckmaschinen",)
TYPES = ("ordinary", "partner", "strategic")
HANDOVERS = (
    ("珠屿医疗器械有限公司", date(2024, 6, 3), "balance of load within the team"),
    ("京垣轨道装备有限公司", date(2025, 3, 3), "the customer asked for an engineer as its manager"),
    ("Cascadia Chipworks", date(2025, 9, 1), "promotion of the former manager to larger accounts"),
    ("杭砚纺织机械有限公司", date(2025, 7, 1), "balance of load within the team"),
)
FIRST_CUSTOMERS = {FORMER_KEY, *QUIET, *DEPARTURES, *PARENTS.values(), *(name for name, _, _ in HANDOVERS)}
"""Customers from the first day on, as their stories begin early."""
CITIES = {
    "china-east": "上海 苏州 宁波 杭州 无锡 合肥",
    "china-south": "深圳 广州 东莞 珠海 佛山 厦门",
    "china-north": "北京 天津 沈阳 济南 大连 太原",
    "dach": "Ulm Kassel Graz Bern Augsburg",
    "nordics": "Bergen Umeå Turku Aarhus",
    "us-east": "Albany Durham Toledo Roanoke",
    "us-west": "Boise Fresno Tacoma Tucson",
}
JUSTIFICATIONS = {
    "ordinary": "Steady volume over three product lines, and a purchasing team that plans with us a year ahead.",
    "partner": "Joint development of the next drive generation; share of wallet above 40 % and growing.",
    "strategic": "Sets the standard in its industry; two of our product lines were built on its requirements.",
}
IMPROVEMENTS = (
    "answer technical questions within one working day",
    "bring an application engineer to every second visit",
    "name an executive sponsor who visits twice a year",
    "share the delivery forecast every month",
    "one price list for all of the customer's plants",
)


def make_customers(staff: Staff, random: Random) -> list[Account]:
    """The sixty customers with their managers; the story's account has no people yet."""
    accounts = [
        _customer(number, territory, line, random)
        for number, (territory, line) in enumerate(
            ((territory, line) for territory, lines in CUSTOMERS.items() for line in lines), start=1
        )
    ]
    by_name = {account.name: account for account in accounts}
    for child, parent in PARENTS.items():
        by_name[child].parent = by_name[parent].external_id
    for territory in CUSTOMERS:
        _assign(staff, [account for account in accounts if account.territory == territory], random)
    for name, day, reason in HANDOVERS:
        _hand_over(staff, by_name[name], day, reason)
    return accounts


def _customer(number: int, territory: str, line: str, random: Random) -> Account:
    name, industry, currency, key_type = line.split("|")
    region = territory if territory in COUNTRIES else "china"
    is_new = name in PARENTS or (random.random() < 0.3 and name not in FIRST_CUSTOMERS)
    registered = working_day(FIRST_DAY + timedelta(random.randrange(60, 600 if not key_type else 200) if is_new else 0))
    size = random.lognormvariate(0, 0.5)
    account = Account(
        external_id=f"A-{number:02}",
        name=name,
        kind="wholesaler" if name == WHOLESALER else "distributor" if industry == "distribution" else "end_customer",
        industry=industry,
        territory=territory,
        country=COUNTRIES[region],
        currency=currency,
        key_type=key_type,
        registered_on=registered,
        weight=size * (3.4 if key_type else 1.0),
        base_warmth=random.uniform(0.62, 0.9) if key_type else random.uniform(0.3, 0.6),
        told=name == STORY_ACCOUNT,
    )
    account.quiet = _quiet(account, random)
    return account


def _quiet(account: Account, random: Random) -> list[tuple[date, date]]:
    if account.name in QUIET:
        return [QUIET[account.name]]
    if account.key_type or random.random() < 0.6:
        return []
    first = account.registered_on + timedelta(random.randrange(150, 700))
    return [(first, first + timedelta(random.randrange(150, 400)))]


def _assign(staff: Staff, accounts: list[Account], random: Random) -> None:
    starters = [person for person in staff.team(accounts[0].territory) if person.joined_on == FIRST_DAY]
    random.shuffle(starters)
    for turn, account in enumerate(sorted(accounts, key=lambda each: -each.weight)):
        manager = starters[turn % len(starters)]
        account.managers = [Assignment(account.registered_on, manager, "first manager")]
        if manager.name in REPLACEMENTS:
            _succeed(staff, account, REPLACEMENTS[manager.name])


def _succeed(staff: Staff, account: Account, leaving: tuple[str, date, date]) -> None:
    successor, _, left_on = leaving
    effective = working_day(left_on - timedelta(10))
    if account.registered_on >= effective:
        account.managers = [Assignment(account.registered_on, staff.named(successor), "first manager")]
    else:
        account.managers.append(Assignment(effective, staff.named(successor), "the former manager leaves the company"))


def _hand_over(staff: Staff, account: Account, day: date, reason: str) -> None:
    current = account.manager_on(day)
    others = [person for person in staff.team(account.territory) if person is not current and person.left_on is None]
    successor = next(person for person in others if person.joined_on <= day)
    earlier = [assignment for assignment in account.managers if assignment.effective_on < day]
    account.managers = [*earlier, Assignment(day, successor, reason)]


def describe_customers(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write the accounts, their managers and, the story's aside, their key status."""
    for account in accounts:
        _describe(tables, account, random)
        first, *later = account.managers
        tables.add("managers", account.external_id, first.manager.external_id, first.effective_on, first.reason)
        for assignment in later:
            tables.fact(
                "account", account.external_id, "hand_over", assignment.effective_on,
                to=assignment.manager.external_id, effective_on=assignment.effective_on, reason=assignment.reason,
                briefing=[{"point": point, "done": done} for point, done in BRIEFING],
            )  # fmt: skip
        if not account.told:
            for values in _key_status(account, random):
                tables.add("key_status", account.external_id, *values)


def _describe(tables: Tables, account: Account, random: Random) -> None:
    city = random.choice(CITIES[account.territory].split())
    code = {"CN": "91", "DE": "DE", "SE": "SE", "US": "US"}[account.country]
    headcount = round(random.lognormvariate(6.3, 0.8)) * (3 if account.key_type else 1)
    tables.add(
        "accounts",
        account.name,
        account.external_id,
        f"{code}{random.randrange(10**8, 10**9)}",
        f"{city}, {random.randrange(1, 300)}",
        account.kind,
        account.industry,
        account.territory,
        account.country,
        account.currency,
        account.parent,
        headcount,
        headcount * random.randrange(60, 240) * 1000,
        f"https://{account.external_id.lower()}.example",
        "key" if account.key_type else "volume" if account.weight > 1 else "small",
        account.registered_on,
    )


BRIEFING = (
    ("contracts and open offers", True),
    ("who decides, and where they stand", True),
    ("what was promised on both sides", True),
    ("introduction to the approver", False),
)
"""What the former manager explains, and whether that was done by the day."""

KeyRow = tuple[str, date, str, str, str, str, date | None, str]


def _key_status(account: Account, random: Random) -> Iterator[KeyRow]:
    override = "granted before a selection model was in force"
    granted = working_day(account.registered_on + timedelta(random.randrange(15, 90)))
    if account.name == FORMER_KEY:
        yield "granted", granted, "ordinary", JUSTIFICATIONS["ordinary"], "", "", date(2025, 3, 3), override
        yield "withdrawn", date(2025, 3, 3), "", "Nobody could say why this customer was key.", "", "", None, ""
    if not account.key_type:
        return
    final = TYPES.index(account.key_type)
    first = TYPES[final - (account.name in PROMOTED) + (account.name in DEMOTED)]
    reviews = [granted, *_review_days(account, granted, random)]
    due = [day + timedelta(365) for day in reviews]
    yield "granted", granted, first, JUSTIFICATIONS[first], "", "", due[0], override
    for (_, day), review_due in zip(pairwise(reviews), due[1:], strict=True):
        decision = "keep"
        if day == reviews[1]:
            decision = "promote" if account.name in PROMOTED else "demote" if account.name in DEMOTED else "keep"
        kind = account.key_type
        yield "reviewed", day, kind, JUSTIFICATIONS[kind], decision, random.choice(IMPROVEMENTS), review_due, ""


def _review_days(account: Account, granted: date, random: Random) -> list[date]:
    days = [working_day(granted + timedelta(round(365.25 * year) - random.randrange(20))) for year in (1, 2)]
    if account.name in OVERDUE_REVIEW:
        days = days[:1]
    return [day for day in days if day <= LAST_DAY]
