"""The standing of partners over time (金钥匙合作伙伴): how both sides kept each period, what it earns, whom it reached.

Scores are as computed when they were given, by the edition that they name: partner = Σ weight·score / Σ weight over
the obligations of its side, and the same for us. Amounts are converted at the rate of the day of their delivery.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from domain.partner_programme.terms import ScoringUnit
from domain.policies.calendar import day_of, period, period_of
from domain.policies.company import Company
from domain.sealed import Sealed
from projections.partner_answer import (
    DownstreamCustomer,
    Network,
    PartnerStanding,
    PartnerState,
    PartnerTrend,
    RewardLine,
    ScoredPeriod,
    UnscoredPeriod,
)
from projections.partner_facts import Backed, backed_rows, names_of_accounts
from projections.partner_programmes import PARTNER_PROGRAMMES, PartnerProgrammeRow
from projections.partner_rewards import DOWNSTREAM, PARTNER_REWARDS, DownstreamRow, PartnerRewardRow
from projections.programme_partners import (
    COMPLIANCES,
    PROGRAMME_PARTNERS,
    ComplianceRow,
    ProgrammePartnerRow,
)
from projections.reporting import Reporting
from projections.seen import Seen, rows_as_of
from projections.view import View

Read = Callable[[Sealed, str], str | None]
Key = tuple[UUID, UUID]
"""A programme and the customer that is its partner."""
FIRST_OF = (PartnerState.BELOW, PartnerState.UNSCORED, PartnerState.KEPT, PartnerState.LEFT)


def nothing_read(_: Sealed, __: str) -> None:
    """Opens no sealed text."""


class Standings:
    """The partners of a programme, or of all; of some accounts, or of all. `read` opens names of downstream
    customers for those who may read them."""

    def __init__(
        self,
        view: View,
        programme: UUID | None = None,
        accounts: list[UUID] | None = None,
        read: Read = nothing_read,
    ) -> None:
        self._view, self._read, self._which = view, read, (programme, accounts)
        self._company: Company = view.policies.company
        self.today = day_of(self._company, view.clock.as_of)
        self._reporting = Reporting(view)
        where = "key = %(programme)s" if programme else ""
        rows = rows_as_of(view, PARTNER_PROGRAMMES, PartnerProgrammeRow, where, programme=programme)
        self.programmes: dict[UUID, Seen[PartnerProgrammeRow]] = {each.key: each for each in rows}

    @property
    def missing_rates(self) -> dict[str, int]:
        """Amounts by currency that have no rate."""
        return self._reporting.missing_rates

    def partners(self) -> list[PartnerStanding]:
        """All of them: below the threshold first, then by name."""
        if not self.programmes:
            return []
        enrolled = self._by_partner(backed_rows(self._view, PROGRAMME_PARTNERS, ProgrammePartnerRow, *self._which))
        if not enrolled:
            return []
        scores = self._by_partner(backed_rows(self._view, COMPLIANCES, ComplianceRow, *self._which))
        rewards = self._by_partner(backed_rows(self._view, PARTNER_REWARDS, PartnerRewardRow, *self._which))
        served = self._by_partner(backed_rows(self._view, DOWNSTREAM, DownstreamRow, *self._which))
        theirs = {
            self._view.leads_to(each.row.customer) for rows in served.values() for each in rows if each.row.customer
        }
        names = names_of_accounts(self._view, [*{account for _, account in enrolled}, *theirs])
        found = [
            self._standing(key, rows, scores.get(key, []), rewards.get(key, []), served.get(key, []), names)
            for key, rows in enrolled.items()
            if key[0] in self.programmes
        ]
        return sorted(found, key=lambda one: (FIRST_OF.index(one.state), one.name, str(one.account)))

    def _by_partner(self, rows: Iterable[Backed]) -> dict[Key, list[Backed]]:  # type: ignore[type-arg]
        found: dict[Key, list[Backed]] = defaultdict(list)  # type: ignore[type-arg]
        for each in rows:
            found[each.row.programme, self._view.leads_to(each.row.account)].append(each)
        return found

    def _standing(
        self,
        key: Key,
        enrolled: list[Backed[ProgrammePartnerRow]],
        scores: list[Backed[ComplianceRow]],
        rewards: list[Backed[PartnerRewardRow]],
        served: list[Backed[DownstreamRow]],
        names: dict[UUID, tuple[str, str]],
    ) -> PartnerStanding:
        programme, account = key
        stays = sorted((each.row for each in enrolled), key=lambda row: (row.left_on is None, row.enrolled_on))
        newest, left = stays[-1], None if stays[-1].left_on is None else stays[-1]
        since = min(row.enrolled_on for row in stays if row.enrolled_on)
        periods = self._periods(scores, rewards)
        downstream = self._downstream(served, names)
        external_id, name = names.get(account, ("", ""))
        return PartnerStanding(
            programme=programme,
            programme_title=self.programmes[programme].row.title,
            account=account,
            external_id=external_id,
            name=name,
            enrolled_as=sorted(each.row.account for each in enrolled if each.row.account not in (None, account)),
            partner_kind=newest.partner_kind,
            enrolled_on=since,
            left_on=left.left_on if left else None,
            leaving_reason=left.leaving_reason if left else "",
            agreed_by=newest.agreed_by,
            member=newest.member,
            state=_state(periods, left is not None),
            trend=_trend(periods),
            periods=periods,
            unscored=self._unscored(self.programmes[programme].row.unit, newest, {each.period for each in periods}),
            network=_network(downstream, self._view.money(Decimal(0))),
            positions=sorted(position for each in enrolled for position in each.positions),
            downstream=downstream,
        )

    def _periods(
        self, scores: list[Backed[ComplianceRow]], rewards: list[Backed[PartnerRewardRow]]
    ) -> list[ScoredPeriod]:
        """The newest first; of a period that two merged accounts were scored for, the later score."""
        held = {each.row.period: each for each in sorted(scores, key=lambda each: each.positions[-1])}
        given: dict[str, list[RewardLine]] = defaultdict(list)
        for each in rewards:
            given[each.row.period].append(self._reward(each))
        found: list[ScoredPeriod] = []
        before: Decimal | None = None
        for name in sorted(held):
            one = self._period(held[name], before, given[name])
            before = one.partner
            found.insert(0, one)
        return found

    def _period(self, scored: Backed[ComplianceRow], before: Decimal | None, rewards: list[RewardLine]) -> ScoredPeriod:
        row, decided = scored.row, {each.reward for each in rewards}
        assert row.first
        assert row.last
        over = row.last < self.today
        return ScoredPeriod(
            period=row.period,
            first=row.first,
            last=row.last,
            edition=row.edition,
            us=row.us,
            partner=row.partner,
            threshold=row.threshold,
            below=row.below,
            change=None if before is None else row.partner - before,
            scores={key: Decimal(score) for key, score in zip(row.obligations, row.scores, strict=True)},
            broken_by_us=list(row.broken_by_us),
            broken_by_partner=list(row.broken_by_partner),
            rewards=rewards,
            due=[each for each in row.earned if over and each not in decided],
            times_scored=row.times_scored,
            positions=scored.positions,
        )

    def _reward(self, given: Backed[PartnerRewardRow]) -> RewardLine:
        row = given.row
        value = self._reporting.amount(row.worth, row.currency, row.granted) if row.granted else None
        return RewardLine(row.reward, row.status, row.worth, row.currency, value, row.reason, given.positions)

    def _unscored(self, unit: ScoringUnit, stay: ProgrammePartnerRow, scored: set[str]) -> list[UnscoredPeriod]:
        """The periods of the newest stay that are over and have no score, the oldest first."""
        assert stay.enrolled_on
        until = min(stay.left_on or date.max, self.today)
        found, day = [], stay.enrolled_on
        while day <= until:
            one = period(self._company, period_of(self._company, day, unit.value))
            if one.last < self.today and one.key not in scored:
                found.append(UnscoredPeriod(one.key, one.last))
            day = one.last + timedelta(days=1)
        return found

    def _downstream(
        self, served: list[Backed[DownstreamRow]], names: dict[UUID, tuple[str, str]]
    ) -> list[DownstreamCustomer]:
        """By customer, the largest amounts first; equal names are one."""
        found: dict[object, DownstreamCustomer] = {}
        for each in sorted(served, key=lambda one: one.positions):
            row = each.row
            customer = self._view.leads_to(row.customer) if row.customer else None
            assert row.served_on
            assert row.at
            if (line := found.get(customer or row.customer_name)) is None:
                name = names.get(customer, ("", ""))[1] if customer else self._name(row.customer_name)
                zero = self._view.money(Decimal(0))
                seen = customer if customer in names else None
                line = DownstreamCustomer(seen, name or None, 0, zero, 0, row.served_on, [])
                found[customer or row.customer_name] = line
            value = self._reporting.amount(row.amount, row.currency, row.at)
            line.served, line.amount, line.unvalued = (
                line.served + 1,
                line.amount + (value or 0),
                line.unvalued + (value is None),
            )
            line.last_on = max(line.last_on, row.served_on)
            line.positions += each.positions
        return sorted(found.values(), key=lambda line: (-line.amount, -line.served, line.name or ""))

    def _name(self, name: Sealed | None) -> str | None:
        return self._read(name, "customer_name") if name else None


def _network(downstream: list[DownstreamCustomer], zero: Decimal) -> Network:
    return Network(
        customers=len(downstream),
        served=sum(each.served for each in downstream),
        amount=sum((each.amount for each in downstream), zero),
        unvalued=sum(each.unvalued for each in downstream),
        positions=sorted(position for each in downstream for position in each.positions),
    )


def _state(periods: list[ScoredPeriod], left: bool) -> PartnerState:
    if left:
        return PartnerState.LEFT
    if not periods:
        return PartnerState.UNSCORED
    return PartnerState.BELOW if periods[0].below else PartnerState.KEPT


def _trend(periods: list[ScoredPeriod]) -> PartnerTrend:
    change = periods[0].change if periods else None
    if change is None:
        return PartnerTrend.UNKNOWN
    return PartnerTrend.STEADY if change == 0 else PartnerTrend.RISING if change > 0 else PartnerTrend.FALLING
