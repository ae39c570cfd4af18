"""Correcting a fact: stated anew where the command that recorded it can be given again, else only taken back."""

from __future__ import annotations

import dataclasses
from typing import Any

from api.access import WITHDRAW
from api.console.forms.asked import Asked, Door, door_of, fact_at, reached
from api.console.forms.form import Sent
from api.corrections import restating
from api.endpoints import Call
from domain.errors import Fault

CORRECT = "correct"
TAKE_BACK = "_take_back"
"""The button of a form that only takes back."""


def correcting(call: Call, noun: str, stated: str, position: str) -> Door:
    """The command that corrects the fact at a position, as somebody may give it. Raises NotFound, NotAllowed."""
    back = door_of(noun, WITHDRAW)
    found, _ = reached(call, back, stated)
    history = call.doors.journal.streams.history(found) if found else []
    wrong = fact_at(history, position)
    anew = restating(type(wrong.event)) if wrong else None
    return Door(back.root, CORRECT, anew[1], corrects=anew[0], anew=True) if anew else back


def taking_back(asked: Asked, sent: Sent) -> tuple[Asked, dict[str, Any]]:
    """The withdrawal of the fact, in place of what a form states anew."""
    noun = asked.call.path["noun"]
    mistake, position = str(sent.typed.get("mistake", "")), str(sent.typed.get("position", ""))
    body: dict[str, Any] = {"position": int(position) if position.isdecimal() else position}
    said = {"reason": mistake, "note": str(sent.typed.get("note", ""))}
    return dataclasses.replace(asked, door=door_of(noun, WITHDRAW)), body | {
        name: text for name, text in said.items() if text.strip()
    }


def at_the_mistake(fault: Fault) -> Fault:
    """What is wrong with the reason of a withdrawal, at the field where the form asks for it."""
    return dataclasses.replace(fault, field="mistake") if fault.field == "reason" else fault
