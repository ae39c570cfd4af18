"""What rules of findings look at: the rows of a view, loaded once, by customer (merged accounts are one)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from domain.finding import SubjectKind
from domain.member import Role
from domain.opportunity.buyers import BuyerRole, Support
from domain.policies.calendar import day_end, day_of
from domain.policies.process_definition import ForecastCategory, Stage
from domain.policies.service_policy import ServiceLevel
from projections.accounts import ACCOUNTS, AccountRow
from projections.action_items import ACTION_ITEMS
from projections.answers import ANSWERS, AnswerRow
from projections.buyers import BUYERS, BuyerRow
from projections.commitments import COMMITMENTS
from projections.contacts import CONTACTS
from projections.conversion import StageFlow, conversion
from projections.engine import ReadModel, Row, as_of_sql
from projections.exposure_facts import known_people
from projections.exposure_web import Web, web_of
from projections.finding import Found
from projections.issue_list import Complaint, complaints
from projections.key_accounts import KeyStatus, key_statuses
from projections.members import MEMBERS, MemberRow
from projections.needs import NEEDS
from projections.opportunities import FUNNEL, FunnelRow
from projections.partner_answer import PartnerStanding
from projections.partner_standing import Standings
from projections.plan_facts import PlanFacts, open_plans
from projections.seen import Seen, positions_of, rows_as_of
from projections.stakeholders import STAKEHOLDERS, StakeholderRow
from projections.strategy_standing import InForce, in_force
from projections.view import FEW, View
from projections.visits import VISITS

R = TypeVar("R", bound=Row)
FOR_US = (Support.MENTOR, Support.SUPPORTER)
AGAINST_US = (Support.NON_SUPPORTER, Support.ENEMY)
LATE = 0.5
"""The base probability from which on a stage is a late one."""
IDENTIFIERS = {ACTION_ITEMS.name: "item", COMMITMENTS.name: "commitment", NEEDS.name: "need", VISITS.name: "visit"}
"""The columns that hold the identifier of what goes on after a merge."""


class Met(NamedTuple):
    """When somebody of a customer was last met or spoken to, and the position of that fact."""

    at: datetime
    position: int


class Facts:
    """Everything that rules look at, as of a view's clocks, of the accounts that the asker may see; where these are
    some of all, what is usual is what it is in the `whole`."""

    def __init__(self, view: View, whole: Facts | None = None) -> None:
        self.view = view
        self._whole = whole or self
        self.now = view.clock.as_of
        self.today = day_of(view.policies.company, self.now)

    @cached_property
    def accounts(self) -> dict[UUID, Seen[AccountRow]]:
        """The customers, of each its name and manager; accounts that were merged into others are not among them."""
        visible, merged = self.view.visible_accounts(), self.view.merged
        columns = "key, name, manager, valid_from, cause"
        where = "" if visible is None else "key = any(%(visible)s)"
        return {
            key: Seen(key, AccountRow(name=name, manager=manager), *stood)
            for key, name, manager, *stood in self.view.rows(ACCOUNTS, columns, where, visible=visible)
            if key not in merged
        }

    @cached_property
    def statuses(self) -> dict[UUID, KeyStatus]:
        """The key status of each customer that has it."""
        return {key: status for key, status in key_statuses(self.view).items() if key in self.accounts}

    @cached_property
    def key_accounts(self) -> list[Seen[AccountRow]]:
        """The customers with key status."""
        return [each for each in self.accounts.values() if each.key in self.statuses]

    @cached_property
    def members(self) -> dict[UUID, Seen[MemberRow]]:
        """Our people who are here."""
        rows = rows_as_of(self.view, MEMBERS, MemberRow)
        return {each.key: each for each in rows if not each.row.has_left}

    @cached_property
    def managers(self) -> list[Seen[MemberRow]]:
        """Our people who manage accounts that the asker may see."""
        theirs = {each.row.manager for each in self.accounts.values()}
        return [each for key, each in self.members.items() if key in theirs and Role.MANAGER in each.row.roles]

    @cached_property
    def deals(self) -> list[Seen[FunnelRow]]:
        """The open opportunities of the customers."""
        rows = self._of_visible(FUNNEL, FunnelRow, "account")
        return [each for each in rows if self.customer(each.row.account) in self.accounts]

    @cached_property
    def buyers(self) -> dict[UUID, list[Seen[BuyerRow]]]:
        """Who is mapped on each open opportunity, of those who are still there."""
        found = self.of_deals(BUYERS, BuyerRow)
        return {key: [each for each in rows if self.person(each) in self.present] for key, rows in found.items()}

    @cached_property
    def present(self) -> dict[UUID, Seen[StakeholderRow]]:
        """The people of customers who are there."""
        rows = self._of_visible(STAKEHOLDERS, StakeholderRow, "account", "present")
        return {each.row.stakeholder: each for each in rows if each.row.stakeholder}

    @cached_property
    def answers(self) -> dict[UUID, dict[str, Seen[AnswerRow]]]:
        """Our answers to the questions of each open opportunity."""
        found = self.of_deals(ANSWERS, AnswerRow, "competitor = ''")
        return {key: {each.row.question: each for each in rows} for key, rows in found.items()}

    @cached_property
    def met(self) -> dict[UUID, Met]:
        """When each person of customers was last met on a visit or spoken to; see `person`."""
        return self._last("stakeholders", self._seen("true"))

    def at_work(self, since: datetime) -> dict[UUID, Met]:
        """When each of ours last met or spoke to somebody, whoever may see with whom, of those who did since then."""
        return self._last("people", "at >= %(since)s and valid_from >= %(since)s", since=since)

    @cached_property
    def newest_visits(self) -> dict[UUID, datetime]:
        """When each customer was last visited."""
        rows = as_of_sql(VISITS, "account, at", self._seen("status = 'logged'"), only_open=True)
        sql = f"select account, max(at) from ({rows}) visit group by account"
        found: dict[UUID, datetime] = {}
        for account, at in self.view.connection.execute(sql.encode(), self._asked):
            customer = self.customer(account)
            found[customer] = max(found.get(customer, at), at)
        return found

    def _seen(self, where: str) -> str:
        """A condition, on rows of accounts that the asker may see."""
        return where if self.view.visible_accounts() is None else f"{where} and account = any(%(visible)s)"

    @property
    def _asked(self) -> dict[str, Any]:
        return self.view.parameters(visible=self.view.visible_accounts())

    def _last(self, column: str, where: str, **parameters: Any) -> dict[UUID, Met]:
        found: dict[UUID, Met] = {}
        for model, condition in ((VISITS, f"status = 'logged' and {where}"), (CONTACTS, where)):
            rows = as_of_sql(model, f"{column}, at, cause", condition, only_open=True)
            sql = (
                f"select distinct on (who) who, at, cause from ({rows}) met, unnest({column}) who"
                " order by who, at desc, cause desc"
            )
            for mapped, at, position in self.view.connection.execute(sql.encode(), self._asked | parameters):
                who = self.view.person(mapped)
                found[who] = max(found.get(who, Met(at, position)), Met(at, position))
        return found

    def of_customers(
        self, model: ReadModel, kind: type[R], where: str = "", **parameters: Any
    ) -> dict[UUID, list[Seen[R]]]:
        """The rows of a model that belong to accounts, by customer; `where` may name %(today)s. What goes on under
        another identifier since a merge is there once."""
        found: dict[UUID, list[Seen[R]]] = defaultdict(list)
        for each in self._of_visible(model, kind, "account", where, today=self.today, **parameters):
            account, item = getattr(each.row, "account", None), getattr(each.row, IDENTIFIERS.get(model.name, ""), None)
            if self.customer(account) in self.accounts and not (account and self.view.goes_on_elsewhere(account, item)):
                found[self.customer(account)].append(each)
        return found

    def _of_visible(
        self, model: ReadModel, kind: type[R], column: str, where: str = "", **parameters: Any
    ) -> list[Seen[R]]:
        """The rows whose account, in a column, the asker may see."""
        visible = self.view.visible_accounts()
        wanted = [f"({where})"] if where else []
        wanted += [] if visible is None else [f"{column} = any(%(visible)s)"]
        return rows_as_of(self.view, model, kind, " and ".join(wanted), visible=visible, **parameters)

    def of_deals(self, model: ReadModel, kind: type[R], where: str = "") -> dict[UUID, list[Seen[R]]]:
        """The rows of a model that belong to open opportunities, by opportunity."""
        found: dict[UUID, list[Seen[R]]] = defaultdict(list)
        for each in self.beside_deals(model, kind, "opportunity", where):
            if opportunity := getattr(each.row, "opportunity", None):
                found[opportunity].append(each)
        return found

    def beside_deals(
        self, model: ReadModel, kind: type[R], column: str, where: str = "", **parameters: Any
    ) -> list[Seen[R]]:
        """The rows of a model that belong to open opportunities, which a column names. Where there are many deals, the
        rows that fulfil the condition are looked through, not each deal's."""
        if len(deals := list(self._deals_by_key)) <= FEW:
            wanted = f"{column} = any(%(deals)s) and ({where or 'true'})"
            return rows_as_of(self.view, model, kind, wanted, deals=deals, **parameters) if deals else []
        open_ones = as_of_sql(FUNNEL, "key", only_open=True)
        wanted = f"{column} in (select key from ({open_ones}) open_deal) and ({where or 'true'})"
        found = rows_as_of(self.view, model, kind, wanted, **self.view.parameters(**parameters))
        return [each for each in found if (getattr(each.row, "opportunity", None) or each.key) in self._deals_by_key]

    @cached_property
    def partners(self) -> list[tuple[Seen[AccountRow], PartnerStanding]]:
        """The customers who are partners of programmes, with where they stand there."""
        found = [each for each in Standings(self.view).partners() if each.left_on is None]
        return [(self.accounts[each.account], each) for each in found if each.account in self.accounts]

    def complaints(self, where: str = "true") -> list[Complaint]:
        """The issues of customers that fulfil a condition. Of accounts that late facts merged into each other in a
        circle none goes on, and their issues are no customer's."""
        found = complaints(self.view, where=where)
        return [each for each in found if each.customer.account in self.accounts]

    @cached_property
    def in_force(self) -> InForce | None:
        """The key account strategy in force, which is everybody's."""
        return in_force(self.view)

    @cached_property
    def webs(self) -> list[Web]:
        """Who knows whom at each customer with key status."""
        return [web_of(each) for each in known_people(self.view.among(each.key for each in self.key_accounts))]

    @cached_property
    def open_plans(self) -> list[PlanFacts]:
        """The plans of customers that are not closed, with their objectives."""
        return open_plans(self.view, self.accounts)

    def deal(self, key: UUID) -> Seen[FunnelRow]:
        """An open opportunity by its key."""
        return self._deals_by_key[key]

    @cached_property
    def _deals_by_key(self) -> dict[UUID, Seen[FunnelRow]]:
        return {each.key: each for each in self.deals}

    @cached_property
    def stays(self) -> list[StageFlow]:
        """How opportunities went from stage to stage."""
        return conversion(self.view).stages

    def usual_days(self, enough: int) -> dict[tuple[str, str], int]:
        """The median days that opportunities stood in each stage of each process, where enough have left it."""
        return {
            (flow.process, flow.stage): flow.median_days
            for flow in self._whole.stays
            if flow.median_days and flow.went_on + flow.ended >= enough
        }

    def end_of(self, day: date | None) -> datetime | None:
        """The last moment of a day of the company's calendar."""
        return day_end(self.view.policies.company, day) if day else None

    def customer(self, account: UUID | None) -> UUID:
        """The account that goes on for an account."""
        return self.view.leads_to(account) if account else UUID(int=0)

    def person(self, buyer: Seen[BuyerRow]) -> UUID | None:
        """Who is mapped: of people who are the same after a merge of accounts the one who goes on."""
        who = buyer.row.stakeholder
        return self.view.person(who) if who else None

    def day(self, moment: datetime) -> date:
        """The day of the company's calendar."""
        return day_of(self.view.policies.company, moment)

    def level(self, account: Seen[AccountRow]) -> ServiceLevel:
        """How closely a customer is looked after."""
        status = self.statuses.get(account.key)
        return ServiceLevel(status.relationship_type) if status else ServiceLevel.NONE

    def cadence(self, account: Seen[AccountRow]) -> timedelta:
        """How long the contact with a customer may pause."""
        return self.cadence_of(self.level(account))

    def cadence_of(self, level: ServiceLevel) -> timedelta:
        """How long the contact with a customer of a level may pause."""
        return timedelta(days=self.view.policies.service.visit_cadence_days[level])

    def stage(self, deal: Seen[FunnelRow]) -> Stage | None:
        """The stage of an opportunity, as its process has it."""
        stages = self.view.policies.process(deal.row.process).stages
        return next((stage for stage in stages if stage.key == deal.row.stage), None)

    def bearers(self, account: Seen[AccountRow]) -> dict[str, bool]:
        """Whether a decision maker and a champion of the customer are mapped on its open opportunities."""
        mapped = [each.row for key in self._deals_of.get(account.key, ()) for each in self.buyers.get(key, ())]
        return {
            "decision_maker": any(each.role is BuyerRole.DECISION_MAKER for each in mapped),
            "champion": any(each.support is Support.MENTOR for each in mapped),
        }

    @cached_property
    def _deals_of(self) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = defaultdict(list)
        for deal in self.deals:
            found[self.customer(deal.row.account)].append(deal.key)
        return found

    def is_late(self, deal: Seen[FunnelRow]) -> bool:
        """Whether an opportunity stands in a late stage."""
        stage = self.stage(deal)
        return stage is not None and stage.probability >= LATE

    def category(self, deal: Seen[FunnelRow]) -> str:
        """What a forecast counts on: what somebody set, else the stage's."""
        stage = self.stage(deal)
        return deal.row.category or (stage.category.value if stage else ForecastCategory.PIPELINE.value)

    def in_role(self, deal: Seen[FunnelRow], *roles: BuyerRole) -> list[Seen[BuyerRow]]:
        """Who is mapped in one of the roles."""
        return [each for each in self.buyers.get(deal.key, ()) if each.row.role in roles]

    def standing(self, deal: Seen[FunnelRow], supports: Iterable[Support]) -> list[Seen[BuyerRow]]:
        """Who stands so."""
        return [each for each in self.buyers.get(deal.key, ()) if each.row.support in supports]

    def about_deal(
        self, deal: Seen[FunnelRow], text: str, *causes: Seen[Any] | int, since: datetime | None = None
    ) -> Found:
        """A finding about an opportunity; it always rests on the opportunity's own row, too."""
        account = self.customer(deal.row.account)
        member = deal.row.owner or self.accounts[account].row.manager
        positions = positions_of((deal, *causes))
        return Found(SubjectKind.OPPORTUNITY, deal.key, text, positions, since or deal.since, account, member)

    def about_account(
        self, account: Seen[AccountRow], text: str, *causes: Seen[Any] | int, since: datetime | None = None
    ) -> Found:
        """A finding about a customer."""
        positions = positions_of(causes or (account,))
        return Found(SubjectKind.ACCOUNT, account.key, text, positions, since, account.key, account.row.manager)

    def about_member(self, member: Seen[MemberRow], text: str, *causes: Seen[Any] | int) -> Found:
        """A finding about one of ours."""
        return Found(SubjectKind.MEMBER, member.key, text, positions_of(causes or (member,)), None, None, member.key)

    def about_strategy(self, text: str, causes: Iterable[int], due: date | None, member: UUID | None) -> Found:
        """A finding about the strategy in force."""
        assert self.in_force
        subject, since = self.in_force.line.strategy, self.end_of(due)
        return Found(SubjectKind.STRATEGY, subject, text, positions_of(causes), since, None, member)
