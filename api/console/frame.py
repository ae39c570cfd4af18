"""What a page works with: who asks, the two clocks of its address, the view; and how it becomes an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from api.asking import PATIENCE, Clocks, is_reached, viewing
from api.endpoints import Call, Endpoint, Reply
from domain.language.days import writing_days
from projections.view import View

Q = TypeVar("Q", bound=Clocks)
HTML = "text/html"


class Moments(Clocks, kw_only=True):
    """The query of a page that asks nothing but when."""


@dataclass
class Frame(Generic[Q]):
    """One request for a page. `query` is its address's parameters; `as_of` and `known_at` (a position) are what it was
    answered at, once a view was opened."""

    call: Call
    query: Q
    as_of: datetime | None = None
    known_at: int | None = None
    complete: bool = True

    @contextmanager
    def view(self, clocks: Clocks | None = None) -> Iterator[View]:
        """The view that the address asks for, with the rights of whoever asks."""
        with viewing(self.call, clocks or self.query) as view:
            if clocks is None:
                self.as_of, self.known_at, self.complete = view.clock.as_of, view.known.position, view.complete
            yield view

    def may_read_people(self, view: View) -> bool:
        """Whether people may be shown by name; that they were is noted."""
        self.call.opened_personal = self.call.opened_personal or view.visibility.personal
        return view.visibility.personal


Show = Callable[[Frame[Any]], Mapping[str, Any]]
"""What a page shows: what its template is given, or the one that it names as `template` instead."""


def page(path: str, name: str, show: Show, query: type[Clocks] = Moments, *, template: str = "") -> Endpoint:
    """A page below /console. `name` names its template, CSS, script and words; `show` answers what the template is
    given, with its `title`."""
    return Endpoint(
        method="GET",
        path=f"/console{path}",
        name=f"console.{name}",
        about=(show.__doc__ or name).strip(),
        handle=partial(_shown, name, template or f"{name}.html", show, query),
        answer=bytes,
        query=query,
        media=HTML,
        ready=lambda call: is_reached(call, call.query(query)),
        patience=lambda call: PATIENCE if call.query(query).wait_for else 0.0,
        etag=False,
        session=True,
    )


def _shown(name: str, template: str, show: Show, query: type[Clocks], call: Call) -> Reply:
    from api.console.formats import Formats
    from api.console.rendering import is_whole, render

    frame: Frame[Any] = Frame(call, call.query(query))
    headers = {} if is_whole(frame) else {"Cache-Control": "private, no-store"}
    with writing_days(Formats(frame).calendar()):
        shown = show(frame)
        return Reply(render(frame, name, shown.get("template", template), shown), headers=headers)
