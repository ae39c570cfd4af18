"""How other opportunities were fought for: whether we take part, rivals and strategies, days spent, samples."""

from datetime import date, timedelta
from random import Random

from api.demo.catalogue import per_unit
from api.demo.days import LAST_DAY, working_day
from api.demo.model import Deal
from api.demo.people import Staff
from api.demo.tables import Tables, money

STRATEGIES = ("frontal", "flanking", "fragment", "defend", "develop")
WON_BY, LOST_BY = (3, 5, 2, 3, 1), (6, 2, 2, 1, 2)
REASONING = {
    "frontal": ("our delivery time against theirs", "价格和交期正面竞争"),
    "flanking": ("from price to total cost", "引导客户关注全生命周期成本"),
    "fragment": ("the sensors first, the drives later", "先做传感部分"),
    "defend": ("hold the line that we deliver already", "守住现有产线"),
    "develop": ("a trial this year for the order of the next", "先试用，争取明年"),
}
STRENGTHS = ("price", "delivered here for years", "a service team nearby", "价格低")
WEAKNESSES = ("long delivery", "no engineer on site", "torque at the limit", "售后慢")
SAMPLE_OF = {"servo-s": "Two servo drives", "servo-m": "A servo drive", "gear-p": "A gear", "sense-v": "Ten sensors"}
KINDS = ("sales", "application", "design", "lab", "executive")


def describe_contests(tables: Tables, deals: list[Deal], staff: Staff, random: Random) -> None:
    """Write rivals for most contested deals, and pursuit and days spent for those of key accounts that went far."""
    for deal in deals:
        if deal.account.told:
            continue
        if deal.competitor and random.random() < (0.85 if deal.account.key_type else 0.4):
            _rival(tables, deal, random)
        entered = deal.entered("confirmed")
        if deal.account.key_type and entered and random.random() < 0.55:
            _pursue(tables, deal, entered, staff, random)


def somewhere(deal: Deal, first: date, span: int, random: Random) -> date | None:
    """A working day on which the deal is open, at most `span` days after the first."""
    room = min(span, (deal.last_open_day - first).days)
    if room < 1:
        return None
    day = working_day(first + timedelta(random.randrange(room)))
    return day if deal.opened_on < day <= deal.last_open_day else None


def _rival(tables: Tables, deal: Deal, random: Random) -> None:
    day = somewhere(deal, deal.opened_on + timedelta(1), 30, random)
    if day is None:
        return
    here = [
        contact.external_id for contact in deal.account.contacts if contact.leaning < 0 and contact.is_here(day, day)
    ]
    strong, weak = (random.choice([text for text in texts if deal.account.understands(text)])
                    for texts in (STRENGTHS, WEAKNESSES))  # fmt: skip
    tables.add("competitors", deal.external_id, day, deal.competitor, strong, weak, here[:1])
    chosen = somewhere(deal, day, 20, random)
    if chosen is None or random.random() < 0.25:
        return
    strategy = random.choices(STRATEGIES, WON_BY if deal.outcome == "won" else LOST_BY)[0]
    reasoning = random.choice([text for text in REASONING[strategy] if deal.account.understands(text)])
    tables.fact("opportunity", deal.external_id, "competition.choose", chosen, strategy=strategy,
                against=deal.competitor, reasoning=reasoning)  # fmt: skip


def _pursue(tables: Tables, deal: Deal, entered: date, staff: Staff, random: Random) -> None:
    leader = staff.leader_of(deal.account.manager_on(entered))
    day = somewhere(deal, entered, 6, random)
    if day is None:
        return
    value = float(deal.changes[0].amount or 0) * float(per_unit(deal.account.currency))
    allowed = max(4, min(60, round(value / 30_000)))
    tables.fact("opportunity", deal.external_id, "pursuit.decide", day, decision="go", by=leader.external_id,
                why="worth the days: need and money are there", days_allowed=str(allowed),
                cost_allowed=money(allowed * 3_300))  # fmt: skip
    spent, limit = 0.0, allowed * random.uniform(0.5, 1.15)
    sheets = [each for each in (somewhere(deal, day, 400, random) for _ in range(random.randrange(2, 5))) if each]
    for number, on in enumerate(sorted(sheets), start=1):
        days = max(0.5, round(limit / len(sheets) * random.uniform(0.6, 1.4) * 2) / 2)
        spent += days
        tables.fact("opportunity", deal.external_id, "resources.spend", on, person_days=str(days),
                    kind=random.choices(KINDS, (4, 5, 3, 2, 1))[0],
                    external_id=f"TS-{deal.external_id}-{number}")  # fmt: skip
    _milestones(tables, deal)
    _sample(tables, deal, random)


def _milestones(tables: Tables, deal: Deal) -> None:
    for stage, milestone, evidence in (
        ("confirmed", "need-confirmed", "specification received"),
        ("winnable", "solution-accepted", "test report signed"),
        ("negotiation", "terms-agreed", "text initialled"),
    ):
        day = deal.entered(stage)
        if day is not None and day <= deal.last_open_day:
            tables.fact(
                "opportunity", deal.external_id, "milestones.reach", day, milestone=milestone, evidence=evidence
            )


def _sample(tables: Tables, deal: Deal, random: Random) -> None:
    day = deal.entered("ours")
    if day is None or deal.product not in SAMPLE_OF or random.random() < 0.4:
        return
    whom = next((each.external_id for each in deal.account.contacts if each.is_here(day, day)), None)
    due = working_day(day + timedelta(random.randrange(30, 75)))
    name = f"S-{deal.external_id}"
    tables.add("samples", deal.external_id, name, day, SAMPLE_OF[deal.product], whom, due, 5_000, "CNY")
    back = working_day(due + timedelta(random.randrange(-20, 25)))
    if day < back <= LAST_DAY and random.random() < 0.85:
        tables.fact("opportunity", deal.external_id, "samples.take_back", back, sample_id=name)
