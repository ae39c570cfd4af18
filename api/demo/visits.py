"""Visits to customers: planned, kept, called off or made on the way; rarer where the relationship cools."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from api.demo.days import LAST_DAY, last_working_day, working_day
from api.demo.model import Account, Contact, Deal, Person
from api.demo.names import ZONES
from api.demo.people import Staff
from api.demo.tables import Cell, Tables

CADENCE = {"strategic": 8, "partner": 11, "ordinary": 15, "": 33}
"""Days between visits by key status."""
LATE = 0.04
"""Share of visits that somebody entered weeks after they took place."""

KINDS = ("sales_call", "technical_seminar", "exchange", "demo", "site_visit", "terms_negotiation", "training")
KIND_WEIGHTS = (9, 2, 4, 2, 4, 2, 1)
PURPOSES = {
    "rapport": (
        ("Get to know the new shift leader", "Introduces us to the people on the line", "Invite to the test field"),
        ("例行拜访，维护关系", "客户介绍部门新同事", "send the photographs"),
    ),
    "information": (
        ("Understand the plan for next year", "Names volumes and dates for next year", "Draw up the quantity table"),
        ("Learn how the decision is made", "Draws the steps and names who decides", "Confirm the steps in writing"),
        ("了解项目预算进展", "客户说明预算审批时间", "跟进审批结果"),
    ),
    "advantage": (
        ("Show the endurance results", "Agrees to test against the present supplier", "Deliver two samples"),
        ("Compare total cost with the tender", "Gives us the cost sheet of the old line", "Return the calculation"),
        ("展示降噪方案", "客户同意安排样机测试", "准备样机"),
    ),
    "moving_forward": (
        ("Agree on the terms", "Names the last open points and a date for signing", "Send the revised offer"),
        ("Fix the acceptance test", "Books the test bench for us", "Write the test plan"),
        ("推进合同评审", "客户启动内部合同评审", "提交合同文本"),
    ),
}
"""By purpose: why we go, what the customer will do, our next step."""
OUTCOMES = {
    "yes": ("As hoped for; the atmosphere was open.", "达成拜访目标，客户态度积极。", "Agreed on the spot."),
    "partly": (
        "Friendly, but without a date.",
        "部分达成，需要再次沟通。",
        "The technique is clear, the price is not.",
    ),
    "no": ("The person who decides was called away.", "未达成，客户临时有会。", "They want to wait for another offer."),
}


@dataclass
class Visit:
    """One visit; a plan where it has a day of planning, kept where its status is logged."""

    account: Account
    start: datetime
    status: str
    minutes: int
    what: str
    why: str
    purpose: str
    expected_action: str
    where: str
    planned_on: date | None
    our_people: list[str]
    stakeholders: list[str]
    opportunities: list[str]
    objective_met: str = ""
    action_agreed: str = ""
    outcome: str = ""
    next_step: str = ""
    next_step_on: date | None = None
    entered_on: date = field(default=LAST_DAY)
    """When somebody wrote it down; decides its place in the file, nothing else."""
    external_id: str = ""

    def cells(self) -> list[Cell]:
        """The visit as a row of visits.csv."""
        return [
            self.external_id,
            self.account.external_id,
            self.start,
            self.status,
            self.minutes,
            self.what,
            self.why,
            self.purpose,
            self.expected_action,
            self.where,
            self.planned_on,
            self.our_people,
            self.stakeholders,
            self.opportunities,
            self.objective_met,
            self.action_agreed,
            self.outcome,
            self.next_step,
            self.next_step_on,
        ]


def describe_visits(tables: Tables, visits: list[Visit]) -> None:
    """Write the visits in the order in which they were entered: a late one stands among later ones."""
    visits.sort(key=lambda visit: (visit.entered_on, visit.start.isoformat(), visit.account.external_id))
    for number, visit in enumerate(visits, start=1):
        visit.external_id = f"V-{number:04}"
        tables.add("visits", *visit.cells())


def moment(account: Account, day: date, hour: int, minute: int) -> datetime:
    """A time of day where the account is, with its offset."""
    zone = ZONES.get(account.territory, ZONES["china"])
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone))


def make_visits(account: Account, deals: list[Deal], staff: Staff, random: Random) -> list[Visit]:
    """All visits to one account, those planned for the weeks after the last day too."""
    visits: list[Visit] = []
    day = working_day(account.registered_on + timedelta(random.randrange(4, 25)))
    while day <= LAST_DAY + timedelta(28):
        if not account.is_quiet(day):
            visit = _visit(account, day, deals, staff, random)
            if visit is not None:
                visits.append(visit)
        step = CADENCE[account.key_type] * random.lognormvariate(0, 0.35)
        day = working_day(day + timedelta(max(2, round(step))))
    return visits


def _visit(account: Account, day: date, deals: list[Deal], staff: Staff, random: Random) -> Visit | None:
    planned_on = last_working_day(day - timedelta(random.randrange(3, 24)))
    is_planned = day > LAST_DAY or random.random() < 0.85
    first = planned_on if is_planned else day
    if first <= account.registered_on or planned_on > LAST_DAY:
        return None
    contacts = [contact for contact in account.contacts if contact.is_here(first, day)]
    people = _our_people(account, first, day, staff, random)
    if not contacts or not people:
        return None
    met = random.sample(contacts, min(len(contacts), random.choices((1, 2, 3), (5, 4, 1))[0]))
    served = [deal.external_id for deal in deals if deal.is_open(first, day)]
    served = sorted(random.sample(served, min(len(served), random.randrange(0, 3))))
    visit = _plan(account, day, people, met, served, random)
    visit.planned_on = planned_on if is_planned else None
    visit.status = _status(day, is_planned, random)
    if visit.status == "logged":
        _log(visit, day, random)
    return visit


def _our_people(account: Account, first: date, day: date, staff: Staff, random: Random) -> list[Person]:
    manager = account.manager_on(day)
    people = [manager] if manager.is_here(first, day) else []
    if random.random() < (0.2 if account.key_type else 0.05):
        people.append(staff.leader_of(manager))
    if account.key_type == "strategic" and random.random() < 0.06:
        people.append(staff.leader_of(staff.leader_of(manager)))
    return people


def _plan(
    account: Account, day: date, people: list[Person], met: list[Contact], served: list[str], random: Random
) -> Visit:
    purpose = random.choices(tuple(PURPOSES), (2, 4, 4, 4 if served else 1))[0]
    why, expected, next_step = random.choice([texts for texts in PURPOSES[purpose] if account.understands(texts[0])])
    is_executive = len(people) > 1 and "manager" not in people[-1].roles
    return Visit(
        account=account,
        start=moment(account, day, random.choice((9, 10, 10, 13, 14, 15)), random.choice((0, 0, 30))),
        status="planned",
        minutes=random.choice((45, 60, 60, 90, 120)),
        what="executive_visit" if is_executive else random.choices(KINDS, KIND_WEIGHTS)[0],
        why=why,
        purpose=purpose,
        expected_action=expected,
        where=random.choice(("customer's office", "customer's plant", "customer's plant", "our test field")),
        planned_on=None,
        our_people=[person.external_id for person in people],
        stakeholders=[contact.external_id for contact in met],
        opportunities=served,
        next_step=next_step,
        entered_on=min(LAST_DAY, day),
    )


def _status(day: date, is_planned: bool, random: Random) -> str:
    if day > LAST_DAY:
        return "planned"
    if not is_planned:
        return "logged"
    return random.choices(("logged", "cancelled", "planned"), (925, 60, 15))[0]


def _log(visit: Visit, day: date, random: Random) -> None:
    warmth = visit.account.warmth(day)
    visit.objective_met = random.choices(("yes", "partly", "no"), (0.2 + warmth, 0.45, 0.75 - 0.6 * warmth))[0]
    visit.outcome = random.choice([text for text in OUTCOMES[visit.objective_met] if visit.account.understands(text)])
    visit.action_agreed = visit.expected_action if visit.objective_met == "yes" else ""
    visit.next_step_on = working_day(day + timedelta(random.randrange(5, 25)))
    delay = random.randrange(12, 60) if random.random() < LATE else random.randrange(0, 3)
    visit.entered_on = min(LAST_DAY, day + timedelta(delay))
