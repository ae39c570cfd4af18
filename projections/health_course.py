"""The scores of one account at many moments: what is kept of them, and what is reckoned of the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from projections.foreseeing import foresee
from projections.health_curve import standing_at
from projections.health_days.reading import kept_course
from projections.health_facts import facts_of
from projections.health_scores import present_scores
from projections.view import View


def health_course(view: View, account: UUID, moments: Sequence[datetime]) -> dict[datetime, float | None]:
    """The scores that `health_curve` has at each of these moments, in their order; None where no component had facts or
    the account was not there."""
    asked = sorted(set(moments))
    found = kept_course(view, account, asked)
    if asked and asked[-1] not in found and (present := present_scores(view.at(asked[-1]))) is not None:
        found[asked[-1]] = present.get(account)
    others = list(view.through((each for each in asked if each not in found), of_one=True))
    if others:
        foresee(others[0], partial(facts_of, account=account))
    found |= {then.clock.as_of: standing_at(then, account)[0] for then in others}
    return {moment: found[moment] for moment in asked}
