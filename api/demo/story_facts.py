"""What else the written story records: key status, decision map, answers, relationships, surveys, invoices."""

from datetime import date
from random import Random

from api.demo.days import months, working_day
from api.demo.model import Account
from api.demo.names import COMPETITORS
from api.demo.qualification import COUNTS_AGAINST, EVIDENCE
from api.demo.story_people import FRAMEWORK, GAO, JIA, JIANG, PILOT, SHEN, VOSS, XU
from api.demo.tables import Tables
from api.demo.trade import invoice

BUYERS = (
    (PILOT, date(2024, 6, 19), ((SHEN, "approver", "supporter"), (XU, "evaluator", "mentor"))),
    (PILOT, date(2024, 7, 17), ((GAO, "decision_maker", "non_supporter"), (JIANG, "user", "neutral"))),
    (FRAMEWORK, date(2025, 4, 16), (
        (SHEN, "approver", "supporter"), (XU, "evaluator", "mentor"), (GAO, "decision_maker", "enemy"),
        (JIA, "evaluator", "supporter"), (JIANG, "user", "neutral"))),
    (FRAMEWORK, date(2025, 11, 5), ((VOSS, "approver", "neutral"),)),
    (FRAMEWORK, date(2025, 11, 26), ((JIANG, "user", "supporter"),)),
    (FRAMEWORK, date(2026, 1, 14), ((GAO, "decision_maker", "non_supporter"),)),
    (FRAMEWORK, date(2026, 3, 11), ((GAO, "decision_maker", "neutral"), (VOSS, "approver", "supporter"))),
    (FRAMEWORK, date(2026, 6, 10), ((GAO, "decision_maker", "supporter"),)),
)  # fmt: skip
WANTS = {SHEN: "a quiet neighbourhood", XU: "her noise limit in the standard", GAO: "a saving under his name",
         VOSS: "a winter without failures", JIANG: "no cranes at night", JIA: "his test method accepted"}  # fmt: skip

ANSWERS = (
    (date(2025, 3, 5), {1: "yes", 2: "yes", 3: "yes", 4: "unknown", 5: "yes"}),
    (date(2025, 3, 11), {4: "yes"}),
    (date(2025, 4, 8), dict.fromkeys((6, 7, 8, 9, 10, 16, 17, 18, 19, 20), "yes")),
    (date(2025, 5, 8), {11: "yes", 12: "yes", 13: "yes", 14: "no", 15: "yes"}),
    (date(2025, 10, 14), {3: "no", 4: "unknown", 12: "no", 15: "no"}),
    (date(2025, 12, 17), {4: "yes"}),
    (date(2026, 1, 14), {15: "yes"}),
    (date(2026, 3, 10), {3: "yes"}),
    (date(2026, 4, 15), {12: "yes"}),
    (date(2026, 5, 12), {13: "no"}),
)  # fmt: skip

RELATIONSHIPS = (
    (date(2024, 4, 10), ((XU, "credible_source", "several_meetings"), (JIA, "vendor", "brief"))),
    (date(2024, 9, 25), ((XU, "problem_solver", "in_depth"), (SHEN, "credible_source", "several_meetings"),
                         (GAO, "vendor", "brief"), (JIANG, "credible_source", "several_meetings"))),
    (date(2025, 5, 14), ((XU, "trusted_adviser", "in_depth"), (SHEN, "problem_solver", "several_meetings"))),
    (date(2025, 9, 10), ((XU, "credible_source", "brief"), (GAO, "vendor", "none"), (JIANG, "vendor", "none"),
                         (VOSS, "vendor", "none"))),
    (date(2025, 12, 17), ((XU, "problem_solver", "several_meetings"), (JIANG, "credible_source", "several_meetings"),
                          (VOSS, "vendor", "brief"), (JIA, "credible_source", "several_meetings"))),
    (date(2026, 3, 11), ((VOSS, "credible_source", "several_meetings"), (GAO, "credible_source", "brief"))),
    (date(2026, 6, 10), ((GAO, "problem_solver", "several_meetings"), (XU, "trusted_adviser", "in_depth"))),
    (date(2026, 10, 14), ((VOSS, "problem_solver", "several_meetings"), (GAO, "problem_solver", "in_depth"),
                          (JIANG, "problem_solver", "in_depth"), (XU, "trusted_adviser", "in_depth"))),
)  # fmt: skip

SURVEYS = (
    (date(2024, 11, 20), "csat", 5, "product", JIANG, "quieter than promised"),
    (date(2025, 1, 15), "nps", 9, "company", XU, ""),
    (date(2025, 8, 20), "nps", 3, "company", XU, "nobody has come since spring"),
    (date(2025, 9, 15), "csat", 2, "service", JIANG, "spare parts took five weeks"),
    (date(2025, 12, 17), "csat", 4, "service", JIANG, "they listen again"),
    (date(2026, 4, 20), "nps", 8, "company", XU, ""),
    (date(2026, 10, 16), "nps", 9, "company", VOSS, "the winter was quiet"),
)

KEY_STATUS = (
    ("granted", date(2024, 11, 25), "ordinary", "The pilot held what no other supplier could; three farms follow.", "",
     "", date(2025, 11, 24), "granted before a selection model was in force"),
    ("reviewed", date(2025, 10, 29), "ordinary", "Largest open contract of the region, and it is ours to lose.", "keep",
     "a visit every three weeks and a director as sponsor; nobody's holiday leaves the account alone",
     date(2026, 10, 28), ""),
    ("reviewed", date(2026, 10, 15), "partner", "Framework until 2028, and development together on yaw drives.",
     "promote", "share the delivery forecast every month", date(2027, 10, 15), ""),
)  # fmt: skip


def describe_story(tables: Tables, account: Account, random: Random) -> None:
    """Write all rows of the story that the generators of the other accounts would have written."""
    for values in KEY_STATUS:
        tables.add("key_status", account.external_id, *values)
    for deal, day, people in BUYERS:
        for contact, role, support in people:
            is_key = role in ("approver", "decision_maker")
            tables.add("buyers", deal, contact, role, support, is_key, WANTS[contact], day)
    _describe_answers(tables)
    for day, levels in RELATIONSHIPS:
        for contact, level, coverage in levels:
            manager = account.manager_on(day).external_id
            tables.add("relationships", contact, manager, level, "trusted_adviser", coverage, day)
    for number, (day, kind, score, subject, contact, comment) in enumerate(SURVEYS, start=1):
        external_id = f"Q-LH-{number}"
        tables.add("satisfaction", account.external_id, kind, score, day, external_id, subject, comment, contact)
    _describe_purchases(tables, account, random)


def _describe_answers(tables: Tables) -> None:
    for day, answers in ANSWERS:
        for question, answer in answers.items():
            evidence = "" if answer == "unknown" else EVIDENCE[question - 1][answer == "no"]
            if question in COUNTS_AGAINST and answer == "no":
                evidence = "the saving counts, not the name"
            tables.add("answers", FRAMEWORK, question, answer, evidence, None, day)
    tables.add("answers", FRAMEWORK, 7, "yes", "from the tender papers", COMPETITORS[0], date(2025, 10, 14))


def _describe_purchases(tables: Tables, account: Account, random: Random) -> None:
    """An invoice a month after the pilot, nothing from July to November 2025, more than before after the contract."""
    for month in months():
        is_silent = date(2025, 7, 1) <= month <= date(2025, 11, 1)
        if month < date(2024, 10, 1) or is_silent:
            continue
        size = 260_000 if month >= date(2026, 10, 1) else 90_000
        day = working_day(month.replace(day=18))
        number = f"INV-{month:%Y%m}-1"
        tables.rows["purchases"].append(invoice(account, number, day, size * random.uniform(0.8, 1.2), random))
