"""Doing (办理): a form for every command that the door takes, sent the same way as the API sends it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from api.asking import Clocks
from api.commands import Answered
from api.console.formats import Formats
from api.console.forms.accounts import OFFERED, offered
from api.console.forms.asked import Asked, door_of, reached
from api.console.forms.choosing import preset_of
from api.console.forms.correcting import CORRECT, TAKE_BACK, at_the_mistake, correcting, taking_back
from api.console.forms.form import Sent, begun, body_of, form_of, needs_version, received, slots, stated_anew
from api.console.forms.possible import AHEAD, SINCE, must_be_possible, must_be_there_by_then
from api.console.forms.saying import not_there_yet
from api.console.forms.wording import form_address
from api.console.frame import HTML, Frame, Moments
from api.console.just_recorded import page_of, told_at
from api.console.visiting.logging import SURE, TWICE, must_be_another, must_tell
from api.endpoints import Call, Endpoint, Reply
from api.names import name_actors
from api.problems import faults_in, status_of
from api.signing_in.leading import START, local
from domain.account.account import Account
from domain.errors import Conflict, Fault, Malformed, Refused, RepeatedDifferently
from domain.language.catalogue import say
from domain.language.days import writing_days

PATH = "/console/do/{noun}/{id}/{command}"
CHOOSE = "/console/choose/accounts"
RECORDED = "Kams-Recorded"
LOG_OF_A_VISIT = "Account.visits.log"
"""Refused here where nothing is told, and asked about where it is there already, as by the short form; what other
systems hand over is taken as it is."""


class DoQuery(Moments, kw_only=True):
    """`preset` is what stands in fields already, as a query string of its own; `back` the page to go back to."""

    preset: str = ""
    back: str = ""


class ChooseQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of the name, or the number."""

    name: str = ""


def endpoints() -> list[Endpoint]:
    """A form, and what is sent from it; and what may be chosen among many."""
    choosing = "Accounts of this name or number, for the field of a form."
    about = "A form for a command, with what may be named in it."
    sending = "A command, typed into a form: recorded as the API records it, else shown again with what was typed."
    own: dict[str, Any] = {"media": HTML, "etag": False, "session": True}
    return [
        Endpoint("GET", PATH, "console.form", about, _shown, bytes, DoQuery, **own),
        Endpoint("GET", CHOOSE, "console.choose", choosing, _offered, bytes, ChooseQuery, **own),
        Endpoint("POST", PATH, "console.give", sending, _sent, bytes, form=True, **own),
    ]


def _offered(call: Call) -> Reply:
    from markupsafe import Markup

    with Frame(call, Clocks()).view() as view:
        found = offered(view, call.query(ChooseQuery).name.strip()[:200], OFFERED)
    options = Markup("").join(Markup('<option value="{}">').format(each) for each in found)
    return Reply(options.encode(), headers={"Cache-Control": "no-store"})


def _shown(call: Call) -> Reply:
    query = call.query(DoQuery)
    frame = Frame(call, query)
    with _asked(frame, dict(parse_qsl(query.preset))) as asked:
        sent = begun(asked, local(query.back) if query.back else "", query.as_of or "")
        return _page(frame, asked, sent)


def _sent(call: Call) -> Reply:
    as_of = "".join(call.form.get("_as_of", []))
    frame = Frame(call, DoQuery(as_of=as_of or None))
    with _asked(frame, _preset(call.form)) as asked:
        sent = received(asked, call.form)
        body: dict[str, Any] = {}
        try:
            if asked.door.anew and TAKE_BACK in call.form:
                back, body = taking_back(asked, sent)
                return _recorded(call, asked, sent, _given(back, sent, body))
            body = body_of(asked, sent)
            _must_be_meant(asked, sent, body)
            answer = _given(asked, sent, body)
        except Malformed as wrong:
            faults = map(at_the_mistake, wrong.faults) if TAKE_BACK in call.form else wrong.faults
            return _page(frame, asked, sent, wrong, list(faults))
        except RepeatedDifferently as repeated:
            return _page(frame, asked, dataclasses.replace(sent, key=begun(asked, "", "").key), repeated)
        except Conflict as stale:
            name_actors(call.doors.journal, call.asker.visibility, stale)
            return _page(frame, asked, dataclasses.replace(sent, version=str(stale.details["version"])), stale)
        except Refused as refusal:
            too_early = not_there_yet(asked, refusal, str(sent.typed.get("occurred_at", "")))
            return _page(frame, asked, sent, refusal, too_early or faults_in(refusal, body))
        return _recorded(call, asked, sent, answer)


def _must_be_meant(asked: Asked, sent: Sent, body: dict[str, Any]) -> None:
    """Refuse what nobody means. Raises Malformed, Refused."""
    call, meant = asked.call, stated_anew(asked, sent, body)
    if asked.door.anew:
        for stays in ("occurred_at", AHEAD.get(asked.door.worded_as, "occurred_at")):
            meant.setdefault(stays, sent.typed.get(stays))
    must_be_possible(call, asked.door.worded_as, meant)
    if asked.door.worded_as in SINCE:
        must_be_there_by_then(call, asked.door.worded_as, meant, asked.history[0].occurred_at)
    if asked.door.full_name == LOG_OF_A_VISIT:
        must_tell(body)
        must_be_another(call, asked.state, body, sure=bool(call.form.get(SURE)))


@contextmanager
def _asked(frame: Frame[Any], preset: Mapping[str, str]) -> Iterator[Asked]:
    """The form that an address asks for. Raises NotFound, NotAllowed."""
    call = frame.call
    noun, command = call.path["noun"], call.path["command"]
    corrects = command == CORRECT
    door = correcting(call, noun, call.path["id"], preset.get("position", "")) if corrects else door_of(noun, command)
    found, key = reached(call, door, str(call.path["id"]))
    with frame.view(Clocks()) as view, writing_days(Formats(frame).calendar()):
        frame.may_read_people(view)
        asked = Asked(call, view, door, found, key, preset)
        asked.preset = preset_of(asked, slots(asked))
        yield asked


def _preset(form: Mapping[str, list[str]]) -> dict[str, str]:
    """What was typed, as far as choices depend on it."""
    return {name: ",".join(texts) for name, texts in form.items() if not name.startswith("_")}


def _given(asked: Asked, sent: Sent, body: dict[str, Any]) -> Answered:
    """Give the command as its own route would. Raises what that raises."""
    call, door = asked.call, asked.door
    headers = {"idempotency-key": sent.key} if sent.key else {}
    if needs_version(asked) and sent.version:
        headers["if-match"] = sent.version
    path = {"key": asked.key} if asked.key else {"id": asked.id} if asked.id else {}
    giving = dataclasses.replace(
        call, path=path, headers=headers, read_body=body, raw_body=b"", now=call.doors.clock(), opened_personal=False
    )
    reply = door.endpoint.handle(giving)
    call.opened_personal = call.opened_personal or giving.opened_personal
    answer: Answered = reply.content
    return answer


def _page(
    frame: Frame[Any], asked: Asked, sent: Sent, wrong: Exception | None = None, faults: list[Fault] | None = None
) -> Reply:
    from api.console.rendering import render

    call = frame.call
    action = form_address(call.path["noun"], call.path["id"], call.path["command"])
    same = next((each for each in faults or [] if each.field == TWICE), None)
    told = same.reason if same else str(wrong) if wrong else ""
    form = form_of(asked, sent, action, faults or [], told)
    if isinstance(wrong, Conflict):
        told = wrong.details["in_between"]
        form.in_between = [asked.in_words(each) for each in _facts(asked, told)]
        form.faults = []
    shown = {
        "title": form.title,
        "command": form,
        "twice": same and f"/console/visit/{same.found}?account={asked.id}",
        "about": _about(asked),
        "back": sent.back or _place(asked),
    }
    status = status_of(wrong) if wrong else HTTPStatus.OK
    return Reply(render(frame, "do", "do.html", shown), status=status)


def _facts(asked: Asked, told: Any) -> Iterator[Any]:
    found = asked.call.doors.journal.streams.at([each.position for each in told.newest])
    return (found[each.position] for each in told.newest if each.position in found)


def _about(asked: Asked) -> str:
    """What the command is about, by name."""
    parts = [asked.account.profile.name] if asked.account else []
    if asked.deal is not None:
        parts.insert(0, asked.title)
    return " · ".join(parts)


def _place(asked: Asked, found: UUID | None = None) -> str:
    """The page on which one sees what was done."""
    own = page_of(asked.door.root, key) if (key := found or asked.id) else ""
    return own or (page_of(Account, asked.account.id) if asked.account else START)


def _recorded(call: Call, asked: Asked, sent: Sent, answer: Answered) -> Reply:
    """Back to the page, which waits for what was recorded, and says it."""
    position = answer.positions[-1] if answer.positions else 0
    words = say("Recorded.") if position else ""
    words = words or say("It was so already: nothing was recorded.")
    place = told_at(sent.back or _place(asked, answer.id), position, answer.position)
    if call.headers.get("hx-request") == "true":
        told = {"say": words, "position": answer.position, "recorded": position, "place": place}
        return Reply(words.encode(), headers={RECORDED: json.dumps(told), "Cache-Control": "no-store"})
    return Reply(b"", status=303, headers={"Location": place})
