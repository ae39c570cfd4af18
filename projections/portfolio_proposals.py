"""What the portfolio proposes: grant, review, demote. A proposal is never carried out by itself. Pure functions."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from domain.language.catalogue import say, term
from domain.policies.selection_model import SelectionModel

if TYPE_CHECKING:
    from projections.key_accounts import KeyStatus
    from projections.portfolio import PortfolioLine


class Action(enum.StrEnum):
    """What is proposed: to grant key status, to review it, to demote (提名, 盘点, 降级)."""

    GRANT = "grant"
    REVIEW = "review"
    DEMOTE = "demote"


class Proposal(msgspec.Struct):
    """What somebody should decide about a customer, and why; `positions` are the events behind the reasons."""

    account: UUID
    external_id: str
    name: str
    action: Action
    reasons: list[str]
    positions: list[int]


def proposals(model: SelectionModel, lines: Sequence[PortfolioLine], key_accounts: int) -> list[Proposal]:
    """Those that reach every threshold of the model and are no key accounts, to be granted; key accounts whose review
    is due or whose score is not by this edition, to be reviewed; key accounts below a threshold, to be demoted."""
    found = []
    for line in lines:
        for action, reasons in _of(model, line, key_accounts):
            positions = [line.status.position] if line.status else []
            positions += [line.score.position] if line.score else []
            proposal = Proposal(line.account, line.external_id, line.name, action, reasons, sorted(positions))
            found.append(proposal)
    return sorted(found, key=lambda each: list(Action).index(each.action))


def _of(model: SelectionModel, line: PortfolioLine, key_accounts: int) -> Iterator[tuple[Action, list[str]]]:
    is_current = line.score is not None and line.score.current
    if line.status is None:
        if is_current and line.thresholds and all(check.met for check in line.thresholds):
            yield Action.GRANT, [*_reached(line), *_full(model, key_accounts)]
        return
    below = [
        say(
            "{measure} is {found:f}, at least {at_least:f} is asked for",
            measure=term("Measure", check.measure),
            found=check.found,
            at_least=check.at_least,
        )
        for check in line.thresholds
        if check.met is False
    ]
    if below and is_current:
        yield Action.DEMOTE, below
    if why := list(_to_be_reviewed(model, line, line.status)):
        yield Action.REVIEW, why


def _reached(line: PortfolioLine) -> list[str]:
    reasons = [
        say(
            "{measure} is {found:f}, at least {at_least:f}",
            measure=term("Measure", check.measure),
            found=check.found,
            at_least=check.at_least,
        )
        for check in line.thresholds
    ]
    return [*reasons, say("class {abc}", abc=line.abc)] if line.abc == "A" else reasons


def _full(model: SelectionModel, key_accounts: int) -> list[str]:
    if key_accounts < model.portfolio_limit:
        return []
    return [
        say(
            "the portfolio has {key_accounts} of {portfolio_limit}: granting needs a portfolio reason",
            key_accounts=key_accounts,
            portfolio_limit=model.portfolio_limit,
        )
    ]


def _to_be_reviewed(model: SelectionModel, line: PortfolioLine, status: KeyStatus) -> Iterator[str]:
    if status.overdue:
        yield say("the review was due on {review_due}", review_due=status.review_due)
    if not status.justified:
        yield say("no justification since {decided}", decided=status.decided.date())
    if line.score is None:
        yield say("never scored by {key}", key=model.key)
    elif not line.score.current:
        yield say(
            "scored by edition {edition}; the objective of edition {newest} is: {objective}",
            edition=line.score.edition,
            newest=model.edition,
            objective=model.objective,
        )
