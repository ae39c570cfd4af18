"""Answers to the twenty questions and the map of who decides: noisy signs of the true probability of winning."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from api.demo.days import working_day
from api.demo.model import Contact, Deal
from api.demo.tables import Tables

COUNTS_AGAINST = (13, 14)
"""Questions whose yes speaks against us."""
ROUNDS = ((1, 5, "potential", "confirmed"), (6, 10, "confirmed", "ours"), (16, 20, "confirmed", "ours"))
LAST_ROUND = (11, 15, "ours", "winnable")
SHARE_ANSWERED = {True: 0.3, False: 0.12}
"""Share of deals that are qualified with the questionnaire, with key accounts and with others."""

EVIDENCE = (
    ("lost two weeks of output this spring", "business as usual"),
    ("specification received", "still only a wish"),
    ("steps and dates named by purchasing", "nobody can name the steps"),
    ("budget line seen in the plan", "no budget line yet"),
    ("line must start in the autumn", "no date that matters"),
    ("weighted list received", "criteria change with the person asked"),
    ("sample test passed", "torque at the limit"),
    ("two engineer days", "needs a special build"),
    ("third project together", "first contact last month"),
    ("only we hold the noise limit", "two others offer the same"),
    ("the test engineer shares the internal minutes", "nobody speaks for us inside"),
    ("invited to the steering meeting", "no access above purchasing"),
    ("the plant has always bought there", "no preference heard"),
    ("the brother-in-law sells the other brand", "nothing of the kind heard"),
    ("who listens to whom is drawn", "the informal circle is unknown"),
    ("revenue within the year", "revenue next year at the earliest"),
    ("series of 400 a year possible", "one machine only"),
    ("margin above plan", "margin below plan"),
    ("standard terms", "penalty clause without limit"),
    ("opens the sister plant", "no further effect"),
)
"""For each question the evidence of a yes, and of a no."""

ROLES = ("approver", "decision_maker", "evaluator", "user")
SUPPORT = ("enemy", "non_supporter", "neutral", "supporter", "mentor")
WANTS = (
    "a start-up without night shifts",
    "recognition for the saving",
    "no surprise in the audit",
    "a supplier who answers the phone",
    "the promotion to plant manager",
    "",
)


def describe_answers(tables: Tables, deals: list[Deal], random: Random) -> None:
    """Write the answers to the questionnaire of about a quarter of all deals."""
    for deal in deals:
        if not deal.account.told and random.random() < SHARE_ANSWERED[bool(deal.account.key_type)]:
            for first, last, stage, following in (*ROUNDS, LAST_ROUND):
                day = _session(deal, stage, following, random)
                if day is not None:
                    passed = deal.entered(following) is not None
                    _answer(tables, deal, range(first, last + 1), day, passed, random)


def _session(deal: Deal, stage: str, following: str, random: Random) -> date | None:
    """The day on which the questions of a stage are answered: while the deal stands in it, before it goes on."""
    entered, left = deal.entered(stage), deal.entered(following)
    if entered is None:
        return None
    last = deal.last_open_day if left is None else min(deal.last_open_day, left - timedelta(1))
    span = min(40, (last - entered).days)
    if span < 1:
        return None
    day = working_day(entered + timedelta(random.randrange(1, span + 1)))
    return day if day <= last else entered + timedelta(span)


def _answer(tables: Tables, deal: Deal, questions: range, day: date, passed: bool, random: Random) -> None:
    for question in questions:
        answer = _one(deal, question, passed, random)
        tables.add("answers", deal.external_id, question, answer, _evidence(question, answer), None, day)
        later = working_day(day + timedelta(random.randrange(3, 30)))
        if answer == "unknown" and random.random() < 0.4 and later <= deal.last_open_day:
            answer = _known(deal, question, passed, random)
            tables.add("answers", deal.external_id, question, answer, _evidence(question, answer), None, later)
    if deal.competitor and questions[0] == 6 and random.random() < 0.5:
        answer = "no" if random.random() < deal.probability else "yes"
        tables.add("answers", deal.external_id, 7, answer, "what the customer says", deal.competitor, day)


def _one(deal: Deal, question: int, passed: bool, random: Random) -> str:
    unknown = 0.06 + 0.14 * (1 - deal.probability)
    return "unknown" if random.random() < unknown else _known(deal, question, passed, random)


def _known(deal: Deal, question: int, passed: bool, random: Random) -> str:
    logit = _logit(deal.probability) * 0.9 + (1.6 if passed else -0.1) + random.gauss(0, 0.4)
    is_good = random.random() < 1 / (1 + math.exp(-logit))
    return "yes" if is_good != (question in COUNTS_AGAINST) else "no"


def _evidence(question: int, answer: str) -> str:
    return "" if answer == "unknown" else EVIDENCE[question - 1][answer == "no"]


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def describe_buyers(tables: Tables, deals: list[Deal], random: Random) -> None:
    """Write who decides on a deal and where they stand; the more so for key accounts."""
    for deal in deals:
        if deal.account.told or random.random() > (0.8 if deal.account.key_type else 0.25):
            continue
        for contact, day in _present(deal, random):
            _map(tables, deal, contact, day, random)


def _present(deal: Deal, random: Random) -> Iterator[tuple[Contact, date]]:
    contacts = deal.account.contacts[:2] + random.sample(deal.account.contacts[2:], len(deal.account.contacts[2:]))
    span = min(45, (deal.last_open_day - deal.opened_on).days)
    if span < 2:
        return
    for contact in contacts[: random.randrange(2, 5)]:
        day = deal.opened_on + timedelta(random.randrange(1, span))
        if contact.is_here(day, day):
            yield contact, day


def _map(tables: Tables, deal: Deal, contact: Contact, day: date, random: Random) -> None:
    role = contact.role if random.random() < 0.9 else random.choice(ROLES)
    mood = 0.9 * _logit(deal.probability) + contact.leaning + random.gauss(0, 0.7) - (0.3 if deal.competitor else 0)
    is_key = role in ROLES[:2] and random.random() < 0.8
    wants = random.choice(WANTS)
    tables.add("buyers", deal.external_id, contact.external_id, role, _support(mood), is_key, wants, day)
    later = day + timedelta(random.randrange(15, 60))
    if random.random() < 0.25 and later <= deal.last_open_day and contact.is_here(day, later):
        mood += 0.9 if deal.outcome == "won" or random.random() < deal.probability else -0.9
        tables.add("buyers", deal.external_id, contact.external_id, role, _support(mood), is_key, wants, later)


def _support(mood: float) -> str:
    thresholds = (-1.8, -0.7, 0.25, 1.6)
    return SUPPORT[sum(mood > threshold for threshold in thresholds)]
