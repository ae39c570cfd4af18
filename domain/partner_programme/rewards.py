"""Rewards: what a partner is given for a period, by its score, or against it with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

import msgspec

from domain.aggregate import Event, Part, command
from domain.errors import Refused
from domain.money import Money
from domain.opportunity.amounts import see_that_it_is_not_negative
from domain.opportunity.outcome import stated
from domain.partner_programme.terms import Reward

if TYPE_CHECKING:
    from domain.partner_programme.partner_programme import PartnerProgramme


class RewardUnknown(Refused):
    """{reward} is no reward of edition {edition}; there are: {known}."""


class RewardGrantedAlready(Refused):
    """{reward} is granted for {period} already: withdraw it before it is granted in another way."""


class RewardNotGranted(Refused):
    """{reward} is not granted for {period}; granted are: {known}."""


class ScoreBelowReward(Refused):
    """The score of {period} is {score} and {reward} is from {from_score} on: state a reason to grant it all the
    same."""


class Rewards(Part, eq=False):
    """What is granted for the scored periods that the programme remembers, by partner and period."""

    if TYPE_CHECKING:
        root: ClassVar[PartnerProgramme]

    granted: dict[UUID, dict[str, tuple[str, ...]]] = msgspec.field(default_factory=dict)

    class RewardGranted(Event):
        """A partner is given a reward for a period; `value` is what it is worth, none where that is not money.
        `reason` where its score does not earn it."""

        account: UUID
        reward: str
        period: str
        value: Money | None = None
        reason: str = ""

        def check(self, part: Rewards) -> None:
            """A reward of the edition that the period was scored by, once, earned or with a reason."""
            score = part.root.compliance.score_of(self.account, self.period)
            reward = part.reward_of(score.edition, self.reward)
            if self.reward in part.of(self.account, self.period):
                raise RewardGrantedAlready(reward=self.reward, period=self.period)
            if score.partner < reward.from_score and not self.reason.strip():
                raise ScoreBelowReward(
                    period=self.period, score=score.partner, reward=self.reward, from_score=reward.from_score
                )
            see_that_it_is_not_negative(self.value, "value")

        def apply(self, part: Rewards) -> None:
            """It is granted; what was for periods that are remembered no more leaves the state."""
            scored = part.root.compliance.held.get(self.account, {})
            before = part.granted.get(self.account, {})
            kept = {period: keys for period, keys in before.items() if period in scored}
            part.granted[self.account] = {**kept, self.period: (*kept.get(self.period, ()), self.reward)}

    class RewardWithdrawn(Event):
        """A partner is not given a reward after all."""

        account: UUID
        reward: str
        period: str
        reason: str

        def check(self, part: Rewards) -> None:
            """Granted until now, and the reason is stated."""
            held = part.of(self.account, self.period)
            if self.reward not in held:
                raise RewardNotGranted(reward=self.reward, period=self.period, known=", ".join(held) or "none")
            stated(self.reason, "Withdrawing a reward")

        def apply(self, part: Rewards) -> None:
            """It is granted no more."""
            periods = part.granted.get(self.account, {})
            left = tuple(each for each in periods.get(self.period, ()) if each != self.reward)
            part.granted[self.account] = {**periods, self.period: left}

    def of(self, account: UUID, period: str) -> tuple[str, ...]:
        """What a partner is granted for a period."""
        return self.granted.get(account, {}).get(period, ())

    def reward_of(self, edition: int, key: str) -> Reward:
        """A reward of an edition; refuses one that is not in it."""
        rewards = {each.key: each for each in self.root.compliance.terms_of(edition).rewards}
        if key not in rewards:
            raise RewardUnknown(reward=key, edition=edition, known=", ".join(rewards) or "none")
        return rewards[key]

    @command
    def grant(self, *, account: UUID, reward: str, period: str, value: Money | None = None, reason: str = "") -> None:
        """Grant a partner a reward for a scored period; `value` where it is worth money. A reward that the score does
        not earn needs a `reason`."""
        self.record(
            self.RewardGranted(
                account=account, reward=reward, period=period, value=value and value.normal(), reason=reason.strip()
            )
        )

    @command
    def withdraw(self, *, account: UUID, reward: str, period: str, reason: str) -> None:
        """Take a granted reward back, with the reason."""
        self.record(self.RewardWithdrawn(account=account, reward=reward, period=period, reason=reason.strip()))
