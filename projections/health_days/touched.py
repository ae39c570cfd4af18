"""Whose health an event may have changed, and from which moment on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg

from domain.account.account import Account
from domain.aggregate import BEGINNING
from domain.member import Member
from projections.account_plans import ACCOUNT_PLANS
from projections.accounts import ACCOUNTS
from projections.buyers import BUYERS
from projections.contacts import CONTACTS
from projections.engine import ReadModel
from projections.issues import ISSUES
from projections.joint_activities import JOINT_ACTIVITIES
from projections.kept_answers import WHENEVER, occurred_at, topics_of
from projections.lineage import LINEAGE
from projections.members import MEMBERS
from projections.opportunities import FUNNEL
from projections.plan_milestones import PLAN_MILESTONES
from projections.plan_objectives import OBJECTIVES
from projections.policies import POLICIES
from projections.purchases import PURCHASES
from projections.satisfaction import SATISFACTION
from projections.scores import SCORES
from projections.stakeholders import RELATIONSHIPS, STAKEHOLDERS
from projections.value_given import VALUES
from projections.visits import VISITS

MODELS: tuple[ReadModel, ...] = (
    *(ACCOUNTS, LINEAGE, MEMBERS, POLICIES, FUNNEL, VISITS, CONTACTS, JOINT_ACTIVITIES, VALUES, STAKEHOLDERS),
    *(RELATIONSHIPS, BUYERS, SATISFACTION, PURCHASES, ISSUES, ACCOUNT_PLANS, OBJECTIVES, PLAN_MILESTONES, SCORES),
)
"""All that health is made of."""
READ_POLICIES = frozenset({"Company", "ServicePolicy", "ExchangeRates", "SalesTarget"})
"""The policies that health reads."""
_MERGES = frozenset({Account.AccountsMerged.topic, Account.AccountsSeparated.topic})
_OF_MEMBERS = frozenset({Member.Invited.topic, Member.Left.topic})

News = Iterable[tuple[str, UUID, bytes]]
"""Topic, stream and state of what was recorded."""


class Touched(msgspec.Struct):
    """From which moment on health may be another: everybody's, and that of some accounts; None: nobody's."""

    everybodys: datetime | None = None
    accounts: dict[UUID, datetime] = msgspec.field(default_factory=dict)

    def add(self, account: UUID, since: datetime) -> None:
        """An account may be another from a moment on."""
        self.accounts[account] = min(since, self.accounts.get(account, since))


def topics() -> list[str]:
    """The events that may change anybody's health."""
    return sorted(topics_of(MODELS))


def touched(connection: psycopg.Connection, news: News) -> Touched:
    """Whom news concern; accounts that were ever merged are concerned together."""
    found, of_others = Touched(), defaultdict[str, dict[UUID, datetime]](dict)
    for topic, stream, state in news:
        root = topic.partition(".")[0]
        since = BEGINNING if topic in WHENEVER else occurred_at(state)
        if root == "Account" and topic not in _MERGES:
            found.add(stream, since)
        elif root in _BELONGING:
            known = of_others[root]
            known[stream] = min(since, known.get(stream, since))
        elif _is_everybodys(root, topic):
            found.everybodys = min(since, found.everybodys or since)
    for root, streams in of_others.items():
        rows = connection.execute(_BELONGING[root].encode(), {"streams": list(streams)})
        for stream, account in rows:
            if account:
                found.add(account, streams[stream])
    _together(connection, found)
    return found


def _is_everybodys(root: str, topic: str) -> bool:
    if root == "Member":
        return topic in _OF_MEMBERS or topic in WHENEVER
    return root in READ_POLICIES or root not in _POLICIES


def families(connection: psycopg.Connection) -> dict[UUID, frozenset[UUID]]:
    """The accounts that were ever merged with others, each with all of these and itself."""
    tables = (LINEAGE.table, LINEAGE.history)
    sql = " union ".join(f"select key, leads_to from {table} where leads_to is not null" for table in tables)
    found: dict[UUID, frozenset[UUID]] = {}
    for one, other in connection.execute(sql.encode()):
        family = found.get(one, frozenset({one})) | found.get(other, frozenset({other}))
        found |= dict.fromkeys(family, family)
    return found


def seen_in_part(merged: dict[UUID, frozenset[UUID]], visible: set[UUID]) -> set[UUID]:
    """The accounts that were merged with some that the asker may not see: for him they may stand by themselves."""
    return {account for account, family in merged.items() if account in visible and not family <= visible}


def all_of(merged: Mapping[UUID, frozenset[UUID]], accounts: Iterable[UUID]) -> set[UUID]:
    """Some accounts and those that they were ever merged with: what health is asked of together."""
    return {each for account in accounts for each in merged.get(account, {account})}


def _together(connection: psycopg.Connection, found: Touched) -> None:
    known = families(connection) if found.accounts else {}
    for account, since in list(found.accounts.items()):
        for each in known.get(account, ()):
            found.add(each, since)


def _ever(model: ReadModel, columns: str, where: str) -> str:
    return " union ".join(f"select {columns} from {table} where {where}" for table in (model.table, model.history))


_MAPPED = _ever(BUYERS, "opportunity, stakeholder", "opportunity = any(%(streams)s)")
_PLACES = _ever(STAKEHOLDERS, "stakeholder, account", "stakeholder in (select stakeholder from mapped)")
_BELONGING = {
    "Opportunity": (
        f"with mapped as ({_MAPPED}) {_ever(FUNNEL, 'key, account', 'key = any(%(streams)s)')}"
        f" union select opportunity, account from mapped join ({_PLACES}) places using (stakeholder)"
    ),
    "Issue": _ever(ISSUES, "key, account", "key = any(%(streams)s)"),
    "AccountPlan": _ever(ACCOUNT_PLANS, "key, account", "key = any(%(streams)s)"),
}
"""Whose accounts it is that something else is recorded of; of an opportunity also where its people are."""
_POLICIES = frozenset(topic.partition(".")[0] for topic in topics_of((POLICIES,)))
