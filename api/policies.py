"""The company's policies over HTTP: each is a document to read and to set, and has its own small commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec

from api.access import must_give
from api.commands import Answered, answered, body_type, give, own_body, path_of
from api.corrections import withdrawal
from api.endpoints import Call, Endpoint, Reply
from api.moments import When
from domain.commands import CommandType, commands_of
from domain.errors import NotFound
from domain.member import KeyScope
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.forecast_policy import ForecastPolicy
from domain.policies.policy import Policy, policy_id
from domain.policies.price_list import PriceList
from domain.policies.rate_card import RateCard
from domain.policies.sales_process import SalesProcess
from domain.policies.sales_target import SalesTarget
from domain.policies.segments import Segments
from domain.policies.selection_model import SelectionModel
from domain.policies.service_policy import ServicePolicy
from domain.policies.skill_model import SkillModel
from domain.policies.territories import Territories
from domain.policies.visit_template import VisitTemplate

POLICIES: dict[str, type[Policy]] = {
    "company": Company,
    "territories": Territories,
    "price-list": PriceList,
    "rate-card": RateCard,
    "sales-process": SalesProcess,
    "service-policy": ServicePolicy,
    "selection-model": SelectionModel,
    "segments": Segments,
    "exchange-rates": ExchangeRates,
    "sales-target": SalesTarget,
    "visit-template": VisitTemplate,
    "forecast": ForecastPolicy,
    "skill-model": SkillModel,
}


class AsOf(msgspec.Struct, forbid_unknown_fields=True):
    """As of when; default: now."""

    as_of: When | None = None


def policy_endpoints() -> list[Endpoint]:
    """All policies."""
    return [endpoint for slug, policy in POLICIES.items() for endpoint in _of(slug, policy)]


def _of(slug: str, policy: type[Policy]) -> Iterator[Endpoint]:
    path = f"/policies/{slug}" + ("/{key}" if policy.keyed_by else "")
    yield _shown(path, policy)
    for command in commands_of(policy).values():
        yield _set(path, policy, command)
    yield withdrawal(policy, f"{path}/withdraw", "policies", lambda call: _stream(call, policy))


def _shown(path: str, policy: type[Policy]) -> Endpoint:
    def handle(call: Call) -> Reply:
        call.asker.must_have(KeyScope.READ)
        as_of = call.doors.calendar.moment("as_of", call.query(AsOf).as_of)
        newest = call.doors.access.newest.state(policy, _stream(call, policy))
        state = newest
        if as_of is not None and as_of < newest.latest:
            state = call.doors.journal.streams.state_at(policy, newest.id, as_of)
        if "key" in call.path and not newest.version and not state.is_there():
            raise NotFound(kind=policy.keyed_by, key=call.path["key"])
        return Reply(state.to_document(), etag=str(newest.version))

    about = f"The {_words(policy)}, as of a moment; in the shape in which it is set."
    return Endpoint("GET", path, f"{policy.__name__}.show", about, handle, dict[str, Any], query=AsOf, tag="policies")


def _set(path: str, policy: type[Policy], command: CommandType) -> Endpoint:
    keyed = ("key",) if policy.keyed_by else ()
    body_kind = body_type(command)

    def handle(call: Call) -> Reply:
        must_give(call.asker, policy, command.name)
        body: Any = call.body(body_kind)
        if keyed and body.key != call.path["key"]:
            raise NotFound(kind=f"{policy.keyed_by} of the path with the key", key=body.key)
        return answered(give(call, command, _stream(call, policy), own_body(command, body), body))

    whole = command.name == "define"
    about = (command.method.__doc__ or f"Set the whole {_words(policy)}.").strip()
    return Endpoint(
        method="PUT" if whole else "POST",
        path=path if whole else f"{path}/{path_of(command.name)}",
        name=f"{policy.__name__}.{command.name}",
        about=about,
        handle=handle,
        answer=Answered,
        body=body_kind,
        tag="policies",
    )


def _stream(call: Call, policy: type[Policy]) -> UUID:
    return policy_id(policy.__name__, call.path.get("key", ""))


def _words(policy: type[Policy]) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in policy.__name__).strip()
