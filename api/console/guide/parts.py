"""What a guide is made of."""

from __future__ import annotations

from dataclasses import dataclass

from domain.language.catalogue import field_words, say, term


@dataclass(frozen=True)
class Place:
    """A page, what it is called, and what one finds there."""

    path: str
    name: str
    what: str


@dataclass(frozen=True)
class Step:
    """Something to do first: a sentence, and where; without a path it is done on the command line."""

    text: str
    path: str = ""
    link: str = ""
    command: str = ""


@dataclass(frozen=True)
class Word:
    """A word and what it means here."""

    word: str
    meaning: str


@dataclass(frozen=True)
class Guide:
    """The guide of a role."""

    role: str
    who: str
    places: list[Place]
    first: list[Step]
    words: list[Word]

    @property
    def name(self) -> str:
        """The role in words."""
        return term("Role", self.role)


def today() -> Place:
    return Place("/console/", say("Today"), say("What cools most, what is due, what is new."))


def funnel() -> Place:
    return Place("/console/funnel", say("Funnel"), say("Open opportunities by stage, and what changed."))


def forecast() -> Place:
    return Place(
        "/console/forecast", say("Forecast"), say("What a period will bring, with what certainty, against its target.")
    )


def accounts() -> Place:
    what = say("Who cools and why, the portfolio, the heat map; each account with its people, curve and plan.")
    return Place("/console/accounts", say("Accounts"), what)


def visits() -> Place:
    return Place("/console/visits", say("Visits"), say("The calendar: planned, done, overdue; the plan of the month."))


def issues() -> Place:
    return Place("/console/issues", say("Issues"), say("What customers complain about, and what was promised."))


def plans() -> Place:
    return Place("/console/plans", say("Account plans"), say("Objectives against their straight lines, milestones."))


def audit() -> Place:
    what = say("Who did what and when; what was known then; the seal that proves it.")
    return Place("/console/audit", say("Audit"), what)


def system() -> Place:
    return Place("/console/system", say("System"), say("Whether figures are complete, workers run, backups are due."))


def streams() -> Place:
    return Place("/console/streams", say("Streams"), say("Subscriptions, what was delivered, what was not and why."))


def health() -> Word:
    return Word(
        say("health"), say("0 to 100, from contact, people, satisfaction, issues, plan and purchases; red up to 50.")
    )


def cooling() -> Word:
    return Word(say("cools"), say("Its health fell. Contact fades by itself: half of it is gone after each half-life."))


def finding() -> Word:
    return Word(
        term("aggregates", "finding"),
        say("What a rule of thumb says. It blocks nothing and ends with its cause."),
    )


def gate() -> Word:
    meaning = say("What must be answered before a stage. Passing it unmet needs a reason, which is kept.")
    return Word(field_words("gate"), meaning)


def weighted() -> Word:
    return Word(field_words("weighted"), say("Each open amount by the probability of its stage, added up."))


def commit() -> Word:
    meaning = say("How sure the owner is of a deal: omitted, pipeline, best case, commit.")
    return Word(say("forecast category"), meaning)


def quantiles() -> Word:
    meaning = say("Nine of ten possible courses bring more than P10, half more than P50, one of ten more than P90.")
    return Word("P10, P50, P90", meaning)


def bridge() -> Word:
    return Word(say("bridge"), say("What happened between two days, to the cent: start, new, won, lost, moved, end."))


def as_of() -> Word:
    return Word(field_words("as_of"), say("The day in the business that is looked at."))


def known_at() -> Word:
    return Word(
        field_words("known_at"), say("What was recorded by then: later corrections and late entries are left out.")
    )


def correction() -> Word:
    return Word(say("Correction"), say("Takes a fact back and says what holds instead; both stay visible for ever."))


def personal() -> Word:
    return Word(say("sealed"), say("Names and texts about people are encrypted; forgetting a person destroys the key."))
