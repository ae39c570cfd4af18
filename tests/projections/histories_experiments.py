"""Random experiments: results, accounts that drop out, an end; and what segments ask of accounts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.account.account import Account
from domain.account.profile import LoyaltyClass
from domain.aggregate import Event
from domain.experiment.experiment import Experiment
from domain.experiment.rules import ExperimentDecision, ExperimentMeasure, Measured
from domain.policies.policy import policy_id
from domain.policies.segments import Segment, Segments
from tests.domain.experiments import EFFECT
from tests.domain.given import sealed, some_id

EXPERIMENTS = [some_id(f"experiment {n}") for n in range(2)]


def experiments_begun(accounts: Sequence[UUID]) -> list[tuple[UUID, Event, int]]:
    """The experiments as they begin."""
    return [
        (
            each,
            Experiment.Started(
                title=f"Test {number}",
                offer="three years",
                measure=measure,
                starts_on=date(2026, 1, 5),
                until=date(2026, 3, 1),
                group=tuple(accounts[:2]),
                control=tuple(accounts[2:4]),
            ),
            0,
        )
        for number, (each, measure) in enumerate(
            zip(EXPERIMENTS, (ExperimentMeasure.BY_HAND, ExperimentMeasure.PURCHASES), strict=True)
        )
    ]


def of_experiment(chance: random.Random, accounts: Sequence[UUID]) -> tuple[UUID, Event]:
    """Something about an experiment or a segment, and its stream."""
    account, kind = chance.choice(accounts[:4]), chance.randint(0, 9)
    if kind == 0:
        loyalty = chance.choice([None, LoyaltyClass.LOYAL])
        return account, Account.ProfileChanged(segment=chance.choice(["", "shops"]), loyalty=loyalty)
    if kind == 1:
        segment = Segment(key="shops", name="Shops", labels=("shops",), include=(account,))
        return policy_id("Segments"), Segments.Defined(edition=chance.randint(1, 9), segments=(segment,))
    return chance.choice(EXPERIMENTS), _told(chance, account, kind)


def _told(chance: random.Random, account: UUID, kind: int) -> Event:
    if kind == 2:
        return Experiment.AccountLeft(account=account, reason="sold")
    if kind == 3:
        return Experiment.Stopped(on=date(2026, 2, 1), reason="too dear", effect=chance.choice([None, EFFECT]))
    if kind == 4:
        results = (Measured(account=account, value=Decimal(1), positions=(3,)),)
        decision = chance.choice(list(ExperimentDecision))
        return Experiment.Concluded(
            on=date(2026, 3, 2), decision=decision, effect=EFFECT, results=results, currency="EUR", lessons=sealed("a")
        )
    value = Decimal(chance.choice(["0", "1", "2.50"]))
    evidence = chance.choice([None, sealed("counted")])
    return Experiment.ResultRecorded(account=account, value=value, on=date(2026, 2, 1), evidence=evidence)
