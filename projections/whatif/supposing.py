"""Which policies a what-if supposes: a document, an edition that was in force, or what held on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid5

from domain.aggregate import END_OF_TIME, Event
from domain.errors import Fault, Malformed, Refused
from domain.language.catalogue import say
from domain.policies.policy import Policy, policy_id
from domain.policies.shipped_processes import SHIPPED
from domain.policies.shipped_selection import SHIPPED_MODELS
from projections.policies import POLICIES, Policies, decoded, facts_as_of, key_of
from projections.suppositions import Supposition
from projections.versions import versions_sql
from projections.view import View

SHIPPED_KEYS = {
    "SalesProcess": [definition.key for definition in SHIPPED.values()],
    "SelectionModel": [definition.key for definition in SHIPPED_MODELS.values()],
}


class NothingSupposed(Refused):
    """A what-if needs another policy: state a document, an edition, or a day whose policies shall hold."""


class SupposedTwice(Refused):
    """{policy} is supposed twice: state one document, edition or day for each policy."""


class PolicyKeyUnknown(Refused):
    """There is no {policy} {key}; there are: {known}."""


class EditionUnknown(Refused):
    """{policy} has no edition {edition}; there are: {known}."""


class WithoutEditions(Refused):
    """{policy} has no editions: state a document, or a day whose policies shall hold."""


class CurrencySupposed(Refused):
    """What was and what would be are compared in one currency: the supposed company reports in {found}, the company in
    {currency}. State the same."""


def supposed_document(view: View, policy: type[Policy], key: str, document: Mapping[str, Any]) -> Supposition:
    """A policy from a document as it is set. Raises Malformed, PolicyKeyUnknown and what setting it refuses."""
    stated = document.get("key")
    if policy.keyed_by:
        key = key or str(stated or "")
        _must_be_known(view, policy, key)
        if stated != key:
            raise Malformed(Fault("key", str(stated or ""), say("the document is of the policy {key}", key=key)))
    found = Supposition(policy=policy, key=key, source=say("a document"), document=document)
    found.hold_in(Policies(facts_as_of(view.connection, view.parameters())))
    return found


def supposed_edition(view: View, policy: type[Policy], key: str, edition: int) -> Supposition:
    """An edition that was ever in force, also later than the moment asked about; 0 is what KAMS ships."""
    if "edition" not in policy.__struct_fields__ or not hasattr(policy, "Defined"):
        raise WithoutEditions(policy=policy.__name__)
    if policy.keyed_by:
        _must_be_known(view, policy, key)
    found = _editions(view, policy, key)
    if edition not in found:
        raise EditionUnknown(policy=f"{policy.__name__} {key}".strip(), edition=edition, known=_listed(found))
    return Supposition(
        policy=policy, key=key, source=say("edition {edition}", edition=edition), events=tuple(found[edition])
    )


def supposed_as_of(
    view: View, policies: Iterable[type[Policy]], moment: datetime, *, key: str = "", everything: bool = False
) -> list[Supposition]:
    """The policies of some kinds as they stood at a moment, by what is known in the view."""
    facts = facts_as_of(view.connection, view.parameters(as_of=moment))
    by: dict[tuple[str, str], list[Event]] = {}
    for _, event in facts:
        by.setdefault((event.topic.partition(".")[0], key_of(event)), []).append(event)
    day = say("as it stood on {day}", day=moment.date())
    return [
        Supposition(
            policy=policy, key=one, source=day, events=tuple(by.get((policy.__name__, one), ())), everything=everything
        )
        for policy in policies
        for one in ([key] if key else known_keys(view, policy))
    ]


def checked(view: View, supposed: Sequence[Supposition]) -> tuple[Supposition, ...]:
    """Suppositions that can be compared with what was. Raises NothingSupposed, SupposedTwice, CurrencySupposed."""
    if not supposed:
        raise NothingSupposed
    named = [each for each in supposed if not each.everything]
    places = [(each.policy, each.key) for each in named]
    for policy, key in places:
        if places.count((policy, key)) > 1:
            raise SupposedTwice(policy=f"{policy.__name__} {key}".strip())
    kept = [*named, *(each for each in supposed if each.everything and (each.policy, each.key) not in places)]
    found = view.under(kept).currency
    if found != view.currency:
        raise CurrencySupposed(found=found or say("none"), currency=view.currency or say("none"))
    return tuple(kept)


def known_keys(view: View, policy: type[Policy]) -> list[str]:
    """The keys of all policies of a kind, shipped or ever defined; the empty one where a kind has no keys."""
    if not policy.keyed_by:
        return [""]
    sql = versions_sql(POLICIES, "topic, event", "topic = %(topic)s")
    asked = view.parameters(as_of=END_OF_TIME, topic=f"{policy.__name__}.Defined")
    rows = view.connection.execute(sql.encode(), asked).fetchall()
    defined = {key_of(decoded(topic, bytes(stored))) for *_, topic, stored in rows}
    return sorted(defined.union(SHIPPED_KEYS.get(policy.__name__, ())))


def _must_be_known(view: View, policy: type[Policy], key: str) -> None:
    known = known_keys(view, policy)
    if key not in known:
        raise PolicyKeyUnknown(policy=policy.__name__, key=key or say("without a key"), known=", ".join(known))


def _editions(view: View, policy: type[Policy], key: str) -> dict[int, list[Event]]:
    sql = versions_sql(POLICIES, "topic, event", "key = %(key)s") + " order by 2, 3"
    place = uuid5(policy_id(policy.__name__, key), "whole")
    rows = view.connection.execute(sql.encode(), view.parameters(as_of=END_OF_TIME, key=place)).fetchall()
    events = [decoded(topic, bytes(stored)) for *_, topic, stored in rows]
    found: dict[int, list[Event]] = {getattr(event, "edition", 0): [event] for event in events}
    if not policy.keyed_by or key in SHIPPED_KEYS.get(policy.__name__, ()):
        found[0] = []
    return found


def _listed(editions: Iterable[int]) -> str:
    return ", ".join(str(each) for each in sorted(editions))
