"""A form as its template shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from api.console.forms.accounts import name_of
from api.console.forms.asked import Asked
from api.console.forms.choices import NEW_OR_KNOWN, RANGES, SUGGESTED, deal_said, is_any_account, options
from api.console.forms.option import Choices, Option
from api.console.forms.shapes import Kind, Shape, Slot
from api.console.forms.typed import Typed
from api.console.forms.wording import LONG, hint_of, label_of
from api.identity import is_identifier
from domain.language.catalogue import say
from domain.sealed import FreeText, OfPerson

FEW_OPTIONS = 4
ADDRESSES = {"email": "email", "phone": "tel", "website": "url"}


@dataclass
class Field:
    """A field. `kind` names the macro that shows it; `parts` are those of a group or table, `rows` of several groups:
    behind those that were typed a blank one, and a blank one to copy."""

    name: str
    label: str
    kind: str
    typed: Typed
    required: bool = False
    hint: str = ""
    fault: str = ""
    options: Choices = field(default_factory=list)
    parts: list[Field] = field(default_factory=list)
    rows: list[list[Field]] = field(default_factory=list)
    least: float | None = None
    most: float | None = None
    whole: bool = False
    media: str = "text"
    further: bool = False
    """Whether the blank row stands there for want of scripts alone, which add one where it is wanted."""
    again: bool = False
    """Whether another choice asks for another form."""
    none: str = ""
    """What the choice of nothing is called."""
    place: str = ""
    """Tells it apart from others of its name."""

    @property
    def id(self) -> str:
        """Names the field on its page."""
        return "f-" + (self.place or self.name).replace("[", "-").replace("]", "").replace(".", "-")

    @property
    def faulty(self) -> bool:
        """Whether something is wrong with it, or within it."""
        within = [*self.parts, *(each for row in self.rows for each in row)]
        return bool(self.fault) or any(each.faulty for each in within)


class Fields:
    """Makes the fields of a form."""

    def __init__(self, asked: Asked, faults: Mapping[str, str]) -> None:
        self._asked, self._faults = asked, faults
        command = asked.door.command
        self._sealed = command.sealed if command else {}

    def of(self, slot: Slot, typed: Typed, path: str = "", label: str = "", spot: str = "") -> Field:
        """The field of a slot. `path` is its name on the form, `spot` the names of the groups in which it stands."""
        path, spot = path or slot.name, spot or slot.name
        made = Field(
            path,
            label or label_of(self._asked.door.worded_as, slot.name),
            "text",
            typed,
            required=slot.required and not slot.shape.stays,
            hint=hint_of(self._asked.door.worded_as, slot.name),
            fault=self._faults.get(path, ""),
            least=slot.shape.least,
            most=slot.shape.most,
        )
        self._fill(made, slot, spot)
        return made

    def _fill(self, made: Field, slot: Slot, spot: str) -> None:
        shape = slot.shape
        if shape.kind in (Kind.IDENTIFIER, Kind.LIST) and is_any_account(self._asked, spot, shape):
            self._accounts(made, shape)
            return
        found = options(self._asked, spot, shape)
        if shape.kind == Kind.TABLE:
            self._table(made, shape, found, spot)
        elif shape.kind in (Kind.GROUP, Kind.MONEY):
            made.kind = "money" if shape.kind == Kind.MONEY else "group"
            made.parts = self._parts(shape, made.typed, made.name, spot)
        elif shape.kind == Kind.ROWS and shape.of is not None:
            made.kind = "rows"
            made.rows = [
                self._parts(shape.of, row, f"{made.name}.{number}", spot)
                for number, row in enumerate([*(made.typed or []), {}, {}])
            ]
            made.further = bool(made.typed)
        elif shape.kind == Kind.LIST:
            made.kind, made.options = ("lines", []) if found is None else ("checks", self._kept(found, made.typed))
        elif found is not None:
            self._choice(made, shape, found, slot)
        else:
            self._plain(made, shape, slot, spot)

    def _parts(self, shape: Shape, typed: Any, path: str, spot: str) -> list[Field]:
        if shape.kind == Kind.MONEY:
            stated = typed or {}
            currency = stated.get("currency") or self._asked.currency
            amount = Field(f"{path}.amount", label_of("", "amount"), "number", stated.get("amount", ""))
            code = Field(f"{path}.currency", label_of("", "currency"), "text", currency)
            for each in (amount, code):
                each.fault = self._faults.get(each.name, "")
            return [amount, code]
        return [
            self.of(slot, (typed or {}).get(slot.name, ""), f"{path}.{slot.name}", spot=f"{spot}.{slot.name}")
            for slot in shape.parts
            if slot.shape.kind != Kind.IDENTIFIER or options(self._asked, f"{spot}.{slot.name}", slot.shape)
        ]

    def _accounts(self, made: Field, shape: Shape) -> None:
        if shape.kind == Kind.IDENTIFIER:
            self._account(made)
            return
        made.kind = "rows"
        made.further = bool(made.typed)
        for number, typed in enumerate([*(made.typed or []), "", ""]):
            one = Field(made.name, made.label, "account", typed, place=f"{made.name}.{number}")
            one.fault = self._faults.get(one.place, "")
            self._account(one)
            made.rows.append([one])

    def _account(self, made: Field) -> None:
        """One that is looked for by its name, or a part of it."""
        made.kind, made.options = "account", [Option(each, each) for each in self._asked.accounts]
        made.again = f"{self._asked.door.full_name}.{made.name}" in ASK_AGAIN
        if made.typed and is_identifier(made.typed):
            made.typed = name_of(self._asked.view, made.typed)

    def _table(self, made: Field, shape: Shape, found: Choices | None, spot: str) -> None:
        assert shape.of is not None
        made.kind = "group" if found else "entries"
        known = {each.value for each in found or []}
        keys = [*(found or []), *(Option(key, key) for key in (made.typed or {}) if key not in known)]
        made.parts = [
            self.of(
                Slot(spot.rpartition(".")[2], shape.of, required=False),
                (made.typed or {}).get(each.value, ""),
                f"{made.name}[{each.value}]",
                each.label,
                spot=f"{spot}.value",
            )
            for each in keys
        ]
        for each in made.parts:
            each.hint = ""
        if found is None:
            key = Field(f"{made.name}.0.key", say("Name"), "text", "")
            value = self.of(Slot("value", shape.of, required=False), "", f"{made.name}.0.value", spot=f"{spot}.value")
            made.rows = [[key, value]]

    def _choice(self, made: Field, shape: Shape, found: Choices, slot: Slot) -> None:
        made.options = self._kept(found, [made.typed])
        few = shape.enumeration is not None and len(found) <= FEW_OPTIONS
        made.kind = "radios" if few and made.required and "." not in made.name else "select"
        made.again = f"{self._asked.door.full_name}.{made.name}" in ASK_AGAIN
        if slot.shape.stays and not slot.shape.nothing and shape.enumeration is not None and made.typed:
            made.required = True  # it may become another one, not none
        if (place := f"{self._asked.door.full_name}.{made.name}") in NEW_OR_KNOWN:
            made.required, made.none = False, say(NEW_OR_KNOWN[place])
        elif not found:
            made.hint = say("There is nothing to choose from yet.")

    def _plain(self, made: Field, shape: Shape, slot: Slot, spot: str) -> None:
        name = spot.rpartition(".")[2]
        made.kind = PLAIN[shape.kind]
        made.whole = shape.kind == Kind.INT
        if shape.kind == Kind.BOOL and (shape.nothing or shape.stays):
            made.kind, made.options = "select", [Option("true", say("yes")), Option("false", say("no"))]
        if shape.kind == Kind.INT and name in RANGES:
            made.kind, made.options = "radios", _scale(RANGES[name])
        if made.kind == "text":
            mark = self._sealed.get(name)
            long = name in LONG or isinstance(mark, FreeText)
            made.kind = "long" if long and not isinstance(mark, OfPerson) else "text"
            made.media = ADDRESSES.get(name, "text")
            made.options = SUGGESTED[name](self._asked) if name in SUGGESTED else []
        if shape.kind == Kind.IDENTIFIER:
            made.kind = "hidden"

    def _kept(self, found: Choices, typed: Iterable[str]) -> Choices:
        """The choices, and what was chosen before and is none any more."""
        known = {each.value for each in found}
        return [*found, *(Option(each, self._said(each)) for each in typed or () if each and each not in known)]

    def _said(self, value: str) -> str:
        if not is_identifier(value):
            return value[:40]
        return deal_said(self._asked, key := UUID(value)) or self._asked.called(key) or value[:40]


def _scale(numbers: range) -> Choices:
    """The steps of a scale, with their signs where it has two sides."""
    signed = numbers.start < 0
    return [Option(str(each), f"{each:+d}" if signed and each else str(each)) for each in numbers]


PLAIN = {
    Kind.TEXT: "text",
    Kind.INT: "number",
    Kind.DECIMAL: "number",
    Kind.BOOL: "check",
    Kind.DATE: "date",
    Kind.MOMENT: "moment",
    Kind.TIME: "time",
    Kind.IDENTIFIER: "hidden",
    Kind.CHOICE: "select",
}
ASK_AGAIN = frozenset(
    {
        "Issue.raise_issue.account",
        "Opportunity.open.account",
        "Opportunity.advance.to",
        "Opportunity.qualification.answer.question",
        "Opportunity.criteria.describe.criterion_id",
        "Opportunity.competition.assess.competitor",
        "Opportunity.buyers.map.stakeholder",
        "Opportunity.quotes.revise.quote_no",
        "Account.stakeholders.change.stakeholder_id",
        "Account.stakeholders.profile.stakeholder_id",
        "Account.stakeholders.assess.stakeholder",
        "Account.visits.log.visit_id",
        "Account.visits.log.what",
        "Account.visits.reschedule.visit_id",
        "Account.merge.into",
        "Account.standing.score.model",
        "Opportunity.open.process",
        "PartnerProgramme.partners.enrol.account",
        "PartnerProgramme.compliance.score.account",
        "AccountPlan.objectives.progress.objective_id",
    }
)
"""Fields on which it depends with what the others begin."""
