"""What the sample company tries and teaches: golden-key partners scored per quarter, experiments, assessed skills."""

from datetime import date, timedelta
from random import Random

from api.demo.days import LAST_DAY, working_day
from api.demo.model import Account
from api.demo.people import Staff
from api.demo.tables import Tables, money

PROGRAMME = "GOLDEN-KEY"
OPENED = date(2024, 6, 3)
OBLIGATIONS = (
    ("delivery", "Deliver in time and complete 及时足量交货", "us", "delivery"),
    ("information", "Tell of allocation and new products first", "us", "information"),
    ("reports", "Report sales and stock every month 信息共享", "partner", "information"),
    ("stock", "Keep thirty days in stock 最低库存", "partner", "stock"),
    ("no-poaching", "Leave small customers of others alone 不抢小客户", "partner", "no_poaching"),
)
CHAIN = ("distributor", "wholesaler", "dealer")
QUARTERS = tuple(f"{year}-Q{number}" for year in (2024, 2025, 2026) for number in (1, 2, 3, 4))[2:11]
SATISFIED = (date(2025, 3, 3), date(2025, 8, 29))
BUYING = (date(2026, 8, 3), date(2026, 12, 31))
DIMENSIONS = ("acceptance", "service", "relations", "resources", "results")


def describe_programme(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write the programme and its partners; the last one leaves after a year and a half."""

    def fact(command: str, on: date, **values: object) -> None:
        tables.fact("programme", PROGRAMME, command, on, **values)

    terms = [{"key": key, "text": text, "owed_by": side, "kind": kind} for key, text, side, kind in OBLIGATIONS]
    reward = {"key": "sign", "text": "The golden sign 金钥匙牌匾", "from_score": "80"}
    fact("open", OPENED, title="Golden key 金钥匙", obligations=terms, rewards=[reward], threshold="65")
    partners = [each for each in accounts if each.kind in CHAIN and each.registered_on < OPENED - timedelta(9)]
    partners += [each for each in accounts if not each.key_type and each.registered_on < OPENED - timedelta(9)][:6]
    for number, account in enumerate(dict.fromkeys(each.external_id for each in partners)):
        partner = next(each for each in accounts if each.external_id == account)
        _describe_partner(tables, partner, leaves=number == 4, level=random.uniform(58, 90), random=random)


def _describe_partner(tables: Tables, account: Account, *, leaves: bool, level: float, random: Random) -> None:
    enrolled, left = working_day(OPENED + timedelta(9)), working_day(date(2025, 12, 8))
    about = {"account": account.external_id}
    tables.fact(
        "programme", PROGRAMME, "partners.enrol", enrolled, **about, member=account.manager_on(enrolled).external_id,
        agreement="Agreed at the partners' day", reason="serves the small customers of its region",
    )  # fmt: skip
    for period in QUARTERS:
        year, number = int(period[:4]), int(period[-1])
        on = working_day(date(year + number // 4, number * 3 % 12 + 1, 10))
        if on > LAST_DAY or (leaves and on > left):
            continue
        level += random.gauss(0.6, 4)
        scores = {key: f"{max(20, min(100, random.gauss(level, 6))):.0f}" for key, *_ in OBLIGATIONS}
        tables.fact("programme", PROGRAMME, "compliance.score", on, **about, period=period, scores=scores,
                    evidence="Monthly reports and delivery notes")  # fmt: skip
        if min(int(scores[key]) for key in ("reports", "stock", "no-poaching")) >= 80:
            tables.fact("programme", PROGRAMME, "rewards.grant", on + timedelta(1), **about, reward="sign",
                        period=period, value=money("1200.00"))  # fmt: skip
    if leaves:
        tables.fact("programme", PROGRAMME, "partners.leave", left, **about, reason="sells a rival's drives now")


def describe_experiments(tables: Tables, accounts: list[Account], random: Random) -> None:
    """Write two tests: one that is concluded with an effect, one that runs."""
    small = [each for each in accounts if not each.key_type and not each.told and each.registered_on < SATISFIED[0]]
    random.shuffle(small)
    group, control = _ids(small[:9]), _ids(small[9:18])

    def fact(name: str, command: str, on: date, **values: object) -> None:
        tables.fact("experiment", name, command, on, **values)

    fact("EXP-1", "start", SATISFIED[0], title="Commissioning by our own engineer 现场调试", segment="small",
         offer="An engineer for two days at the first start", hypothesis="They are more satisfied half a year later",
         measure="satisfaction", until=SATISFIED[1].isoformat(), group=group, control=control)  # fmt: skip
    for account in (*group, *control[1:]):
        on = working_day(SATISFIED[1] - timedelta(random.randrange(2, 20)))
        mean = 7.9 if account in group else 6.4
        value = f"{max(0.0, min(10.0, random.gauss(mean, 0.9))):.1f}"
        fact("EXP-1", "record_result", on, account=account, value=value, evidence="Asked by telephone")
    fact("EXP-1", "leave", working_day(date(2025, 6, 16)), account=control[0], reason="the plant was closed")
    fact("EXP-1", "conclude", working_day(date(2025, 9, 8)), decision="adopt",
         lessons="Two days are enough; the night shift has to be there.")  # fmt: skip
    fact("EXP-2", "start", BUYING[0], title="Consignment stock of spare parts 寄售库存", segment="small",
         offer="Thirty days of spare parts at the customer's, paid when used", hypothesis="They buy more of us",
         measure="purchases", until=BUYING[1].isoformat(), group=control[1:], control=group)  # fmt: skip


def _ids(accounts: list[Account]) -> list[str]:
    return [account.external_id for account in accounts]


def describe_skills(tables: Tables, staff: Staff, random: Random) -> None:
    """Write how leaders assessed their managers in two half-years."""
    for person in staff.sellers():
        if person.roles != ["manager"]:
            continue
        levels = {dimension: random.choice((1, 2, 2, 3)) for dimension in DIMENSIONS}
        for period, on in (("2025-Q4", date(2026, 1, 12)), ("2026-Q2", date(2026, 7, 6))):
            if not person.is_here(on - timedelta(60), on + timedelta(9)):
                continue
            for dimension, level in levels.items():
                levels[dimension] = min(3, level + (random.random() < 0.2))
                tables.fact("member", person.external_id, "skills.assess", working_day(on), dimension=dimension,
                            period=period, level=level, confirmed_by=person.leader,
                            reason="Seen on three visits together")  # fmt: skip
