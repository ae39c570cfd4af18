"""Where rows become facts: what the planning of every kind needs: moments, money, references, seals, and a tray."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from api.importing.files import Content
from api.importing.kinds.row import Kind, Row
from api.importing.mapping import Mapping
from api.importing.names import Directory, Names
from api.importing.past import Past, source_of
from api.importing.refusals import Fault
from api.importing.report import Ledger
from api.importing.world import Fact, World
from domain.aggregate import Aggregate, Precision
from domain.journal.people import People
from domain.language.catalogue import say
from domain.money import Money
from domain.policies.calendar import day_end, day_of
from domain.policies.company import Company
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.territories import Territories
from domain.sealed import Sealed

NOBODY = UUID(int=0)
FUTURE = Fault("this lies in the future", "Import what has happened; plans go into the columns for expected dates.")
NO_CURRENCY = Fault(
    "nothing says in which currency this is", "Add a column currency, or state it in the mapping or for the company."
)

T = TypeVar("T")


class Clock:
    """Days and instants as moments of the company's calendar; nothing lies after `now`."""

    def __init__(self, company: Company, now: datetime, on: date | None) -> None:
        self._company, self.now = company, now
        self._zone = ZoneInfo(company.time_zone)
        self._today = day_of(company, now)
        self._days: dict[date, datetime] = {}
        self.export = self.end_of(on or self._today)

    def end_of(self, day: date) -> datetime:
        """The last moment of a day; for today, now."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self.now if day == self._today else day_end(self._company, day)
        return found

    def day_of(self, moment: datetime) -> date:
        """The company's day in which a moment lies."""
        return day_of(self._company, moment)

    def moment(self, value: date | datetime) -> datetime:
        """A day or an instant as a moment; an instant without offset is one of the company's time zone."""
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=self._zone)).astimezone(UTC)
        return self.end_of(value)


class Desk:
    """Takes facts from rows. A row with a reference that nobody knows is refused, with all its faults."""

    def __init__(
        self,
        content: Content,
        mapping: Mapping,
        ledger: Ledger,
        names: Names,
        world: World,
        past: Past,
        clock: Clock,
        people: People,
    ) -> None:
        self.content, self.mapping, self.ledger, self.names = content, mapping, ledger, names
        self.world, self.past, self.clock, self.people = world, past, clock, people
        self.earliest = clock.export
        self.facts: list[Fact] = []
        self.sound = True
        self.currency = mapping.currency or world.newest(Company, policy_id("Company")).currency
        self.territories = _territories(content, world)
        self.products = _products(content, world)
        self._row: Row | None = None
        self._own = 0
        self._accounts_of_deals: dict[UUID, UUID | None] | None = None

    # Rows

    def take_up(self, row: Row) -> None:
        """Begin with a row: faults from now on are its faults."""
        self._row, self.sound = row, True

    def fault(self, column: str, value: object, fault: Fault) -> None:
        """The row in hand cannot be taken, for this reason too."""
        assert self._row is not None
        self.sound = False
        self.ledger.refuse(self._row.place, column, str(value), fault)

    # What cells mean

    def day(self, column: str, value: date | datetime) -> datetime:
        """The moment of a day or instant that must not lie in the future."""
        moment = self.clock.moment(value)
        if moment > self.clock.now:
            self.fault(column, value, FUTURE)
        return moment

    def money(self, column: str, amount: Decimal, currency: str | None) -> Money:
        """An amount in the currency of its row, else of the mapping, else of the company."""
        stated = currency or self.currency
        if not stated:
            self.fault(column, amount, NO_CURRENCY)
        elif len(stated) != 3 or not stated.isascii() or not stated.isalpha():
            self.fault("currency", stated, Fault("this is no currency", "State its three letters, such as CNY."))
            stated = ""
        return Money.of(amount, stated.upper()) if stated else Money(amount, "")

    def account(self, column: str, sought: str) -> UUID:
        """The account of an external id or a name."""
        return self._one(self.names.accounts, "account", column, sought)

    def member(self, column: str, sought: str) -> UUID:
        """One of our people, by external id or name."""
        return self._one(self.names.members, "member", column, sought)

    def opportunity(self, column: str, sought: str) -> UUID:
        """The opportunity of an external id."""
        return self._one(self.names.opportunities, "opportunity", column, sought)

    def thing(self, word: str, column: str, sought: str) -> UUID:
        """The issue, plan, strategy, programme or experiment of an external id."""
        return self._one(self.names.things[word], word, column, sought)

    def account_of_deal(self, deal: UUID) -> UUID | None:
        """The account of an opportunity that is recorded or that a row opens; None where nothing tells it."""
        if self._accounts_of_deals is None:
            rows = self.content.of("opportunities")
            self._accounts_of_deals = {
                self.names.opportunities.by_external_id[row.external_id]: self.names.accounts.find(row.account)
                for row in rows
                if row.account
            }
        for fact in self.world.histories.get(deal, ())[:1]:
            return getattr(fact.event, "account", None)
        return self._accounts_of_deals.get(deal)

    def territory(self, column: str, sought: str) -> str:
        """The key of a territory, by key or name."""
        return self._key(self.territories, "territory", column, sought)

    def product(self, column: str, sought: str) -> str:
        """The key of a product, by key or name."""
        return self._key(self.products, "product", column, sought)

    def _one(self, directory: Directory, kind: str, column: str, sought: str) -> UUID:
        found = directory.find(sought)
        if found is not None:
            return found
        several = directory.is_shared(sought)
        reason = (
            say("several are called so: which {kind}?", kind=kind)
            if several
            else say("there is no {kind} {sought}", kind=kind, sought=sought)
        )
        remedy = "Name it by its external id." if several else say("Import the {kind} with it, or before.", kind=kind)
        self.fault(column, sought, Fault(reason, remedy))
        return NOBODY

    def _key(self, known: dict[str, str], kind: str, column: str, sought: str) -> str:
        if sought not in known:
            shown = ", ".join(sorted(set(known.values()))[:20]) or "none"
            remedy = say("Known are: {shown}. Import the {kind} with it, or before.", shown=shown, kind=kind)
            self.fault(column, sought, Fault(say("there is no {kind} {sought}", kind=kind, sought=sought), remedy))
        return known.get(sought, "")

    # Seals

    def seal_person(self, person: UUID, field: str, text: str | None) -> Sealed | None:
        """A name or contact under the person's key; None where there is none."""
        return self.people.seal_person(person, field, text) if text else None

    def seal_text(self, subject: UUID, people: Iterable[UUID], field: str, text: str | None) -> Sealed | None:
        """A free text under a key filed under the people it concerns; None where there is none."""
        return self.people.seal_text(subject, tuple(sorted(set(people))), field, text) if text else None

    # Facts

    def is_settled(self, kind: Kind, row: Row, aggregate_id: UUID, child: str = "") -> bool:
        """Whether a completed import took this very row, and no newer one about the same thing came since."""
        taken = self.past.newest(aggregate_id, kind, child, row.digest)
        return taken is not None and taken.complete

    def add(
        self,
        kind: Kind,
        row: Row,
        step: int,
        at: datetime,
        rank: int,
        about: tuple[type[Aggregate], UUID],
        decide: Callable[[Any, World], None],
        *,
        child: str | None = "",
        exact: bool = False,
        also: tuple[int, ...] = (),
    ) -> None:
        """Put a fact on the tray, unless it is recorded already. `step` (0 to 7) numbers the facts of the row; `exact`
        says that `at` is a moment and not a day; `child` None marks a dated row, which stands for itself."""
        source = source_of(row.digest, kind, step)
        root, aggregate_id = about
        if child is None:
            if self.past.has(source):
                return
        else:
            taken = self.past.newest(aggregate_id, kind, child, row.digest)
            if taken is not None and step in taken.numbers:
                return
        precision = Precision.MOMENT if exact else Precision.DAY
        fact = Fact(at, rank, root, aggregate_id, row.place, source, precision, decide, also)
        self.facts.append(fact)

    def add_own(self, root: type[Aggregate], key: str, decide: Callable[[Any, World], None]) -> None:
        """A fact of the mapping: it is true from the earliest moment on, before everything else."""
        self._own += 1
        place, about = -1_000_000 - self._own, policy_id(root.__name__, key)
        self.facts.append(Fact(self.earliest, 0, root, about, place, b"\0" * 9, Precision.DAY, decide))


def batches(rows: list[T], size: int = 5_000) -> Iterable[list[T]]:
    """The rows, some thousand at a time: keys for personal data are made for so many at once."""
    return (rows[begin : begin + size] for begin in range(0, len(rows), size))


def _territories(content: Content, world: World) -> dict[str, str]:
    known = world.newest(Territories, policy_id("Territories")).territories.values()
    rows: list[Any] = content.of("territories")
    named = {each.name: each.key for each in (*known, *rows) if each.name}
    return {**named, **{each.key: each.key for each in (*known, *rows)}}


def _products(content: Content, world: World) -> dict[str, str]:
    known = world.newest(PriceList, policy_id("PriceList")).products.values()
    rows: list[Any] = content.of("products")
    named = {each.name: each.key or each.name for each in (*known, *rows)}
    return {**named, **{each.key: each.key for each in (*known, *rows) if each.key}}
