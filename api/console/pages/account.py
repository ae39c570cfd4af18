"""An account (客户): why it cools and what to do, health with the events on it, who decides, all that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any

import msgspec

from api.asking import Clocks, Position
from api.console.accounts import business, curve, people, standing_parts, timeline, why
from api.console.accounts.lines import manager_names
from api.console.accounts.scope import Scope
from api.console.formats import as_json
from api.console.frame import Frame, page
from api.console.moments import Beginning
from api.endpoints import Call, Endpoint, Reply
from api.identity import account_of
from domain.account.account import Account
from domain.errors import NotFound
from domain.language.catalogue import say
from projections.deals import end_of
from projections.planned_alike import plan_alike


class AccountQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Which part of the page: `section` is a tab or one part alone; `deal` shows its decision map; `about` and `before`
    are the kind of facts and the place in the timeline."""

    section: str = "overview"
    deal: str = ""
    about: str = ""
    before: Position | None = None


@dataclass(frozen=True)
class Part:
    """A part of the page: a template `account_NAME.html` and what it shows. What is `quick` stands on the first screen
    of its tab; the others come when they are looked at."""

    name: str
    show: Callable[[Scope], Mapping[str, Any]]
    quick: bool = False

    @property
    def template(self) -> str:
        """Its template."""
        return f"account_{self.name}.html"


@dataclass(frozen=True)
class Shown:
    """A part on a page; `data` is None where it comes later."""

    part: Part
    title: str
    data: Mapping[str, Any] | None = field(default=None)


PARTS = {
    part.name: part
    for part in (
        Part("why", why.at_a_glance, quick=True),
        Part("todo", why.to_do),
        Part("curve", curve.curve),
        Part("map", people.decision_maps),
        Part("open", standing_parts.opened_items),
        Part("timeline", timeline.timeline),
        Part("visits", standing_parts.visits),
        Part("opportunities", business.opportunities),
        Part("purchases", business.purchases),
        Part("promises", business.promises),
        Part("issues", standing_parts.issues_of),
        Part("plans", standing_parts.plans_of),
        Part("profile", standing_parts.profile),
        Part("exposure", standing_parts.at_risk),
        Part("worth", business.worth),
        Part("class", business.abc),
    )
}
TABS: dict[str, tuple[str, ...]] = {
    "overview": ("why", "todo", "curve", "map", "open"),
    "people": ("map", "exposure"),
    "timeline": ("timeline",),
    "visits": ("visits",),
    "business": ("opportunities", "purchases", "worth"),
    "service": ("issues", "plans", "promises"),
    "profile": ("profile",),
    "sheet": ("why", "todo", "profile", "map", "open", "opportunities", "visits", "plans", "issues"),
}


def titles() -> dict[str, str]:
    """What parts and tabs are called."""
    return {
        "overview": say("Overview"),
        "people": say("People"),
        "business": say("Business"),
        "service": say("Promises"),
        "sheet": say("To print"),
        "why": say("Health"),
        "todo": say("What to do"),
        "curve": say("Health over the year"),
        "map": say("Who decides"),
        "open": say("What is open"),
        "timeline": say("Timeline"),
        "visits": say("Visits"),
        "opportunities": say("Opportunities"),
        "purchases": say("Purchases"),
        "promises": say("Needs and promises"),
        "issues": say("Issues"),
        "plans": say("Account plans"),
        "profile": say("Profile"),
        "worth": say("In the portfolio"),
        "class": say("Class"),
        "exposure": say("What hangs on whom"),
    }


class FramesQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The decision map, so many times, every so many days from a day on."""

    deal: str = ""
    first: date
    step: Annotated[int, msgspec.Meta(ge=1, le=31)] = 7
    count: Annotated[int, msgspec.Meta(ge=1, le=60)] = 3


def endpoints() -> list[Endpoint]:
    """The page, one part of it for who has the rest already, and its decision map as time moves."""
    about = "The decision map of an account at the ends of days, for a slider that moves."
    return [
        page("/account/{id}", "account", _account, AccountQuery),
        page("/account/{id}/section/{name}", "account_section", _section, AccountQuery),
        Endpoint(
            "GET", "/console/account/{id}/map/frames", "console.map_frames", about, _frames, bytes, FramesQuery,
            etag=False, session=True,
        ),
    ]  # fmt: skip


def _account(frame: Frame[AccountQuery]) -> Mapping[str, Any]:
    """One account: its header, and the parts of a tab."""
    named = titles()
    with _scoped(frame) as (scope, head):
        section = frame.query.section
        if section not in TABS and section not in PARTS:
            raise NotFound(kind="section", key=section[:80])
        if scope.listed is None:
            return head | {"begins": Beginning.of(frame, scope.id)}
        wanted = TABS.get(section, (section,))
        whole = section == "sheet" or len(wanted) == 1
        shown = [
            Shown(part, named[part.name], part.show(scope) if part.quick or whole else None)
            for part in (PARTS[name] for name in wanted)
        ]
        tabs = [(name, named[name]) for name in TABS if name != "sheet"]
        tab = next((name for name in TABS if section == name or section in TABS[name]), "")
        return head | _told_of(scope) | {"parts": shown, "tabs": tabs, "tab": tab, "section": section}


def _section(frame: Frame[AccountQuery]) -> Mapping[str, Any]:
    """One part of an account's page alone."""
    name = frame.call.path["name"]
    if name not in PARTS:
        raise NotFound(kind="section", key=name[:80])
    with _scoped(frame) as (scope, head):
        if scope.listed is None:
            raise NotFound(kind="account", key=frame.call.path["id"])
        part = PARTS[name]
        return head | {"each": Shown(part, titles()[name], part.show(scope))}


def _frames(call: Call) -> Reply:
    query = call.query(FramesQuery)
    frame = Frame(call, query)
    stated = account_of(call, str(call.path["id"]))
    assert stated is not None
    call.doors.access.must_see(call.asker, Account, stated)
    found = []
    with frame.view(Clocks(known_at=query.known_at)) as view:
        for day in (query.first + timedelta(days=query.step * n) for n in range(query.count)):
            then = view.at(end_of(view, day))
            end = then.leads_to(stated)
            scope = Scope(frame, then.among([end]), end, stated, then)
            drawn = people.decision_maps(scope) if scope.listed else {"chart": None, "height": 0}
            found.append({"day": day.isoformat(), "map": as_json(drawn["chart"]), "height": drawn["height"]})
    return Reply(msgspec.json.encode(found), headers={"Cache-Control": "private, no-store"})


@contextmanager
def _scoped(frame: Frame[AccountQuery]) -> Iterator[tuple[Scope, dict[str, Any]]]:
    """The account of the address and what every part shows of it. Raises NotFound for one that may not be seen."""
    stated = account_of(frame.call, frame.call.path["id"])
    assert stated is not None
    frame.call.doors.access.must_see(frame.call.asker, Account, stated)
    with frame.view() as view:
        plan_alike(view.connection)
        end = view.leads_to(stated)
        scope = Scope(frame, view.among([end]), end, stated, view)
        yield scope, _head(scope)


def _head(scope: Scope) -> dict[str, Any]:
    """What every part shows of the account."""
    one = scope.listed
    return {
        "title": one.name if one else say("Account"),
        "one": one,
        "id": scope.id,
        "currency": scope.view.currency,
        "path": f"/console/account/{scope.id}",
    }


def _told_of(scope: Scope) -> dict[str, Any]:
    """What stands above its parts."""
    one, view = scope.listed, scope.view
    names = manager_names(scope.frame, view, [one.manager] if one else [])
    territories = view.policies.territories.territories
    return {
        "merged": scope.id != scope.stated,
        "manager": names.get(one.manager, "") if one and one.manager else "",
        "territory": territories[one.territory].name if one and one.territory in territories else "",
    }
