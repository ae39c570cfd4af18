"""The visit plans that managers hand in before a month begins: one comes late, one never."""

from collections import defaultdict
from datetime import date, timedelta
from random import Random

from api.demo.days import LAST_DAY, last_working_day, working_day
from api.demo.people import Staff
from api.demo.tables import Tables
from api.demo.visits import Visit

MONTHS = tuple(date(2026, month, 1) for month in (5, 6, 7, 8, 9, 10, 11))
LATE, NEVER = "顾晓棠", "唐嘉树"
"""Who handed in the plan of October 2026 late, and who did not at all."""
OCTOBER = date(2026, 10, 1)


def describe_monthly_plans(tables: Tables, visits: list[Visit], staff: Staff, random: Random) -> None:
    """Write a plan per manager and month, with the visits that were planned by then, else those planned later."""
    sellers = {person.external_id for person in staff.sellers()}
    names = {LATE: staff.named(LATE).external_id, NEVER: staff.named(NEVER).external_id}
    for month in MONTHS:
        planned: dict[str, list[Visit]] = defaultdict(list)
        for visit in visits:
            if visit.planned_on and visit.start.date().replace(day=1) == month:
                for member in visit.our_people:
                    if member in sellers:
                        planned[member].append(visit)
        for member, theirs in sorted(planned.items()):
            on = last_working_day(month - timedelta(random.randrange(1, 5)))
            if month == OCTOBER and member == names[NEVER]:
                continue
            if month == OCTOBER and member == names[LATE]:
                on = working_day(month + timedelta(12))
            _hand_in(tables, member, month, min(on, LAST_DAY), theirs, random)


def _hand_in(tables: Tables, member: str, month: date, on: date, visits: list[Visit], random: Random) -> None:
    known = [visit for visit in visits if visit.planned_on and visit.planned_on <= on]
    lines = [{"account": visit.account.external_id, "visit": visit.external_id,
              "chance": f"{random.uniform(0.4, 0.9):.1f}"} for visit in known or visits]  # fmt: skip
    tables.fact("member", member, "visit_plans.submit", on, month=f"{month:%Y-%m}", visits=lines,
                chance=f"{random.uniform(0.5, 0.9):.1f}")  # fmt: skip
