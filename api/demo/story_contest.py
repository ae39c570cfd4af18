"""How the story's opportunities were fought for: criteria, rivals, resources, quotes, concessions, delivery."""

from datetime import date
from typing import Any

from api.demo.names import COMPETITORS
from api.demo.people import Staff
from api.demo.story_dealings import DIRECTOR, FIRST, LEADER, SECOND
from api.demo.story_people import FRAMEWORK, GAO, JIA, JIANG, PILOT, RETROFIT, SHEN, VOSS, XU
from api.demo.tables import Tables, money

ARDENNE, KESTREL = COMPETITORS[:2]

PURSUITS = (
    (PILOT, date(2024, 4, 23), LEADER, "The first foot in the door of the largest wind farm builder of the region.",
     80_000, 30),
    (FRAMEWORK, date(2025, 2, 21), DIRECTOR, "Three years of full capacity; the pilot speaks for us.", 400_000, 120),
    (FRAMEWORK, date(2025, 11, 5), DIRECTOR, "A second start: the failures are real and only we can show them.",
     620_000, 200),
    (RETROFIT, date(2026, 10, 15), LEADER, "It follows from the contract, and nobody else was asked.", 50_000, 12),
)  # fmt: skip

SPENT = {
    PILOT: "2024-05-21 application 5, 2024-06-18 executive 1, 2024-07-10 lab 6, 2024-07-24 design 4,"
    " 2024-08-14 sales 5",
    FRAMEWORK: "2025-03-11 sales 4, 2025-04-15 application 8, 2025-05-06 lab 10, 2025-05-13 executive 2,"
    " 2025-05-26 sales 5, 2025-11-04 executive 2, 2025-12-11 lab 15, 2025-12-16 application 6, 2026-01-12 sales 8,"
    " 2026-02-27 application 12, 2026-03-10 executive 2, 2026-04-13 lab 14, 2026-05-12 sales 6, 2026-06-30 design 22,"
    " 2026-07-14 sales 6, 2026-08-18 sales 5, 2026-09-15 executive 2",
    RETROFIT: "2026-10-19 application 3, 2026-10-27 design 5",
}
"""Day, kind and person-days, as time sheets say."""

MILESTONES = (
    (PILOT, date(2024, 5, 22), "need-confirmed", "the list of noise limits, signed by development"),
    (PILOT, date(2024, 6, 18), "decider-met", "Shen Guoliang received us"),
    (PILOT, date(2024, 7, 24), "solution-accepted", "the test report of Jia Ming"),
    (PILOT, date(2024, 8, 26), "terms-agreed", "the order text, initialled"),
    (FRAMEWORK, date(2025, 3, 12), "need-confirmed", "the plan of three farms"),
    (FRAMEWORK, date(2025, 11, 4), "decider-met", "Katharina Voss received us"),
    (FRAMEWORK, date(2026, 4, 14), "solution-accepted", "ten weeks without a failure"),
    (FRAMEWORK, date(2026, 8, 18), "terms-agreed", "all five points closed"),
)

CRITERIA: tuple[tuple[str, date, str, str, str, str, int, bool, int, dict[str, int]], ...] = (
    ("K-LH-1", date(2025, 4, 16), "Noise at the tower", "business", "inside_group", XU, 1, True, 2, {ARDENNE: -1}),
    ("K-LH-2", date(2025, 4, 16), "Price per drive", "business", "inside_group", GAO, 2, True, -1, {ARDENNE: 1}),
    ("K-LH-3", date(2025, 11, 5), "No failure in winter", "business", "inside_group", VOSS, 3, True, 1,
     {ARDENNE: -2, KESTREL: 0}),
    ("K-LH-4", date(2025, 11, 26), "No cranes at night", "personal", "us", JIANG, 4, False, 2, {}),
    ("K-LH-5", date(2026, 3, 10), "Total cost over ten years", "business", "us", GAO, 1, True, 2,
     {ARDENNE: -1, KESTREL: -1}),
    ("K-LH-6", date(2026, 6, 10), "Yaw and pitch from one hand", "hidden", "us", XU, 4, True, 2, {KESTREL: -2}),
)  # fmt: skip
"""Identifier, day, text, kind, set by, whose, rank, formal, how we stand, how they stand."""

RERANKED = (
    ("K-LH-2", date(2025, 10, 15), 1, "purchasing has asked for a tender"),
    ("K-LH-1", date(2025, 10, 15), 4, "nobody speaks for it any more"),
    ("K-LH-2", date(2026, 3, 10), 3, "offers are compared by total cost"),
    ("K-LH-3", date(2026, 3, 10), 2, "the winter has been counted"),
)

STRATEGIES = (
    (PILOT, date(2024, 7, 17), "flanking", ARDENNE, "Not the price: the noise limit that only we hold."),
    (FRAMEWORK, date(2025, 4, 16), "frontal", ARDENNE, "Our pilot against their price list."),
    (FRAMEWORK, date(2025, 11, 5), "flanking", ARDENNE, "Away from the price per drive, to what a winter costs."),
    (FRAMEWORK, date(2026, 7, 15), "defend", KESTREL, "Hold what is agreed; no new comparison before the signing."),
)

RIVALS: tuple[tuple[str, date, str, str, str, list[str]], ...] = (
    (PILOT, date(2024, 7, 16), ARDENNE, "known to purchasing for ten years", "four decibels too loud", [GAO]),
    (FRAMEWORK, date(2025, 4, 16), ARDENNE, "price, and purchasing on their side", "failures in the cold", [GAO]),
    (FRAMEWORK, date(2025, 10, 15), KESTREL, "the lowest offer of the tender", "no service within 2,000 km", []),
)

STEPS = (
    (date(2025, 3, 11), (("Technical comparison", XU, date(2025, 5, 15)), ("Budget", SHEN, date(2025, 7, 31)),
                         ("Board", SHEN, date(2025, 9, 15))), None, "The second farm needs drives", date(2025, 11, 1)),
    (date(2025, 12, 17), (("Failure analysis", JIANG, date(2026, 1, 30)), ("Board", VOSS, date(2026, 3, 31))), True,
     "A second winter of failures", date(2026, 3, 31)),
    (date(2026, 3, 10), (("Comparison by total cost", GAO, date(2026, 5, 29)), ("Committee", GAO, date(2026, 6, 12)),
                         ("Signing", VOSS, date(2026, 9, 30))), True, "The next winter", date(2026, 10, 31)),
)  # fmt: skip

SAMPLES = (
    (PILOT, "S-LH-1", date(2024, 5, 22), "One pitch drive", JIA, date(2024, 7, 31), 58_000, date(2024, 7, 24)),
    (FRAMEWORK, "S-LH-2", date(2026, 2, 24), "Four pitch drives", JIANG, date(2026, 4, 30), 232_000, date(2026, 4, 21)),
    (FRAMEWORK, "S-LH-3", date(2026, 6, 24), "A yaw drive", JIA, date(2026, 7, 31), 26_000, date(2026, 8, 19)),
    (RETROFIT, "S-LH-4", date(2026, 10, 20), "A converter for the old hub", JIANG, date(2026, 12, 11), 18_500, None),
)

CONCESSIONS = (
    (PILOT, date(2024, 8, 14), "A lower price", "1,250 less per drive", "The results may be published", 15_000, 15_000),
    (FRAMEWORK, date(2026, 7, 14), "A penalty without limit", "A penalty up to 5 %",
     "Volumes twelve months ahead", 60_000, 90_000),
    (FRAMEWORK, date(2026, 8, 18), "The price of the pilot for all", "The price of the pilot for all",
     "Payment within 30 days", 350_000, 110_000),
    (FRAMEWORK, date(2026, 9, 15), "Training of a second team", "Two weeks of training", None, 60_000, None),
)  # fmt: skip
"""The last one was made for nothing."""

DELIVERIES = (
    (PILOT, "first six drives 首批六台", date(2024, 8, 28), date(2024, 10, 15), "drives of six turbines",
     ("reach", date(2024, 10, 14))),
    (PILOT, "last six drives 末批六台", date(2024, 8, 28), date(2024, 11, 15), "drives of six turbines",
     ("reach", date(2024, 11, 12))),
    (FRAMEWORK, "training 培训", date(2026, 9, 24), date(2026, 10, 16), "two teams trained",
     ("reach", date(2026, 10, 15))),
    (FRAMEWORK, "first ten drives 首批十台", date(2026, 9, 24), date(2026, 10, 23), "drives of ten turbines",
     ("miss", date(2026, 10, 26))),
    (FRAMEWORK, "yaw prototype 偏航样机", date(2026, 9, 24), date(2026, 12, 18), "prototype of the yaw drive", None),
)  # fmt: skip

PITCH, YAW = "pitch-d", "gear-h"
QUOTES: tuple[tuple[str, date, str, dict[str, Any]], ...] = (
    (PILOT, date(2024, 7, 3), "request", {"quote_no": "Q-LH-1", "stakeholder": XU, "follow_up_on": "2024-07-10",
                                          "requirements": ["drawings", "technical", "use"]}),
    (PILOT, date(2024, 7, 10), "issue", {"quote_no": "Q-LH-1", "lines": ((PITCH, 12, "40000"),),
                                         "valid_until": "2024-08-31", "follow_up_on": "2024-07-24"}),
    (PILOT, date(2024, 7, 24), "follow_up", {"quote_no": "Q-LH-1", "answer": "the price is read, the test counts",
                                             "follow_up_on": "2024-08-12"}),
    (PILOT, date(2024, 8, 14), "revise", {"quote_no": "Q-LH-1", "lines": ((PITCH, 12, "38750"),),
                                          "valid_until": "2024-08-31", "reason": "the price of a pilot"}),
    (PILOT, date(2024, 8, 27), "accept", {"quote_no": "Q-LH-1", "stakeholder": SHEN}),
    (FRAMEWORK, date(2025, 5, 13), "request", {"quote_no": "Q-LH-2", "stakeholder": SHEN,
                                               "requirements": ["volume", "technical"]}),
    (FRAMEWORK, date(2025, 5, 26), "issue", {"quote_no": "Q-LH-2", "lines": ((PITCH, 240, "40000"),),
                                             "valid_until": "2025-08-31", "follow_up_on": "2025-06-24"}),
    (FRAMEWORK, date(2026, 6, 9), "issue", {"quote_no": "Q-LH-3", "lines": ((PITCH, 240, "40000"),),
                                            "valid_until": "2026-08-31", "follow_up_on": "2026-06-23"}),
    (FRAMEWORK, date(2026, 6, 23), "follow_up", {"quote_no": "Q-LH-3", "answer": "the yaw drives are to be in it",
                                                 "follow_up_on": "2026-07-14"}),
    (FRAMEWORK, date(2026, 7, 14), "revise", {"quote_no": "Q-LH-3", "valid_until": "2026-08-31",
                                              "lines": ((PITCH, 240, "40000"), (YAW, 64, "25000")),
                                              "follow_up_on": "2026-07-28", "reason": "yaw drives added"}),
    (FRAMEWORK, date(2026, 7, 28), "follow_up", {"quote_no": "Q-LH-3", "answer": "three points of five are closed"}),
    (FRAMEWORK, date(2026, 8, 18), "revise", {"quote_no": "Q-LH-3", "valid_until": "2026-09-30",
                                              "lines": ((PITCH, 240, "38750"), (YAW, 62, "25000")),
                                              "follow_up_on": "2026-09-08", "reason": "the price of the pilot"}),
    (FRAMEWORK, date(2026, 9, 8), "follow_up", {"quote_no": "Q-LH-3", "answer": "the board has agreed"}),
    (FRAMEWORK, date(2026, 9, 23), "accept", {"quote_no": "Q-LH-3", "stakeholder": VOSS}),
    (RETROFIT, date(2026, 10, 20), "issue", {"quote_no": "Q-LH-4", "valid_until": "2026-12-31",
                                             "lines": (("retrofit", 20, "85000"), (PITCH, 15, "40000"))}),
)  # fmt: skip
"""Q-LH-2 was never followed up and expired; nobody means to follow up Q-LH-4."""


def describe_contest(tables: Tables, staff: Staff) -> None:
    """Write it all."""
    tables.fact("opportunity", FRAMEWORK, "buyers.unmap", date(2025, 11, 5), stakeholder=SHEN, reason="he has left")
    for deal, on, by, why, cost, days in PURSUITS:
        tables.fact("opportunity", deal, "pursuit.decide", on, decision="go", by=staff.named(by).external_id, why=why,
                    cost_allowed=money(cost), days_allowed=str(days))  # fmt: skip
    _describe_rivals(tables)
    _describe_resources(tables, staff)
    for deal, on, milestone, evidence in MILESTONES:
        tables.fact("opportunity", deal, "milestones.reach", on, milestone=milestone, evidence=evidence)
    for deal, name, on, what, whom, due, worth, back in SAMPLES:
        tables.add("samples", deal, name, on, what, whom, due, worth, "CNY")
        if back:
            tables.fact("opportunity", deal, "samples.take_back", back, sample_id=name)
    for deal, on, asked, given, received, worth, in_return in CONCESSIONS:
        tables.fact("opportunity", deal, "concessions.make", on, asked=asked, given=given, received=received,
                    worth=money(worth), return_worth=money(in_return) if in_return else None)  # fmt: skip
    for deal, on, verb, values in QUOTES:
        tables.fact("opportunity", deal, f"quotes.{verb}", on, **_quote(verb, values))
    _describe_deliveries(tables)


def _quote(verb: str, values: dict[str, Any]) -> dict[str, Any]:
    lines = [{"product": product, "quantity": str(quantity), "unit_price": price}
             for product, quantity, price in values.get("lines", ())]  # fmt: skip
    return {**values, **({"lines": lines} if lines else {}), **({"currency": "CNY"} if verb == "issue" else {})}


def _describe_rivals(tables: Tables) -> None:
    for deal, on, name, strengths, weaknesses, preferred_by in RIVALS:
        tables.add("competitors", deal, on, name, strengths, weaknesses, preferred_by)
    tables.fact("opportunity", FRAMEWORK, "competition.assess", date(2026, 6, 10), competitor=ARDENNE, preferred_by=[],
                weaknesses="failures in the cold, and nobody inside speaks for them any more")  # fmt: skip
    for name, on, text, kind, set_by, whose, rank, formal, ours, theirs in CRITERIA:
        tables.fact("opportunity", FRAMEWORK, "criteria.describe", on, criterion_id=name, text=text, kind=kind,
                    set_by=set_by, whose=whose, priority=rank, formal=formal, ours=ours, theirs=theirs)  # fmt: skip
    for name, on, rank, reason in RERANKED:
        tables.fact(
            "opportunity", FRAMEWORK, "criteria.rerank", on, criterion=name, priority=rank, reason=reason
        )  # fmt: skip
    for deal, on, strategy, against, reasoning in STRATEGIES:
        tables.fact("opportunity", deal, "competition.choose", on, strategy=strategy, against=against,
                    reasoning=reasoning)  # fmt: skip
    for on, steps, approved, event, by in STEPS:
        stated = [{"name": name, "owner": owner, "on": due} for name, owner, due in steps]
        tables.fact("opportunity", FRAMEWORK, "decision_process.describe", on, steps=stated, budget_approved=approved,
                    compelling_event=event, compelling_on=by)  # fmt: skip


def _describe_resources(tables: Tables, staff: Staff) -> None:
    for deal, sheets in SPENT.items():
        for number, sheet in enumerate(sheets.split(", "), start=1):
            on, kind, days = sheet.split()
            first = FIRST if on < "2025-10-27" else SECOND
            who = {"executive": DIRECTOR, "sales": first}.get(kind)
            member = staff.named(who).external_id if who else None
            tables.fact("opportunity", deal, "resources.spend", date.fromisoformat(on), kind=kind, person_days=days,
                        member=member, external_id=f"TS-{deal}-{number}")  # fmt: skip


def _describe_deliveries(tables: Tables) -> None:
    for deal, milestone, on, due, what, end in DELIVERIES:
        tables.fact("opportunity", deal, "delivery.plan", on, milestone=milestone, due=due, what=what)
        if end:
            verb, day = end
            reason = "one lot of bearings was held at customs" if verb == "miss" else None
            tables.fact("opportunity", deal, f"delivery.{verb}", day, milestone=milestone, reason=reason)
    tables.fact("opportunity", PILOT, "delivery.accept", date(2024, 11, 19), stakeholder=XU,
                remarks="quieter than promised")  # fmt: skip
