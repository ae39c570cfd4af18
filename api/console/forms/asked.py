"""What a form is asked for: a command, to an aggregate, by somebody who may give it; who and what is named there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from api.access import NotAllowed, may, must_give
from api.commands import must_reach
from api.console.forms.accounts import offered
from api.console.forms.fitting import misfit
from api.corrections import CORRECTIONS
from api.endpoints import Call, Endpoint
from api.given import command_named, commands_by_name
from api.identity import identified, is_identifier
from api.names import member_names, opening, stakeholder_names
from api.nouns import NOUNS, OPENINGS
from api.policies import POLICIES
from api.process_words import process_words
from api.timeline import in_words
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate, Recorded
from domain.belonging import title_of
from domain.commands import CommandType, commands_of
from domain.errors import NotFound
from domain.forecast_call.forecast_call import ForecastCall
from domain.issue.issue import Issue
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import Policy, policy_id
from domain.policies.sales_process import SalesProcess
from domain.sealed import Sealed
from projections.view import View

NEW = "new"
"""Stands for the identifier where a command begins something new."""
P = TypeVar("P", bound=Policy)
ROOT_OF: dict[str, type[Aggregate]] = {
    **POLICIES,
    **{noun: root for root, noun in NOUNS.items()},
    "forecast": ForecastCall,
    "forecast-policy": POLICIES["forecast"],
}
"""Kinds of aggregates by the word that stands in the address of a form."""


@cache
def doors() -> dict[str, Endpoint]:
    """Every command that the door takes."""
    return commands_by_name()


@dataclass(frozen=True)
class Door:
    """A command as the door takes it. `corrects` is the command that a correction states anew, `anew` says that it is
    one of any fact."""

    root: type[Aggregate]
    name: str
    endpoint: Endpoint
    corrects: str = ""
    anew: bool = False

    @property
    def command(self) -> CommandType | None:
        """The command of the domain behind it; None for a withdrawal, which is none."""
        return commands_of(self.root).get(self.corrects or self.name)

    @property
    def full_name(self) -> str:
        """Account.visits.log."""
        return f"{self.root.__name__}.{self.name}"

    @property
    def worded_as(self) -> str:
        """The command whose fields it has, by which they are called."""
        return f"{self.root.__name__}.{self.corrects or self.name}"

    @property
    def opens(self) -> bool:
        """Whether it begins something new."""
        return OPENINGS.get(self.root) == self.name


def door_of(noun: str, name: str) -> Door:
    """The command of an address. Raises NotFound."""
    root = ROOT_OF.get(noun)
    if root is None:
        raise NotFound(kind="kind of aggregate", key=noun[:80])
    endpoint = command_named(doors(), root, name)
    plain = endpoint.name.partition(".")[2]
    corrects = next((stated for kind, correct, stated, _ in CORRECTIONS if (kind, correct) == (root, plain)), "")
    return Door(root, plain, endpoint, corrects)


@dataclass
class Asked:
    """A form that somebody asks for. `preset` is what the page that he comes from states already."""

    call: Call
    view: View
    door: Door
    id: UUID | None
    key: str = ""
    preset: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The company's clock."""
        return ZoneInfo(self.call.doors.calendar.company.time_zone)

    @cached_property
    def state(self) -> Any:
        """The aggregate as it is now; None for what is new."""
        return self.call.doors.access.newest.state(self.door.root, self.id) if self.id else None

    @cached_property
    def account(self) -> Account | None:
        """The account that it is about."""
        if isinstance(self.state, Account):
            return self.state
        found = self.state.account if isinstance(self.state, Opportunity | Issue | AccountPlan) else None
        return self.seen_account(str(found or self.preset.get("account", "")))

    def seen_account(self, stated: str) -> Account | None:
        """The account that somebody named. Raises NotFound."""
        if not is_identifier(stated):
            return None
        return self.call.doors.access.must_see(self.call.asker, Account, UUID(stated))

    @property
    def currency(self) -> str:
        """That of the account, else the company's."""
        return (self.account.profile.currency if self.account else "") or self.call.doors.calendar.company.currency

    @cached_property
    def deal(self) -> Opportunity | None:
        """The opportunity that it is about."""
        return self.state if isinstance(self.state, Opportunity) else None

    @cached_property
    def title(self) -> str:
        """What the aggregate is called, by the event that opened it."""
        return title_of(self.history[0].event) if self.history else ""

    @cached_property
    def process(self) -> SalesProcess | None:
        """The sales process of the opportunity."""
        key = self.deal.process if self.deal else self.preset.get("process", "")
        return self.policy(SalesProcess, key) if key else None

    def policy(self, kind: type[P], key: str = "") -> P:
        """A policy as it is now."""
        return self.call.doors.access.newest.state(kind, policy_id(kind.__name__, key))

    @cached_property
    def members(self) -> dict[UUID, str]:
        """Those of ours whom the asker may read by name; the external id of others."""
        known = self.view.members()
        names = member_names(self.call.doors.journal, self.view)
        return {key: names.get(key) or external_id or str(key)[:8] for key, (external_id, _) in known.items()}

    @cached_property
    def accounts(self) -> list[str]:
        """The first of those that may be chosen, as a field states them."""
        return offered(self.view)

    @cached_property
    def people(self) -> dict[UUID, str]:
        """The people of the account who are there, by name, with what they are."""
        return self.people_of(self.account) if self.account else {}

    def people_of(self, account: Account) -> dict[UUID, str]:
        """The people of an account who are there."""
        names = stakeholder_names(self.call.doors.journal, self.view, self.view.together(account.id))
        found = {}
        for key, person in account.stakeholders.people.items():
            if person.present:
                name = names.get(key) or str(key)[:8]
                found[key] = f"{name} · {person.title}" if person.title else name
        return found

    @cached_property
    def stages(self) -> dict[str, str]:
        """Stages by key, as people say them."""
        return self._stages(self.process) if self.process else {}

    def stages_of(self, process: str) -> dict[str, str]:
        """The stages of a sales process by key, as people say them."""
        return self._stages(self.view.policies.process(process))

    def _stages(self, process: SalesProcess) -> dict[str, str]:
        spoken = process_words(self.view, process.key)
        return {stage.key: spoken.get(stage.key, stage.name) for stage in process.stages}

    @cached_property
    def history(self) -> list[Recorded]:
        """What was recorded about the aggregate."""
        return self.call.doors.journal.streams.history(self.id) if self.id else []

    def told(self, identifier: Any) -> str:
        """The first fact about something within the aggregate, in words: it has no name of its own."""
        return self._told(self.history, identifier)

    def told_in(self, stream: UUID, identifier: Any) -> str:
        """The same within another one."""
        return self._told(self.call.doors.journal.streams.history(stream), identifier)

    def _told(self, history: list[Recorded], identifier: Any) -> str:
        for fact in history:
            if identifier in (
                getattr(fact.event, name) for name in fact.event.__struct_fields__ if name.endswith("_id")
            ):
                return self.in_words(fact).partition(": ")[2] or self.in_words(fact)
        return str(identifier)[:8]

    @cached_property
    def wrong(self) -> Recorded | None:
        """The fact that is corrected, by the position that is stated."""
        return fact_at(self.history, self.preset.get("position", ""))

    def called(self, key: UUID) -> str:
        """What somebody or something is called that is no choice any more; empty for nothing that is known."""
        theirs = self.account and stakeholder_names(
            self.call.doors.journal, self.view, self.view.together(self.account.id)
        )
        told = self.told(key)
        return self.members.get(key) or (theirs or {}).get(key) or ("" if str(key).startswith(told) else told)

    def opened(self, text: Sealed | None, field: str) -> str:
        """A sealed text, for whoever may read it."""
        return (opening(self.call.doors.journal, self.view)(text, field) or "") if text else ""

    def in_words(self, fact: Recorded) -> str:
        """A fact in words, for whoever asks."""
        names = {**self.members, **self.people}
        return in_words(fact, names, opening(self.call.doors.journal, self.view), self.stages)


def reached(call: Call, door: Door, stated: str) -> tuple[UUID | None, str]:
    """The aggregate of an address, if the asker may give it the command: its identifier, or the key of a policy. Raises
    NotFound, NotAllowed."""
    if issubclass(door.root, Policy):
        must_give(call.asker, door.root, door.name)
        key = "" if stated == NEW or not door.root.keyed_by else stated
        return policy_id(door.root.__name__, key), key
    if door.opens or door.root is ForecastCall:
        must_give(call.asker, door.root, door.name)
        return None, ""
    call.path = {**call.path, "id": identified(call, door.root, stated)}
    return must_reach(call, door.root, door.name), ""


class Doing:
    """What the asker of a page may do, and where; each account is looked at once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._changes: dict[tuple[type[Aggregate], str], bool] = {}

    def may(self, noun: str, stated: Any, name: str, account: Any = None) -> bool:
        """Whether the asker may give the command there; `account` where it begins something of one."""
        door = door_of(noun, name)
        if not may(self._call.asker, door.root, door.name):
            return False
        if issubclass(door.root, Policy) or door.root is ForecastCall:
            return True
        if door.opens:
            return account is None or self._may_change(Account, "change_profile", str(account))
        return self._may_change(door.root, door.name, str(stated))

    def misfit(self, noun: str, stated: Any, name: str) -> str:
        """Why a command does not fit what is there now; empty where it does. What it is about was found to be seen."""
        root, asking = ROOT_OF[noun], dataclasses.replace(self._call, path={"id": str(stated)})
        return misfit(self._call.doors.access.newest.state(root, identified(asking, root, str(stated))), name)

    def _may_change(self, root: type[Aggregate], name: str, stated: str) -> bool:
        """Whether one is the asker's to change: what he may do at all was asked before."""
        place = (root, stated if root is not Member else f"{stated} {name}")
        if place not in self._changes:
            asking = dataclasses.replace(self._call, path={"id": stated})
            try:
                asking.path["id"] = identified(asking, root, stated)
                must_reach(asking, root, name)
                self._changes[place] = True
            except (NotAllowed, NotFound):
                self._changes[place] = False
        return self._changes[place]


def fact_at(history: Iterable[Recorded], position: str) -> Recorded | None:
    """The fact at a position that somebody stated; None where there is none."""
    return next((each for each in history if str(each.position) == position), None)
