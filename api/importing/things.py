"""What an import names by an external id beside accounts, people and opportunities: the words for it, and the command
that begins each."""

from __future__ import annotations

from api.nouns import OPENINGS
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate
from domain.experiment.experiment import Experiment
from domain.issue.issue import Issue
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.strategy.strategy import KeyAccountStrategy

THINGS: dict[str, type[Aggregate]] = {
    "issue": Issue,
    "plan": AccountPlan,
    "strategy": KeyAccountStrategy,
    "programme": PartnerProgramme,
    "experiment": Experiment,
}
NEW = "new "
"""Before a word: a row begins such a thing."""


def word_of(root: type[Aggregate]) -> str | None:
    """The word for such a thing; None for accounts, people and opportunities."""
    return next((word for word, each in THINGS.items() if each is root), None)


def begins(root: type[Aggregate], command: str) -> bool:
    """Whether a command begins such a thing: its row names what is new."""
    return word_of(root) is not None and OPENINGS[root] == command
