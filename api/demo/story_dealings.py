"""What both sides did for each other in the written story: needs, value, promises, calls, team, tasks, influence."""

from datetime import date, datetime, timedelta
from typing import Any

from api.demo.model import Account
from api.demo.people import Staff
from api.demo.story_people import FRAMEWORK, GAO, JIA, JIANG, PILOT, RETROFIT, SHEN, VOSS, XU
from api.demo.tables import Tables, money
from api.demo.visits import moment

FIRST, SECOND, LEADER, DIRECTOR, CONTROLLER = "陆佳怡", "何子墨", "罗思远", "魏若兰", "苏婉清"

CREDIT = (
    (date(2024, 5, 10), "B", 1_000_000, date(2025, 5, 9), "annual accounts of 2023, two references"),
    (date(2025, 5, 12), "B", 2_500_000, date(2026, 5, 11), "annual accounts of 2024, the pilot was paid in time"),
    (date(2026, 7, 20), "A", 6_000_000, date(2027, 7, 19), "annual accounts of 2025, guarantee of the parent"),
)

End = tuple[str, date, str] | None

NEEDS: tuple[tuple[str, date, str, str, int, list[str], list[str], End], ...] = (
    ("N-LH-1", date(2024, 3, 12), "problem", "The noise keeps us out of the villages", 5, [XU], [],
     ("meet", date(2024, 11, 19), "three decibels below the limit at all twelve turbines")),
    ("N-LH-2", date(2024, 9, 24), "need", "Change a drive in the hub, without a crane", 4, [JIANG], [],
     ("meet", date(2026, 10, 13), "shown on the first turbine of the contract")),
    ("N-LH-3", date(2025, 3, 11), "goal", "One supplier for all farms until 2028", 5, [SHEN, XU], [FRAMEWORK],
     ("meet", date(2026, 9, 24), "the framework contract is signed")),
    ("N-LH-4", date(2025, 4, 15), "need", "Spare parts within a week", 3, [JIA], [],
     ("meet", date(2025, 12, 17), "a stock of ours stands in the customer's plant")),
    ("N-LH-5", date(2025, 4, 15), "goal", "A second source for the bearings", 2, [GAO], [FRAMEWORK],
     ("drop", date(2026, 1, 13), "the tender for bearings was given up")),
    ("N-LH-6", date(2026, 9, 15), "need", "A report each month that a board can read", 3, [VOSS], [], None),
    ("N-LH-7", date(2026, 10, 15), "problem", "The old farm waits for parts from abroad", 4, [JIANG], [RETROFIT], None),
)  # fmt: skip
"""Identifier, day, kind, words, importance, whose, opportunities, what became of it."""

VALUE = (
    ("W-LH-1", date(2024, 5, 21), "help", "Two days on the customer's test field", "customer", 50_000, None,
     "what the test house asks", FIRST, (JIA,), (date(2024, 5, 22), FIRST, 50_000)),
    ("W-LH-2", date(2024, 9, 24), "training", "Two people of maintenance trained", "us", 36_000, 9_000,
     "three days each, at the price of a course", FIRST, (JIANG,), (date(2024, 11, 19), JIANG, 36_000)),
    ("W-LH-3", date(2025, 11, 25), "technical_support", "The failures of one winter analysed", "us", 120_000, 48_000,
     "fifteen days of an expert", SECOND, (JIANG, JIA), (date(2025, 12, 16), JIA, 110_000)),
    ("W-LH-4", date(2026, 1, 13), "saving", "The total cost of the old drives reckoned", "us", 640_000, 22_000,
     "eleven days of a crane each winter, at 58,000", SECOND, (GAO,), (date(2026, 3, 10), GAO, 580_000)),
    ("W-LH-5", date(2026, 3, 10), "executive_time", "Our director before their committee", "us", 20_000, 12_800,
     "two days of a director", DIRECTOR, (VOSS, GAO), None),
    ("W-LH-6", date(2026, 8, 18), "lead", "A buyer for the drives they take out", "us", 90_000, 3_000,
     "fifteen drives at scrap plus 6,000", SECOND, (GAO,), (date(2026, 9, 15), VOSS, 90_000)),
    ("W-LH-7", date(2026, 10, 13), "lead", "They name the sister farm that needs a retrofit", "customer", 160_000, None,
     "the margin of a retrofit times its chance", SECOND, (JIANG,), (date(2026, 10, 15), SECOND, 160_000)),
)  # fmt: skip
"""Identifier, day, kind, what, by whom, worth, cost, how reckoned, ours, theirs, who acknowledged it and at what."""

COMMITMENTS = (
    ("C-LH-1", date(2024, 6, 18), "customer", "information", "A budget of half a million is named", date(2024, 7, 31),
     FIRST, (SHEN,), ("keep", date(2024, 7, 16), "half a million, this year")),
    ("C-LH-2", date(2024, 8, 28), "us", "supply", "All twelve turbines before the winter", date(2024, 11, 15),
     FIRST, (XU,), ("keep", date(2024, 11, 12), "the last one was handed over")),
    ("C-LH-3", date(2025, 3, 11), "us", "service", "Spare parts for the pilot within a week", date(2025, 8, 31),
     FIRST, (JIANG,), ("break_off", date(2025, 9, 15), "it took five weeks, and nobody of ours knew")),
    ("C-LH-4", date(2025, 5, 13), "us", "information", "The text of the contract", date(2025, 6, 16),
     FIRST, (SHEN,), ("keep", date(2025, 5, 27), "handed over in person")),
    ("C-LH-5", date(2025, 11, 4), "customer", "information", "The failures, in the customer's own data",
     date(2025, 11, 28), SECOND, (VOSS,), ("keep", date(2025, 11, 25), "the failure log")),
    ("C-LH-6", date(2025, 11, 4), "us", "service", "A visit every month until the decision", date(2026, 6, 30),
     SECOND, (VOSS, XU), ("keep", date(2026, 6, 30), "eight visits in eight months")),
    ("C-LH-7", date(2026, 3, 10), "customer", "price", "Offers are compared by total cost", date(2026, 5, 29),
     SECOND, (GAO,), ("keep", date(2026, 6, 9), "he proposed us by total cost")),
    ("C-LH-8", date(2026, 9, 15), "us", "new_product_first", "The prototype of the yaw drive first to Lanhai",
     date(2026, 12, 18), SECOND, (XU,), None),
    ("C-LH-9", date(2026, 9, 15), "us", "information", "The delivery forecast, every month from October",
     date(2026, 10, 23), SECOND, (VOSS,), None),
    ("C-LH-10", date(2026, 9, 24), "customer", "volume", "Forty turbines a year", date(2027, 12, 31), SECOND, (GAO,),
     None),
)  # fmt: skip
"""Identifier, day, by whom, kind, what, due, who sees to it, stakeholders, what became of it."""

GIFTS = (
    ("G-LH-1", date(2026, 2, 10), JIANG, "Tea for the Spring Festival", 280, SECOND, None),
    ("G-LH-2", date(2026, 9, 24), VOSS, "A model of the turbine, for the signing", 1_200, SECOND, DIRECTOR),
)

CALLS = (
    (date(2024, 4, 2), "phone", "in", FIRST, XU, "Which noise counts, and where it is measured"),
    (date(2024, 6, 11), "email", "out", FIRST, SHEN, "Agenda of the visit of our team leader"),
    (date(2024, 8, 13), "phone", "in", FIRST, GAO, "A last word about the price"),
    (date(2024, 10, 22), "wechat", "out", FIRST, JIANG, "Photographs of the sixth turbine"),
    (date(2025, 2, 18), "phone", "in", FIRST, XU, "The framework is in the plan"),
    (date(2025, 4, 29), "email", "out", FIRST, JIA, "The protocol of the seminar"),
    (date(2025, 11, 12), "email", "out", SECOND, VOSS, "What we understood, on one page"),
    (date(2025, 12, 3), "phone", "in", SECOND, JIANG, "Two more failures this week"),
    (date(2026, 1, 27), "wechat", "in", SECOND, JIANG, "The turbines for the trial"),
    (date(2026, 2, 25), "video", "out", SECOND, JIA, "Start of the trial"),
    (date(2026, 3, 18), "phone", "out", SECOND, GAO, "What the comparison has to hold"),
    (date(2026, 4, 21), "email", "in", SECOND, XU, "Her slides for the board"),
    (date(2026, 5, 26), "phone", "out", SECOND, VOSS, "When the committee meets"),
    (date(2026, 6, 16), "phone", "in", SECOND, GAO, "The works council asks for the yaw drives"),
    (date(2026, 7, 28), "email", "out", SECOND, GAO, "The five open points"),
    (date(2026, 9, 3), "phone", "in", SECOND, GAO, "The board has agreed"),
    (date(2026, 10, 21), "email", "out", SECOND, JIANG, "Offer for the retrofit"),
)

TEAM = (
    (date(2024, 11, 25), FIRST, "sales", XU),
    (date(2025, 10, 28), SECOND, "sales", GAO),
    (date(2025, 11, 4), DIRECTOR, "executive_sponsor", VOSS),
    (date(2025, 11, 25), LEADER, "technical", JIANG),
    (date(2026, 1, 13), CONTROLLER, "finance", GAO),
)

ACTION_ITEMS = (
    ("T-LH-1", date(2024, 7, 16), "Put the open points of purchasing in writing", FIRST, "", date(2024, 7, 26), PILOT,
     ("done", date(2024, 7, 24), "")),
    ("T-LH-2", date(2025, 5, 27), "Find out who follows Shen Guoliang", FIRST, "", date(2025, 6, 16), FRAMEWORK,
     ("done", date(2025, 11, 4), "")),
    ("T-LH-3", date(2025, 5, 27), "Invite the board to the test field", FIRST, "", date(2025, 7, 31), FRAMEWORK,
     ("drop", date(2025, 11, 5), "the board that was to be invited is gone")),
    ("T-LH-4", date(2025, 11, 25), "Analyse the failure log", "", "test laboratory", date(2025, 12, 12), FRAMEWORK,
     ("done", date(2025, 12, 11), "")),
    ("T-LH-5", date(2026, 3, 10), "Send the calculation to both", SECOND, "", date(2026, 3, 20), FRAMEWORK,
     ("done", date(2026, 3, 18), "")),
    ("T-LH-6", date(2026, 9, 15), "Send the delivery forecast to Katharina Voss", SECOND, "", date(2026, 10, 19),
     FRAMEWORK, None),
    ("T-LH-7", date(2026, 10, 13), "Stock of drives for the winter", "", "logistics", date(2026, 11, 20), RETROFIT,
     None),
)  # fmt: skip

INFLUENCE = (
    (date(2025, 4, 16), SHEN, GAO, "approves", 3, "formal"),
    (date(2025, 4, 16), XU, SHEN, "advises", 3, "political"),
    (date(2025, 4, 16), JIA, XU, "advises", 2, "formal"),
    (date(2025, 4, 16), GAO, XU, "blocks", 2, "political"),
    (date(2025, 11, 5), VOSS, GAO, "approves", 3, "formal"),
    (date(2025, 12, 17), XU, VOSS, "advises", 1, "political"),
    (date(2026, 3, 11), XU, VOSS, "advises", 3, "political"),
    (date(2026, 3, 11), JIANG, VOSS, "advises", 2, "political"),
)
ENDED_INFLUENCE = (
    (date(2025, 10, 15), XU, SHEN, "advises", "he has left"),
    (date(2025, 10, 15), SHEN, GAO, "approves", "he has left"),
    (date(2026, 6, 10), GAO, XU, "blocks", "the saving is his success, too"),
)


def describe_dealings(tables: Tables, account: Account, staff: Staff) -> None:
    """Write them all."""
    _describe_needs(tables, account.external_id)
    _describe_value(tables, account.external_id, staff)
    _describe_commitments(tables, account.external_id, staff)
    _describe_people(tables, account, staff)
    _describe_tasks(tables, account.external_id, staff)
    _describe_together(tables, account.external_id, staff)


def _describe_needs(tables: Tables, account: str) -> None:
    for name, on, kind, words, importance, whose, deals, end in NEEDS:
        tables.add("needs", account, name, on, kind, words, importance, whose, deals)
        if end:
            what, day, text = end
            key = "how" if what == "meet" else "reason"
            tables.fact("account", account, f"needs.{what}", day, need_id=name, **{key: text})


def _describe_value(tables: Tables, account: str, staff: Staff) -> None:
    for name, on, kind, what, by, worth, cost, reckoned, ours, theirs, end in VALUE:
        people = [staff.named(ours).external_id]
        row = (account, name, on, kind, what, by, worth, cost, "CNY", reckoned, people, list(theirs))
        tables.add("value_given", *row)
        if end:
            day, who, stated = end
            side = {"stakeholder": who} if by == "us" else {"member": staff.named(who).external_id}
            tables.fact("account", account, "value.acknowledge", day, value_id=name, worth=money(stated), **side)
    for name, on, whom, what, worth, giver, approver in GIFTS:
        approved_by = staff.named(approver).external_id if approver else None
        tables.add("gifts", account, name, on, whom, what, worth, "CNY", staff.named(giver).external_id, approved_by)
    for on, rating, limit, until, evidence in CREDIT:
        assessor = staff.named(CONTROLLER).external_id
        tables.add("credit", account, on, rating, limit, "CNY", until, assessor, None, evidence)


def _describe_commitments(tables: Tables, account: str, staff: Staff) -> None:
    for name, on, by, kind, what, due, owner, whom, end in COMMITMENTS:
        ours = staff.named(owner).external_id
        tables.add("commitments", account, name, on, by, kind, what, due, ours, list(whom), None)
        if end:
            verb, day, text = end
            key = "evidence" if verb == "keep" else "reason"
            tables.fact("account", account, f"commitments.{verb}", day, commitment_id=name, **{key: text})


def _describe_people(tables: Tables, account: Account, staff: Staff) -> None:
    for on, member, function, counterpart in TEAM:
        tables.add("team", account.external_id, on, staff.named(member).external_id, function, counterpart)
    left = staff.named(FIRST).external_id
    tables.fact("account", account.external_id, "team.leave", date(2025, 10, 27), member=left, reason="handed over")
    for on, one, other, kind, strength, nature in INFLUENCE:
        tables.fact("account", account.external_id, "influence.observe", on, from_stakeholder=one,
                    to_stakeholder=other, kind=kind, strength=strength, nature=nature)  # fmt: skip
    for on, one, other, kind, reason in ENDED_INFLUENCE:
        tables.fact("account", account.external_id, "influence.withdraw", on, from_stakeholder=one,
                    to_stakeholder=other, kind=kind, reason=reason)  # fmt: skip
    for number, (on, channel, direction, member, person, subject) in enumerate(CALLS, start=1):
        at: datetime = moment(account, on, 15, 30)
        ours = [staff.named(member).external_id]
        tables.add(
            "contact_log", account.external_id, f"L-LH-{number}", at, channel, direction, ours, [person], subject
        )


def _describe_tasks(tables: Tables, account: str, staff: Staff) -> None:
    for name, on, text, owner, department, due, deal, end in ACTION_ITEMS:
        ours = staff.named(owner).external_id if owner else None
        tables.add("action_items", account, name, on, text, ours, department, due, deal)
        if end:
            verb, day, reason = end
            tables.fact("account", account, f"action_items.{verb}", day, item_id=name, reason=reason or None)


def _describe_together(tables: Tables, account: str, staff: Staff) -> None:
    """A trial that convinced, a development under way, and a day that never came."""
    ours = [staff.named(SECOND).external_id]
    _propose(tables, account, "J-LH-1", date(2025, 3, 11), "event", "An open day at our test field",
             "their board hears it", [staff.named(FIRST).external_id], [SHEN, XU], date(2025, 6, 20))  # fmt: skip
    tables.fact("account", account, "joint_activities.conclude", date(2025, 10, 28), activity_id="J-LH-1",
                result="nobody went on with it when Shen left")  # fmt: skip
    _propose(tables, account, "J-LH-2", date(2026, 2, 10), "new_product_trial", "Winter trial on four turbines",
             "no failure in ten weeks", ours, [JIANG, XU], date(2026, 2, 24))  # fmt: skip
    tables.fact("account", account, "joint_activities.start", date(2026, 2, 24), activity_id="J-LH-2")
    inputs = [_input("us", "money", 96_000), _input("us", "time", days=22), _input("customer", "time", days=14),
              _input("customer", "space", 60_000, what="four turbines")]  # fmt: skip
    tables.fact("account", account, "joint_activities.conclude", date(2026, 4, 14), activity_id="J-LH-2",
                result="No failure in ten weeks.", aim_met="yes", attendance=9, inputs=inputs)  # fmt: skip
    _propose(tables, account, "J-LH-3", date(2026, 9, 15), "co_development", "A yaw drive for soft towers",
             "a prototype by the end of the year", ours, [XU, JIA], date(2026, 10, 15))  # fmt: skip
    tables.fact("account", account, "joint_activities.start", date(2026, 10, 15), activity_id="J-LH-3",
                inputs=[_input("us", "time", days=60), _input("customer", "ideas", what="loads")])  # fmt: skip


def _propose(tables: Tables, account: str, name: str, on: date, kind: str, title: str, aim: str, ours: list[str],
             theirs: list[str], start: date) -> None:  # fmt: skip
    end = start + timedelta(60)
    tables.fact("account", account, "joint_activities.propose", on, activity_id=name, kind=kind, title=title, aim=aim,
                people=ours, stakeholders=theirs, start_on=start, end_on=end)  # fmt: skip


def _input(by: str, kind: str, amount: int | None = None, days: int | None = None, what: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"by": by, "kind": kind}
    if amount is not None:
        found["amount"] = money(amount)
    if days is not None:
        found["days"] = str(days)
    return {**found, "what": what} if what else found
