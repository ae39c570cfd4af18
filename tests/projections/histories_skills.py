"""Random facts of members: skills assessed, locked out, let in."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from domain.aggregate import Event
from domain.member import Member
from domain.member.skills import Skills
from domain.policies.skill_model import Measured, Proposal, SkillDimension, SkillMeasure
from tests.domain.given import sealed, some_id
from tests.projections.conftest import START


def skilled_or_locked(chance: random.Random) -> Event:
    """An assessment of one of two periods, a lock-out or its end."""
    measured = Measured(measure=SkillMeasure.WIN_RATE, value=Decimal("0.25"), facts=chance.randint(0, 9), level=2)
    level = chance.randint(1, 3)
    until = chance.choice([None, START + timedelta(days=chance.randint(1, 90))])
    return chance.choice(
        [
            Skills.SkillAssessed(
                dimension=chance.choice(list(SkillDimension)),
                period=chance.choice(["2026-Q1", "2026-Q2"]),
                level=level,
                confirmed_by=some_id("director"),
                computed=Proposal(level=chance.choice([None, level]), edition=1, measures=(measured,)),
                reason=sealed("seen"),
            ),
            Member.LockedOut(reason=sealed("away"), until=until),
            Member.LetIn(),
        ]
    )
