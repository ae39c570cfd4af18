"""The bridge between two states of knowledge about the same moment: what late facts and withdrawals made of it.

It closes as `projections.bridge` does: end = start + new + reopened + increased + moved_in + revalued − decreased −
moved_out − lost − disqualified − won. An opportunity that was taken for open and is known to be closed counts as that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from domain.account.account import Account
from domain.aggregate import Withdrawal
from domain.journal.mapper import JournalMapper
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from projections.bridge import BridgeAnswer, CurrencyChanged, Deal, Deals, contributions, deals_of
from projections.deals import Filters, Missing
from projections.view import View

ENDED = {Opportunity.Won.topic, Opportunity.Lost.topic, Opportunity.Disqualified.topic}
PLACED = {
    Opportunity.OwnerChanged.topic, Opportunity.CloseDateMoved.topic, Member.TerritoryAssigned.topic,
    Member.TerritoryLeft.topic, Account.ProfileChanged.topic, Account.AccountsMerged.topic,
    Account.AccountsSeparated.topic, Opportunity.Opened.topic,
}  # fmt: skip
BEHIND: Mapping[str, set[str]] = {
    "new": {Opportunity.Opened.topic},
    "reopened": {Opportunity.Reopened.topic, *ENDED},
    "increased": {Opportunity.AmountRevised.topic, Opportunity.Opened.topic},
    "decreased": {Opportunity.AmountRevised.topic, Opportunity.Opened.topic},
    "moved_in": PLACED,
    "moved_out": PLACED,
    "revalued": {ExchangeRates.RateSet.topic, PriceList.PriceSet.topic, PriceList.ProductRemoved.topic},
    "lost": ENDED,
    "disqualified": ENDED,
    "won": ENDED,
}
"""Which facts can be behind a kind of contribution, by coming late or by being withdrawn; what was closed is valued at
the rate of that day, so that its end, too, can have revalued it."""
VALUED_BY = (policy_id("ExchangeRates"), policy_id("PriceList"))


class LateFact(NamedTuple):
    """A fact that became known between two states of knowledge; `topic` is that of the fact that it withdraws, where
    it is a withdrawal."""

    position: int
    topic: str


_mapper = JournalMapper()


def late_facts(then: View, now: View, streams: Collection[UUID]) -> dict[UUID, list[LateFact]]:
    """By stream, what became known about the moment of both views between them: late facts, and withdrawals of facts
    that had happened by that moment."""
    asked = {"streams": list(streams), "then": then.clock.known_at, "known_at": now.clock.known_at}
    sql = (
        "select position, aggregate_id, topic, state from events where aggregate_id = any(%(streams)s)"
        " and position > %(then)s and position <= %(known_at)s order by position"
    )
    told = now.connection.execute(sql, asked).fetchall()
    decoded = {position: _mapper.decoder(topic, position).lean(position, bytes(s)) for position, _, topic, s in told}
    taken = {position: each.event.position for position, each in decoded.items() if isinstance(each.event, Withdrawal)}
    sql = "select position, topic, state from events where position = any(%s)"
    gone = {
        position: (topic, _mapper.decoder(topic, position).lean(position, bytes(state)).occurred_at)
        for position, topic, state in now.connection.execute(sql, (list(taken.values()),))
    }
    found: dict[UUID, list[LateFact]] = {}
    for position, stream, topic, _ in told:
        known = (topic, decoded[position].occurred_at)
        topic, occurred_at = gone.get(taken[position], known) if position in taken else known
        if occurred_at <= now.clock.as_of:
            found.setdefault(stream, []).append(LateFact(position, topic))
    return found


def known_bridge(then: View, now: View, filters: Filters | None = None) -> BridgeAnswer:
    """What became of the open amount as of one moment, from what was known then to what is known now.

    Raises CurrencyChanged where the reporting currency is another."""
    filters = filters or Filters()
    if then.currency and then.currency != now.currency:
        raise CurrencyChanged(then=then.currency, now=now.currency)
    lacking = Missing()
    before = deals_of(then, filters, lacking, only_open=True)
    after = deals_of(now, filters, lacking, only_open=True)
    closed = "outcome <> '' and key = any(%(keys)s)"
    after |= deals_of(now, filters, lacking, also=closed, keys=[*before])
    entered = [*(after.keys() - before.keys())]
    outside = deals_of(then, Filters(), Missing(), also="key = any(%(keys)s)", keys=entered) if entered else {}
    answer = contributions(then, now, before, after, outside)
    answer.missing_rates, answer.missing_prices = lacking.rates, lacking.prices
    _name_late_facts(answer, then, now, before | outside, after)
    return answer


def _name_late_facts(answer: BridgeAnswer, then: View, now: View, before: Deals, after: Deals) -> None:
    keys = {item.opportunity for item in answer.items}
    around = {key: _around(before.get(key), after.get(key)) for key in keys}
    streams = keys.union(VALUED_BY, *around.values())
    found = late_facts(then, now, streams) if keys else {}
    for item in answer.items:
        of_it = [item.opportunity, *around[item.opportunity], *(VALUED_BY if item.kind == "revalued" else ())]
        late = [fact for stream in of_it for fact in found.get(stream, ())]
        closed = after.get(item.opportunity)
        dated = ENDED if item.kind == "revalued" and closed and not closed.open else set[str]()
        item.positions = sorted(fact.position for fact in late if fact.topic in BEHIND[item.kind] | dated)


def late_causes(
    then: View, now: View, stays: Mapping[UUID, bool], before: Deals, after: Deals
) -> dict[UUID, list[int]]:
    """Per opportunity the positions of what became known about it; where that is nothing, of late rates and prices if
    it stays in the filter, of what became known about its account and owner if not."""
    around = {key: _around(before.get(key), after.get(key)) for key in stays}
    found = late_facts(then, now, {*stays, *VALUED_BY}.union(*around.values()))
    told: dict[UUID, list[int]] = {}
    for key, stayed in stays.items():
        kind, others = ("revalued", VALUED_BY) if stayed else ("moved_in", around[key])
        late = [fact for each in others for fact in found.get(each, ()) if fact.topic in BEHIND[kind]]
        told[key] = sorted(fact.position for fact in found.get(key) or late)
    return told


def _around(*deals: Deal | None) -> set[UUID]:
    """The accounts and owners of an opportunity in both states."""
    return {each for deal in deals if deal for each in (deal.account, deal.owner) if each}
