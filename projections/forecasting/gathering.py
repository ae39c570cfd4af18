"""From decoded facts to tables: one for each thing that a forecaster asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.decoding import Batch
from projections.forecasting.histories import NEVER, NONE, MarkKind, Outcome
from projections.forecasting.known import ENDED, OPENED, REOPENED, STAGE, Process, Tables
from projections.forecasting.piles import Codes, Interned, Pile, Ranked
from projections.forecasting.tables import ALWAYS, Table, Withdrawals

ENDS = {
    "Opportunity.Won": Outcome.WON,
    "Opportunity.Lost": Outcome.LOST,
    "Opportunity.Disqualified": Outcome.DISQUALIFIED,
}
YES_NO = {"yes": 1.0, "no": -1.0, "unknown": 0.0}


class Gathering:
    """Takes batches in, in the order of their positions, and makes tables of all so far."""

    def __init__(self) -> None:
        self.position = 0
        self.withdrawn = Withdrawals()
        self.processes: list[Process] = []
        self.piles: dict[str, Pile] = {name: Pile() for name in _BY_DEAL + _BY_OTHERS}
        self.deals, self.members, self.customers = Ranked[bytes](), Ranked[bytes](), Ranked[bytes]()
        self.persons, self.external = Interned[bytes](), Interned[str]()
        self.baskets = Interned[tuple[str, ...]]()
        self.products, self.stages, self.process_keys = Ranked[str](), Ranked[str](), Interned[str]()
        self.territories, self.currencies = Ranked[str](), Interned[str]()
        self.questions, self.supports, self.categories = Ranked[str](), Ranked[str](), Ranked[str]()
        self.uuids = _Identified()
        self._named = list[bytes](), np.zeros(0, object), np.zeros(0, "S16")
        self.priced = set[int]()
        self.visits: dict[bytes, tuple[int, ...]] = {}

    def take_all(self, batches: Iterable[Batch]) -> None:
        """Facts of several topics."""
        for batch in batches:
            self.take(batch)

    def take(self, batch: Batch) -> None:
        """Facts of one topic."""
        if batch.topic.endswith(".FactWithdrawn"):
            self._withdraw(batch)
        elif len(batch):
            _TAKERS[batch.topic](self, batch)

    def _add(self, pile: str, of: Sequence[int] | NDArray[Any], batch: Batch, **said: Any) -> None:
        self.piles[pile].add(of, batch.occurred, batch.knowable, batch.position, **said)

    def _withdraw(self, batch: Batch) -> None:
        since = np.where(batch.live, batch.recorded, ALWAYS)
        for event, gone, position in zip(batch.events, since.tolist(), batch.position.tolist(), strict=True):
            self.withdrawn.add(event.position, gone, position)

    # Deals

    def _opened(self, batch: Batch) -> None:
        of, events = _codes(self.deals, batch.streams), batch.events
        stages = _codes(self.stages, [each.stage for each in events])
        processes = _codes(self.process_keys, [each.process for each in events])
        self._add("course", of, batch, kind=OPENED, key=stages)
        self._add("openings", of, batch, key=_codes(self.external, [e.external_id for e in events]), unit=processes)
        self._add("amounts", of, batch, **self._money([each.amount for each in events]))
        self._add("closes", of, batch, key=days([each.close_on for each in events]))
        self._add("categories", of, batch)
        self._add("owners", of, batch, key=_perhaps(self.members, [each.owner for each in events]))
        self._add("products", of, batch, key=_codes(self.baskets, [each.products for each in events]))
        for product in {product for each in events for product in each.products}:
            self.products[product]
        knowable = batch.recorded  # of an import, the day of its export is not written down, and never later than this
        accounts = _codes(self.customers, [each.account for each in events])
        self.piles["accounts"].add(of, batch.occurred, knowable, batch.position, key=accounts)

    def _moved(self, batch: Batch) -> None:
        of, stages = _codes(self.deals, batch.streams), _codes(self.stages, [each.to for each in batch.events])
        self._add("course", of, batch, kind=STAGE, key=stages)

    def _ended(self, batch: Batch) -> None:
        of = _codes(self.deals, batch.streams)
        won = batch.topic == "Opportunity.Won"
        signed = self._money([each.signed for each in batch.events]) if won else {}
        self._add("course", of, batch, kind=ENDED, key=int(ENDS[batch.topic]), **signed)

    def _reopened(self, batch: Batch) -> None:
        self._add("course", _codes(self.deals, batch.streams), batch, kind=REOPENED)

    def _revised(self, batch: Batch) -> None:
        money = self._money([each.amount for each in batch.events])
        self._add("amounts", _codes(self.deals, batch.streams), batch, kind=1, **money)

    def _close_moved(self, batch: Batch) -> None:
        key = days([each.close_on for each in batch.events])
        self._add("closes", _codes(self.deals, batch.streams), batch, kind=1, key=key)

    def _categorised(self, batch: Batch) -> None:
        key = _codes(self.categories, [each.category for each in batch.events])
        self._add("categories", _codes(self.deals, batch.streams), batch, kind=1, key=key)

    def _owned(self, batch: Batch) -> None:
        key = _codes(self.members, [each.owner for each in batch.events])
        self._add("owners", _codes(self.deals, batch.streams), batch, kind=1, key=key)

    def _money(self, amounts: Iterable[Any]) -> dict[str, Any]:
        pairs = [(float(each.amount), self.currencies[each.currency]) if each else (np.nan, NONE) for each in amounts]
        return {"value": [value for value, _ in pairs], "unit": [unit for _, unit in pairs]}

    # Marks

    def _decided(self, batch: Batch) -> None:
        value = [1.0 if each.decision == "go" else -1.0 for each in batch.events]
        self._add("marks", _codes(self.deals, batch.streams), batch, kind=int(MarkKind.PURSUIT), value=value)

    def _answered(self, batch: Batch) -> None:
        ours = np.fromiter((not each.competitor for each in batch.events), np.bool_, len(batch))
        key = _codes(self.questions, [each.question for each in batch.events])
        value = np.array([YES_NO.get(each.answer, 0.0) for each in batch.events])
        of = np.where(ours, _codes(self.deals, batch.streams), NONE)
        self._add("marks", of, batch, kind=int(MarkKind.ANSWER), key=key, value=value)

    def _mapped(self, batch: Batch) -> None:
        key = _codes(self.supports, [f"{each.role} {each.support}" for each in batch.events])
        people = _codes(self.persons, [each.stakeholder for each in batch.events])
        value = [float(each.key_player) for each in batch.events]
        self._add("buyers", _codes(self.deals, batch.streams), batch, key=key, value=value, unit=people)

    def _unmapped(self, batch: Batch) -> None:
        people = _codes(self.persons, [each.stakeholder for each in batch.events])
        self._add("buyers", _codes(self.deals, batch.streams), batch, unit=people)

    def _competitor(self, batch: Batch) -> None:
        self._add("marks", _codes(self.deals, batch.streams), batch, kind=int(MarkKind.COMPETITOR), value=1.0)

    def _quoted(self, batch: Batch) -> None:
        self._add("marks", _codes(self.deals, batch.streams), batch, kind=int(MarkKind.QUOTE), value=1.0)

    def _planned(self, batch: Batch) -> None:
        for event, position in zip(batch.events, batch.position.tolist(), strict=True):
            if event.opportunities:
                self.visits[event.visit_id] = (position, *(self.deals[each] for each in event.opportunities))

    def _visited(self, batch: Batch) -> None:
        served = [
            tuple(self.deals[each] for each in event.opportunities) or self.visits.get(event.visit_id, ())[1:]
            for event in batch.events
        ]
        self._spread("marks", served, batch, kind=int(MarkKind.CONTACT), value=1.0)

    def _contacted(self, batch: Batch) -> None:
        self._spread("contacts", [[self.persons[each] for each in event.stakeholders] for event in batch.events], batch)

    def _spread(self, pile: str, of: Sequence[Sequence[int]], batch: Batch, **said: Any) -> None:
        """One fact for each of several whom it is about."""
        counts = [len(each) for each in of]
        places = np.repeat(np.arange(len(of)), counts)
        flat = np.array([one for each in of for one in each], np.int32)
        columns = (batch.occurred[places], batch.knowable[places], batch.position[places])
        self.piles[pile].add(flat, *columns, **said)

    # What is around the deals

    def _priced(self, batch: Batch) -> None:
        of = _codes(self.products, [each.key for each in batch.events])
        knowable = batch.knowable
        for place, product in enumerate(of.tolist()):
            if product not in self.priced:
                self.priced.add(product)
                knowable[place] = ALWAYS  # the first list price is usable always
        money = self._money([each.price for each in batch.events])
        self.piles["prices"].add(of, batch.occurred, knowable, batch.position, **money)

    def _price_removed(self, batch: Batch) -> None:
        self._add("prices", _codes(self.products, [each.key for each in batch.events]), batch)

    def _rated(self, batch: Batch) -> None:
        of = _codes(self.currencies, [each.currency for each in batch.events])
        self._add("rates", of, batch, value=[float(each.rate) for each in batch.events])

    def _teams(self, batch: Batch) -> None:
        joins = int(batch.topic == "Member.TerritoryAssigned")
        knowable = np.full(len(batch), ALWAYS, np.int64)  # teams are usable always, as of then
        key = _codes(self.territories, [each.territory for each in batch.events])
        of = _codes(self.members, batch.streams)
        self.piles["teams"].add(of, batch.occurred, knowable, batch.position, kind=joins, key=key)

    def _placed(self, batch: Batch) -> None:
        of = np.array(_codes(self.customers, batch.streams))
        stated = np.array([isinstance(each.territory, str) for each in batch.events], np.bool_)
        key = _codes(
            self.territories, [each.territory if isinstance(each.territory, str) else "" for each in batch.events]
        )
        of = np.where(stated, of, NONE)  # undated where an import brings it, as the account of a deal is
        self.piles["places"].add(of, batch.occurred, batch.recorded, batch.position, key=key)

    def _defined(self, batch: Batch) -> None:
        when = np.maximum(batch.occurred, batch.knowable).tolist()
        moments = zip(batch.occurred.tolist(), when, batch.position.tolist(), batch.events, strict=True)
        for occurred, since, position, event in moments:
            stages = tuple(stage.key for stage in event.definition.stages)
            self.processes.append(Process(occurred, since, position, event.definition.key, stages))

    # Tables

    def tables(self) -> Tables:
        """Everything so far. Codes are numbered by the order of what they stand for, so that what comes to be known
        later changes nothing in what was known before."""
        deals, deal_ids = self.deals.ranked()
        ids, keys = self._identified(deal_ids)
        members, member_ids = self.members.ranked()
        customers, customer_ids = self.customers.ranked()
        products, product_keys = self.products.ranked()
        stages, stage_keys = self.stages.ranked()
        territories, territory_keys = self.territories.ranked()
        questions, question_keys = self.questions.ranked()
        supports, support_keys = self.supports.ranked()
        categories, category_keys = self.categories.ranked()
        ranks = {"owners": members, "accounts": customers, "categories": categories, "buyers": supports}
        by_deal = {name: self._table(name, deals, ranks.get(name)) for name in _BY_DEAL if name not in _OF_KINDS}
        table = {
            "course": self._table("course", deals, stages, (OPENED, STAGE)),
            "marks": self._table("marks", deals, questions, (MarkKind.ANSWER,)),
            "contacts": self._table("contacts"),
            "prices": self._table("prices", products),
            "rates": self._table("rates"),
            "teams": self._table("teams", members, territories),
            "places": self._table("places", customers, territories),
        }
        place = {key: number for number, key in enumerate(product_keys)}
        return Tables(
            **by_deal,
            **table,
            processes=list(self.processes),
            withdrawn=self.withdrawn.copy(),
            deals=ids,
            deal_keys=keys,
            external=np.array([*self.external, None], object)[:-1],
            members=[self.uuids[each] for each in member_ids],
            customers=[self.uuids[each] for each in customer_ids],
            baskets=[tuple(place[each] for each in basket) for basket in self.baskets],
            product_keys=product_keys,
            stages=stage_keys,
            process_keys=list(self.process_keys),
            territories=territory_keys,
            currencies=list(self.currencies),
            questions=question_keys,
            supports=support_keys,
            category_keys=category_keys,
        )

    def _table(
        self, name: str, of: Codes | None = None, key: Codes | None = None, kinds: tuple[int, ...] | None = None
    ) -> Table:
        return self.piles[name].table(self.withdrawn, of, key, kinds)

    def _identified(self, deal_ids: list[bytes]) -> tuple[NDArray[np.object_], NDArray[np.bytes_]]:
        """Deals as they are known by, and their keys as one column; worked out anew where one came."""
        if self._named[0] is not deal_ids:
            ids = [*map(self.uuids.__getitem__, deal_ids)]
            self._named = deal_ids, np.array([*ids, None], object)[:-1], np.array(deal_ids, "S16")
        return self._named[1], self._named[2]


class _Identified(dict[bytes, UUID]):
    """Identifiers, each made once."""

    def __missing__(self, key: bytes) -> UUID:
        self[key] = made = UUID(bytes=key)
        return made


_BY_DEAL = (
    "course", "openings", "amounts", "closes", "categories", "owners", "accounts", "products", "marks", "buyers",
)  # fmt: skip
_OF_KINDS = ("course", "marks")
"""Of which only facts of some kinds have a key that is ranked."""
_BY_OTHERS = ("contacts", "prices", "rates", "teams", "places")

_TAKERS: dict[str, Callable[[Gathering, Batch], None]] = {
    "Opportunity.Opened": Gathering._opened,
    "Opportunity.StageAdvanced": Gathering._moved,
    "Opportunity.StageReverted": Gathering._moved,
    "Opportunity.AmountRevised": Gathering._revised,
    "Opportunity.CloseDateMoved": Gathering._close_moved,
    "Opportunity.ForecastCategorySet": Gathering._categorised,
    "Opportunity.OwnerChanged": Gathering._owned,
    "Opportunity.Won": Gathering._ended,
    "Opportunity.Lost": Gathering._ended,
    "Opportunity.Disqualified": Gathering._ended,
    "Opportunity.Reopened": Gathering._reopened,
    "Opportunity.PursuitDecided": Gathering._decided,
    "Opportunity.QualificationAnswered": Gathering._answered,
    "Opportunity.BuyerMapped": Gathering._mapped,
    "Opportunity.BuyerUnmapped": Gathering._unmapped,
    "Opportunity.CompetitorIdentified": Gathering._competitor,
    "Opportunity.QuoteIssued": Gathering._quoted,
    "Opportunity.QuoteRevised": Gathering._quoted,
    "Account.VisitPlanned": Gathering._planned,
    "Account.VisitLogged": Gathering._visited,
    "Account.ContactLogged": Gathering._contacted,
    "Account.Registered": Gathering._placed,
    "Account.ProfileChanged": Gathering._placed,
    "Member.TerritoryAssigned": Gathering._teams,
    "Member.TerritoryLeft": Gathering._teams,
    "PriceList.PriceSet": Gathering._priced,
    "PriceList.ProductRemoved": Gathering._price_removed,
    "ExchangeRates.RateSet": Gathering._rated,
    "SalesProcess.Defined": Gathering._defined,
}


def days(stated: Iterable[str | None]) -> NDArray[np.int32]:
    """Days as the arrays count them; NEVER for none."""
    found = np.array([each or "NaT" for each in stated], "datetime64[D]")
    return np.where(np.isnat(found), NEVER, found.astype(np.int64)).astype(np.int32)


def _codes(known: Interned[Any], values: Sequence[Any]) -> NDArray[np.int32]:
    return np.fromiter(map(known.__getitem__, values), np.int32, len(values))


def _perhaps(known: Interned[Any], values: Sequence[Any]) -> NDArray[np.int32]:
    """The same, NONE for None."""
    return np.array([NONE if value is None else known[value] for value in values], np.int32)
