"""Where the sample company wants to go: its key account strategy, and the plans of its key accounts below that."""

from datetime import date, timedelta
from random import Random

from api.demo.days import LAST_DAY, quarter, quarter_end, working_day
from api.demo.model import Account, Contact
from api.demo.people import Staff
from api.demo.tables import Tables

STRATEGY = "STRAT-1"
GOALS = ("GOAL-1", "GOAL-2", "GOAL-3")
ADOPTED = date(2024, 1, 15)
TOP = "M-01"
QUESTIONS = {
    "who": "Few: who buys for more than a million a year, or sets the standard that others follow.",
    "wants": "A winter without failures, and one person who answers.",
    "managed": "One manager, one plan a year, one visit every three weeks, reviewed every autumn.",
    "kept": "By what is kept: promises, delivery days, and a next generation that is built together.",
}
PROCESSES = {
    "strategy": ("yearly review with all directors", ("look back", "look around", "decide"), "year"),
    "sales": ("four-funnel process, gates as defined", ("qualify", "propose", "negotiate", "win"), "quarter"),
    "marketing": ("small tests before large campaigns", ("guess", "test", "decide"), "year"),
    "customer": ("account plans agreed with the customer", ("listen", "plan", "agree", "review"), "year"),
    "team": ("skills assessed every half-year", ("assess", "train", "assess again"), "year"),
    "goals": ("cascade: company, territory, account", ("set", "cascade", "measure"), "quarter"),
}
REACHED = (("68", "7.3", "43"), ("77", "7.4", "50"), ("86", "8.0", "56"))
"""By year: revenue in millions, satisfaction, revenue in China."""
MISSED = {("sales", "2025-Q3"): "Three of twenty gates were passed by override.", ("team", "2024"): "Nobody assessed."}
SITUATIONS = (
    (
        "They plan with us a year ahead.",
        "One contact decides alone.",
        "A second line is planned.",
        "A rival is in.",
    ),
    ("Our drives set their standard.", "Spare parts take too long.", "Service contracts.", "A tender next year."),
    ("Three of our lines run there.", "Purchasing changes often.", "Their plant abroad.", "Pressure on prices."),
)
MILESTONES = (
    ("Executive visit held", 3, 31),
    ("Trial of the next generation agreed", 6, 30),
    ("Delivery forecast shared monthly", 9, 30),
)


def describe_direction(tables: Tables, accounts: list[Account], staff: Staff, random: Random) -> None:
    """Write the strategy, then a plan for each key account and year."""
    _describe_strategy(tables)
    for account in accounts:
        if account.key_type:
            for year in (2025, 2026):
                _describe_plan(tables, account, staff, year, random)


def _describe_strategy(tables: Tables) -> None:
    def fact(command: str, on: date, **values: object) -> None:
        tables.fact("strategy", STRATEGY, command, on, **values)

    drafted = date(2023, 12, 4)
    fact("draft", drafted, title="Few customers, for long 少而久", position="The supplier that is called first",
         mission="Indispensable where a standstill costs most",
         outside_analysis="Rivals sell cheaper drives, nobody sells winters",
         inside_analysis="Strong in development, slow with spare parts")  # fmt: skip
    days = {"start": date(2024, 1, 1), "due": date(2026, 12, 31)}
    fact("goals.set", drafted, goal_id=GOALS[0], title="Revenue with key accounts", metric="revenue",
         baseline="60000000", target="95000000", currency="CNY", **days)  # fmt: skip
    fact("goals.set", drafted, goal_id=GOALS[1], title="Satisfaction of key accounts", metric="satisfaction",
         baseline="7.0", target="8.5", **days)  # fmt: skip
    fact("goals.set", drafted, goal_id=GOALS[2], title="Revenue with key accounts in China", metric="revenue",
         baseline="38000000", target="62000000", currency="CNY", parent=GOALS[0], territory="china",
         **days)  # fmt: skip
    for question, answer in QUESTIONS.items():
        fact("questions.answer", drafted, question=question, answer=answer)
    for process, (method, steps, every) in PROCESSES.items():
        point = {"key": f"{process}-point", "text": f"Done: {steps[-1]}", "every": every}
        fact("processes.define", drafted, process=process, steps=list(steps), method=method, owner=TOP,
             control_points=[point])  # fmt: skip
    fact("adopt", ADOPTED, by=TOP, in_force_from=ADOPTED.isoformat())
    _describe_control_points(tables)
    for year, (revenue, score, china) in enumerate(
        (("68", "7.3", "43"), ("77", "7.4", "50"), ("86", "8.0", "56")), 2024
    ):
        on = min(working_day(date(year + 1, 1, 12)), LAST_DAY)
        for goal, value in zip(GOALS, (revenue + "000000", score, china + "000000"), strict=True):
            fact("goals.progress_to", on, goal_id=goal, value=value, evidence="Controlling")
        if on < LAST_DAY:
            fact("review", on, findings="On course in China, late in satisfaction.", decision="keep",
                 next_review_due=date(year + 2, 1, 31).isoformat())  # fmt: skip


def _describe_control_points(tables: Tables) -> None:
    """Each period is reached or missed soon after its end; those of the running periods stand open."""
    for process, (_, steps, every) in PROCESSES.items():
        for last in (date(year, month, 28) for year in (2024, 2025, 2026) for month in (3, 6, 9, 12)):
            if every == "year" and last.month != 12:
                continue
            period = str(last.year) if every == "year" else quarter(last)
            missed = MISSED.get((process, period))
            on = working_day(quarter_end(last) + timedelta(2 if missed else -5))
            if on <= LAST_DAY:
                tables.fact("strategy", STRATEGY, "processes.miss" if missed else "processes.reach", on,
                            process=process, control_point=f"{process}-point", period=period,
                            evidence=missed or f"Done: {steps[-1]}")  # fmt: skip


def _describe_plan(tables: Tables, account: Account, staff: Staff, year: int, random: Random) -> None:
    plan, drafted = f"AP-{account.external_id}-{year}", working_day(date(year - 1, 12, 2))
    if account.registered_on >= drafted:
        return

    def fact(command: str, on: date, **values: object) -> None:
        tables.fact("plan", plan, command, on, **values)

    def key(name: str) -> str:
        return f"{plan}-{name}"

    manager = account.manager_on(drafted)
    strengths, weaknesses, chances, threats = random.choice(SITUATIONS)
    size = round(900_000 * account.weight / 10_000) * 10_000
    fact("draft", drafted, account=account.external_id, fiscal_year=year)
    fact(
        "situation.analyse", drafted, strengths=strengths, weaknesses=weaknesses, opportunities=chances, threats=threats
    )
    fact("objectives.set", drafted, objective_id=key("revenue"), title=f"Revenue {year}", metric="revenue",
         baseline="0", target=str(size), currency="CNY", goal=GOALS[0])  # fmt: skip
    fact("objectives.set", drafted, objective_id=key("satisfaction"), title="They recommend us", metric="satisfaction",
         baseline="6", target="8.5", goal=GOALS[1])  # fmt: skip
    for number, (title, month, day) in enumerate(MILESTONES):
        fact("milestones.set", drafted, milestone_id=key(f"m{number}"), title=title,
             due=date(year, month, day).isoformat(), owner=manager.external_id, objective=key("revenue"))  # fmt: skip
    approved = working_day(drafted + timedelta(9))
    fact("approve", approved, by=_approver(staff, account))
    if agreed := _present(account, approved + timedelta(12)):
        fact("agree", working_day(approved + timedelta(12)), stakeholder=agreed.external_id)
    _follow_up(tables, account, plan, year, size, random)


def _approver(staff: Staff, account: Account) -> str:
    leader = next(each for each in staff.people if each.territory == account.territory and "director" in each.roles)
    return staff.leader_of(leader).external_id


def _present(account: Account, day: date) -> Contact | None:
    return next((each for each in account.contacts if each.is_here(day - timedelta(2), day + timedelta(9))), None)


def _follow_up(tables: Tables, account: Account, plan: str, year: int, size: int, random: Random) -> None:
    """Milestones reached or missed, what objectives stand at by quarter, and how the plan ended."""
    for number, (_, month, last) in enumerate(MILESTONES):
        due = date(year, month, last)
        if due >= LAST_DAY:
            continue
        if random.random() < account.warmth(due):
            on = working_day(due - timedelta(random.randrange(4, 40)))
            tables.fact("plan", plan, "milestones.reach", on, milestone_id=f"{plan}-m{number}", evidence="As agreed")
        else:
            tables.fact("plan", plan, "milestones.miss", due + timedelta(1), milestone_id=f"{plan}-m{number}")
    reached, score = 0.0, 6.0
    for month in (3, 6, 9, 12):
        day = min(working_day(date(year + month // 12, month % 12 + 1, 8)), LAST_DAY)
        if day >= LAST_DAY:
            break
        warmth = account.warmth(day)
        reached, score = reached + size / 4 * random.uniform(0.35, 0.75 + warmth / 2), 4.5 + 4.5 * warmth
        for name, value in (("revenue", f"{reached:.0f}"), ("satisfaction", f"{score:.1f}")):
            tables.fact("plan", plan, "objectives.progress", day, objective_id=f"{plan}-{name}", value=value)
    if year < LAST_DAY.year:
        ends = (("revenue", f"{reached:.0f}", reached >= size), ("satisfaction", f"{score:.1f}", score >= 8.5))
        results = [
            {"objective_id": f"{plan}-{name}", "reached": value, "met": "yes" if met else "partly"}
            for name, value, met in ends
        ]
        tables.fact("plan", plan, "close", working_day(date(year + 1, 1, 20)), results=results,
                    lessons="Begin the second half-year's visits in spring.")  # fmt: skip
