"""A form about a visit, as a page: shown for an account, sent, shown again with what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api.commands import Answered
from api.console.frame import HTML, Frame, page
from api.console.just_recorded import told_at
from api.console.visiting.asked import changeable, must_log, own_view
from api.console.visiting.form import AboutVisit, Asking, VisitFormQuery
from api.console.visiting.logging import given, visit_of
from api.console.visiting.typed import Typed
from api.endpoints import Call, Endpoint, Reply
from api.problems import faults_in, status_of
from domain.account.account import Account
from domain.errors import Fault, Malformed, Refused
from projections.directory import AccountFilters
from projections.view import View
from projections.visiting import last_visited

OFFERED = 60
"""So many accounts are there to choose from before somebody types."""


@dataclass(frozen=True)
class VisitForm:
    """A form: the name of its page and the command that it gives; how it is made, and what is given. `day` is as of
    when the page that follows is shown."""

    path: str
    name: str
    route: str
    about: str
    command: str
    made: Callable[[Asking], AboutVisit]
    body: Callable[[Call, Account, Typed, str], dict[str, Any]]
    titled: Callable[[str], str]
    choosing: Callable[[View, Call], Mapping[str, Any]]
    day: Callable[[Call, Typed], str] = lambda _, __: ""

    def endpoints(self) -> list[Endpoint]:
        """The form, and what is sent from it."""
        sent = Endpoint(
            "POST", f"/console{self.path}", self.route, self.about, self._sent, bytes, media=HTML, etag=False,
            session=True, form=True,
        )  # fmt: skip
        return [page(self.path, self.name, self._shown, VisitFormQuery), sent]

    def _shown(self, frame: Frame[VisitFormQuery]) -> Mapping[str, Any]:
        """The form for an account; without one the accounts to choose from."""
        must_log(frame.call, self.command)
        if not frame.query.account:
            return self._choosing(frame)
        account = changeable(frame.call, frame.query.account)
        with frame.view() as view:
            frame.may_read_people(view)
            return self._told(self.made(Asking(frame, view, account)))

    def _choosing(self, frame: Frame[VisitFormQuery]) -> Mapping[str, Any]:
        with frame.view():
            pass
        with own_view(frame) as view:
            found, number = last_visited(view, AccountFilters(text=frame.query.name.strip()), OFFERED)
            accounts = {"accounts": found, "more": number - len(found)}
            return {"title": self.titled(""), "entry": None, **accounts, **self.choosing(view, frame.call)}

    def _told(self, form: AboutVisit) -> Mapping[str, Any]:
        return {"title": self.titled(form.name), "entry": form}

    def _sent(self, call: Call) -> Reply:
        typed = Typed(call.form)
        must_log(call, self.command)
        account = changeable(call, typed.one("account"))
        body: dict[str, Any] = {}
        try:
            visit = visit_of(typed)
            body = self.body(call, account, typed, visit)
            answer = given(call, f"Account.{self.command}", account.id, typed.one("_key"), body)
        except Malformed as wrong:
            return self._again(call, account, typed, wrong, list(wrong.faults))
        except Refused as refusal:
            return self._again(call, account, typed, refusal, faults_in(refusal, body))
        return Reply(b"", status=303, headers={"Location": self._place(call, account.id, typed, visit, answer)})

    def _place(self, call: Call, account: UUID, typed: Typed, visit: str, answer: Answered) -> str:
        """The visit, on a page that says what was recorded."""
        place = f"/console/visit/{UUID(visit)}?account={account}"
        day, recorded = self.day(call, typed), answer.positions[-1] if answer.positions else 0
        return told_at(f"{place}&as_of={day}" if day else place, recorded, answer.position)

    def _again(
        self, call: Call, account: Account, typed: Typed, wrong: Malformed | Refused, faults: list[Fault]
    ) -> Reply:
        """The form once more, with what was typed and what was wrong."""
        from api.console.rendering import render

        query = VisitFormQuery(as_of=typed.one("_as_of") or None, account=str(account.id), visit=typed.one("visit"))
        frame = Frame(call, query)
        with frame.view() as view:
            frame.may_read_people(view)
            form = self.made(Asking(frame, view, account, typed, faults, _said(wrong)))
            return Reply(render(frame, self.name, f"{self.name}.html", self._told(form)), status=status_of(wrong))


def _said(wrong: Malformed | Refused) -> str:
    """What was wrong, without the names that fields have in bodies: it stands beside each field, too."""
    return "; ".join(each.reason for each in wrong.faults) if isinstance(wrong, Malformed) else wrong.in_full
