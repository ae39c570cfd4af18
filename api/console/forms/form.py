"""One form: its fields with what stands in them, and what is sent from it as the body of a command."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4, uuid5

from api.bodies import converted
from api.console.formats import capital
from api.console.forms.asked import Asked
from api.console.forms.choices import FRESH, NEW_OR_KNOWN
from api.console.forms.choosing import account_faults, with_accounts
from api.console.forms.current import CURRENT, OURSELVES, values_of
from api.console.forms.fields import Field, Fields
from api.console.forms.following import merge_follows
from api.console.forms.gates import GateState, gates_to
from api.console.forms.numbers import number_faults
from api.console.forms.saying import as_spoken, named_in, placed
from api.console.forms.shapes import Kind, Shape, Slot, slots_of
from api.console.forms.typed import NOT_STATED, Typed, as_typed, read, stated
from api.console.forms.wording import command_words, hint_of, in_order, label_of, stands_first
from domain.aggregate import Recorded
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import day_of

OF_THE_ENVELOPE = ("occurred_at", "note")
NEVER_SHOWN = ("id", "position", *OF_THE_ENVELOPE)
ADDING = frozenset(
    {
        "Account.visits.log",
        "Account.purchases.add",
        "Account.payments.add",
        "Opportunity.concessions.make",
        "Opportunity.resources.spend",
        "Opportunity.quotes.request",
        "Opportunity.competition.identify",
        *FRESH,
    }
)
"""Commands that add something: what others record meanwhile is no conflict."""
TEXT = Shape(Kind.TEXT)


@dataclass
class Sent:
    """What a browser sent: the trees of texts by field, and what the form said of itself."""

    typed: dict[str, Typed]
    was: dict[str, Typed] = field(default_factory=dict)
    key: str = ""
    version: str = ""
    back: str = ""
    as_of: str = ""


@dataclass
class Form:
    """A form to be shown."""

    title: str
    action: str
    button: str
    first: list[Field]
    more: list[Field]
    position: str
    sent: Sent
    gates: list[GateState] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    in_between: list[str] = field(default_factory=list)
    withdrawn: str = ""
    """The fact that is corrected, in words."""
    anew: bool = False
    """Whether it can be stated anew, beside being taken back."""
    only_back: str = ""
    """Why it cannot."""
    follows: list[str] = field(default_factory=list)
    """What will follow, before it is sent."""

    @property
    def was(self) -> str:
        """What the fields began with, as the form sends it back."""
        return json.dumps(self.sent.was, ensure_ascii=False, separators=(",", ":"))

    @property
    def unmet(self) -> bool:
        """Whether a gate on the way is not met."""
        return any(not each.met for each in self.gates)


def slots(asked: Asked) -> tuple[Slot, ...]:
    """The fields of the command's body."""
    assert asked.door.endpoint.body is not None
    return slots_of(asked.door.endpoint.body)


def begun(asked: Asked, back: str, as_of: str) -> Sent:
    """A form that nobody has typed into."""
    current = values_of(asked)
    typed: dict[str, Typed] = {}
    for slot in slots(asked):
        value = current[slot.name] if slot.name in current and _fits(asked, slot) else slot.default
        typed[slot.name] = as_typed(slot.shape, value, asked.zone)
        if slot.name in asked.preset:
            text = asked.preset[slot.name]
            typed[slot.name] = [each for each in text.split(",") if each] if slot.shape.kind == Kind.LIST else text
        elif slot.name == "currency" and slot.required and not typed[slot.name]:
            typed[slot.name] = asked.currency
    typed["occurred_at"] = _day_of_what_is_wrong(asked) or _day(asked, as_of)
    if asked.door.full_name == "Opportunity.advance" and not typed.get("to") and asked.deal is not None:
        keys = list(asked.stages)
        later = keys[keys.index(asked.deal.stage) + 1 :] if asked.deal.stage in keys else keys
        typed["to"] = later[0] if later else ""
    was = {slot.name: typed[slot.name] for slot in slots(asked) if slot.shape.stays}
    return Sent(typed, was, uuid4().hex, _version(asked), back, as_of)


def received(asked: Asked, fields: Mapping[str, list[str]]) -> Sent:
    """What a browser sent."""
    typed = with_accounts(
        asked, slots(asked), {slot.name: read(slot.shape, fields, slot.name) for slot in slots(asked)}
    )
    if "occurred_at" not in fields:
        typed["occurred_at"] = _day_of_what_is_wrong(asked) or _day(asked, "".join(fields.get("_as_of", [])))
    one = {name: "".join(fields.get(f"_{name}", [])[-1:]) for name in ("was", "key", "version", "back", "as_of")}
    try:
        was = json.loads(one["was"] or "{}")
    except ValueError:
        was = {}
    return Sent(typed, was if isinstance(was, dict) else {}, one["key"], one["version"], one["back"], one["as_of"])


def body_of(asked: Asked, sent: Sent) -> dict[str, Any]:
    """The body of the command. Raises Malformed for numbers that are none, or would be rounded, for names of accounts
    that mean none, or several, and then for all that the door would not take, too."""
    body = _body(asked, sent)
    faults = [*number_faults(slots(asked), sent.typed), *account_faults(asked, slots(asked), sent.typed)]
    if faults:
        known = {each.field for each in faults}
        raise Malformed(*faults, *(each for each in _not_taken(asked, body) if _path(each.field) not in known))
    return body


def _not_taken(asked: Asked, body: dict[str, Any]) -> Sequence[Fault]:
    """What the door would not take."""
    assert asked.door.endpoint.body is not None
    try:
        converted(asked.door.endpoint.body, body)
    except Malformed as wrong:
        return wrong.faults
    return ()


def _body(asked: Asked, sent: Sent) -> dict[str, Any]:
    """What begins within the aggregate is identified by the form, the same each time."""
    made = uuid5(asked.call.asker.member, sent.key)
    body = {}
    for slot in slots(asked):
        if (slot.name == "id" and asked.door.opens) or _fixed(asked, slot.name):
            continue
        fresh = uuid5(made, slot.name) if _begins(asked, slot.name) or slot.shape.kind == Kind.ROWS else None
        value = stated(slot, sent.typed.get(slot.name, ""), asked.zone, sent.was.get(slot.name), fresh)
        if value is not NOT_STATED:
            body[slot.name] = value
    if body.get("occurred_at") == (_day_of_what_is_wrong(asked) or _today(asked)):
        del body["occurred_at"]
    if isinstance(position := body.get("position"), str) and position.isdigit():
        body["position"] = int(position)
    return body


def stated_anew(asked: Asked, sent: Sent, body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a body somebody stated, and when it happened; without what is so already."""
    current = values_of(asked)
    stood = {
        each.name: as_typed(each.shape, current[each.name], asked.zone) for each in slots(asked) if each.name in current
    }
    left = {name for name, typed in stood.items() if typed and sent.typed.get(name) == typed}
    return {name: value for name, value in body.items() if name == "occurred_at" or name not in left}


def _at_its_field(fault: Fault) -> str:
    """A reason as a sentence, which begins with what was typed as it was typed; what a door calls required is asked
    for."""
    if fault.reason == "required":
        return say("Please state this: it cannot stay empty.")
    return fault.reason if fault.found and fault.reason.startswith(fault.found) else capital(fault.reason)


def form_of(asked: Asked, sent: Sent, action: str, faults: list[Fault] = [], told: str = "") -> Form:  # noqa: B006
    """The form as it is shown, with what is wrong beside each field, and on top what is about none."""
    by_name = {
        slot.name: slot
        for slot in slots(asked)
        if slot.name not in NEVER_SHOWN
        and not _hidden(asked, slot.name)
        and not (asked.door.anew and _fixed(asked, slot.name))
    }
    faults = placed(faults, told, by_name)
    known = {_path(each.field): _at_its_field(each) for each in faults}
    making, command = Fields(asked, known), asked.door.worded_as
    named = named_in([told, *known.values()], by_name)
    optional = sum(not slot.required for slot in by_name.values())
    first: list[Field] = []
    more: list[Field] = []
    for name in in_order(command, list(by_name)):
        made = making.of(by_name[name], sent.typed.get(name, ""))
        required = by_name[name].required
        if asked.door.anew:
            at_once = required or any(each.typed for each in _all(made))
        else:
            at_once = stands_first(command, name, required=required, optional=optional)
        (first if at_once or made.faulty or name in named else more).append(made)
    first.append(_occurred(sent, known))
    more.append(Field("note", label_of("", "note"), "long", sent.typed.get("note", ""), hint=hint_of("", "note")))
    shown = [each for made in (*first, *more) for each in _all(made)]
    for each in shown:
        each.fault = as_spoken(asked, each.fault, shown)
    beside = {each.place or each.name for each in shown}
    on_top = [
        each.reason if each.reason == told else f"{_spoken(command, each.field)}: {each.reason}"
        for each in faults
        if _path(each.field) not in beside
    ]
    on_top = [as_spoken(asked, each, shown) for each in ([told] if told and not faults else on_top)]
    words = command_words(asked.door.full_name)
    form = Form(words, action, words, first, more, str(sent.typed.get("position", "") or ""), sent, faults=on_top)
    if asked.door.full_name == "Opportunity.advance":
        form.gates = gates_to(asked, str(sent.typed.get("to", "")))
        form.first = [each for each in form.first if each.name != "override" or form.unmet]
        form.more = [each for each in form.more if each.name != "override"]
    if command == "Account.merge":
        form.follows = merge_follows(asked)
    if asked.wrong:
        form.withdrawn, form.anew = asked.in_words(asked.wrong), asked.door.anew
        form.only_back = "" if asked.door.corrects else _only_back(asked.wrong)
    if form.anew:
        form.button = say("Record what is right")
    return form


def _only_back(wrong: Recorded) -> str:
    """Why a fact is not stated anew."""
    if wrong.event.opens:
        return say("This is how it began, and stays: change what is wrong in it by a later fact.")
    return say("This cannot be stated anew in one step: take it back, then record what is right.")


def needs_version(asked: Asked) -> bool:
    """Whether two who do this at once are to notice each other."""
    return asked.door.full_name not in ADDING and asked.id is not None


def _fits(asked: Asked, slot: Slot) -> bool:
    """Who asks is taken for who is named only where it must be somebody, or several may be."""
    if asked.door.corrects:
        return True
    if slot.name == "people":
        return slot.shape.kind == Kind.LIST
    return slot.required or slot.name not in OURSELVES or asked.door.full_name in CURRENT


def _fixed(asked: Asked, name: str) -> bool:
    """Whether a correction leaves this as it is: which thing the corrected fact is about."""
    return bool(asked.door.corrects) and (name == "external_id" or name.endswith("_id"))


def _hidden(asked: Asked, name: str) -> bool:
    return FRESH.get(asked.door.full_name) == name


def _begins(asked: Asked, name: str) -> bool:
    return _hidden(asked, name) or f"{asked.door.full_name}.{name}" in NEW_OR_KNOWN


def _version(asked: Asked) -> str:
    return str(asked.state.version) if asked.state is not None and needs_version(asked) else ""


def _day(asked: Asked, as_of: str) -> str:
    """The day that is looked at, else today."""
    return as_of[:10] or _today(asked)


def _today(asked: Asked) -> str:
    return day_of(asked.call.doors.calendar.company, asked.call.now).isoformat()


def _day_of_what_is_wrong(asked: Asked) -> str:
    """The day of the fact that is stated anew, on which what holds instead happened, too; empty for other commands."""
    if not asked.door.corrects or asked.wrong is None:
        return ""
    return day_of(asked.call.doors.calendar.company, asked.wrong.occurred_at).isoformat()


def _occurred(sent: Sent, faults: Mapping[str, str]) -> Field:
    made = Field("occurred_at", label_of("", "occurred_at"), "date", sent.typed.get("occurred_at", ""))
    made.hint, made.fault = hint_of("", "occurred_at"), faults.get("occurred_at", "")
    return made


def _path(field: str) -> str:
    """lines[0].quantity, as faults say it, is lines.0.quantity on a form."""
    return re.sub(r"\[(\d+)\]", r".\1", field)


def _spoken(command: str, field: str) -> str:
    """lines[0].quantity, as its labels say it."""
    parts = [each for each in re.split(r"[.\[\]]+", field) if each]
    return " · ".join(str(int(each) + 1) if each.isdigit() else label_of(command, each) for each in parts)


def _all(made: Field) -> list[Field]:
    within = [*made.parts, *(each for row in made.rows for each in row)]
    return [made, *(deeper for each in within for deeper in _all(each))]
