"""The timeline of an account: everything recorded about it, in words, newest first."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from api.corrected import Corrections
from api.gate_words import gate_words, is_gates
from api.process_words import told_question
from api.thing_words import named
from domain.aggregate import Recorded
from domain.errors import Fault, Malformed
from domain.language import event_words, field_words, say, shown_amount, shown_quantity, term
from domain.language.days import shown_day, shown_exactly, shown_moment
from domain.language.languages import Language, spoken
from domain.money import Money
from domain.opportunity.quote_lines import QuoteLine
from domain.overriding import overridden
from domain.policies.gates import GateFinding
from domain.policies.selection_model import OVERALL
from domain.sealed import SECRETS, Sealed

MOST_DETAILS = 4
MARKS = {Language.ENGLISH: (": ", ", "), Language.CHINESE: ("：", "，")}
SAID_FIRST = {
    "Account.VisitLogged": (
        "what", "stakeholders", "outcome", "action_agreed", "next_step", "next_step_on", "objective_met", "minutes",
        "people", "steps", "stock", "order_lines", "display_score",
    ),
    "Issue.Raised": (
        "kind", "severity", "category", "description", "raised_by", "response_due", "resolution_due",
    ),
    "Account.AccountScored": ("model", "totals", "wallet_share"),
    "Account.AccountHandedOver": ("from_", "to", "reason", "briefing", "effective_on"),
    "Finding.Raised": ("rule",),
    "Finding.Cleared": ("rule",),
    "Opportunity.QualificationAnswered": ("question", "answer", "competitor", "evidence"),
    "Opportunity.StageAdvanced": ("from_", "to", "gates", "override"),
    "Opportunity.StageReverted": ("from_", "to", "reason"),
}  # fmt: skip
"""Of these facts everything is told that stands here, in this order."""
LONGEST = 80
WHOLE = frozenset({"override", "reason"})
"""Why somebody did it: of these texts nothing is cut off."""
IN_THE_BACKGROUND = frozenset(
    {"previous", "external_id", "process_edition", "template_version", "ad_hoc", "from_", "edition", "fuzzy_total"}
)
"""Fields that say nothing to who reads what happened."""
FULL_STOPS = (".", "。")
QUESTION = "question"
BARE = frozenset({"which"})
"""Fields whose value says by itself what it is."""
OF_STAGES = frozenset({"from_", "to", "stage", "opening_stage"})
NO_NAMES: Mapping[str, str] = MappingProxyType({})


class TimelineLine(msgspec.Struct):
    """A fact: its stored name, the same in words with what matters of it, who recorded it, and about which stream
    (the account, one merged into it, an opportunity, or a programme or test in which it takes part)."""

    position: int
    occurred_at: datetime
    recorded_at: datetime | None
    fact: str
    text: str
    actor: UUID | None
    actor_name: str | None
    subject: UUID


Open = Callable[[Sealed, str], str | None]


def timeline(
    facts: Sequence[Recorded],
    limit: int,
    before: int | None,
    names: Mapping[UUID, str],
    opened: Open,
    stages: Mapping[str, str] = NO_NAMES,
) -> tuple[list[TimelineLine], int | None]:
    """A page of the timeline, in business order from the newest back, and where the next one begins: a position to be
    stated as `before`, None on the last page. `stages` are names of stages
    by key. Raises Malformed where no fact of the timeline lies there."""
    in_order = sorted(facts, key=lambda fact: (fact.occurred_at, fact.position), reverse=True)
    first = 0
    if before is not None:
        place = next((at for at, fact in enumerate(in_order) if fact.position == before), None)
        if place is None:
            reason = "no fact of this timeline has this position: state the `timeline_next` of the page before"
            raise Malformed(Fault("before", str(before), reason))
        first = place + 1
    page = in_order[first : first + limit]
    goes_on = first + limit < len(in_order)
    corrections = Corrections.among(facts)

    def told(fact: Recorded) -> str:
        return in_words(fact, names, opened, stages)

    lines = [_line(fact, corrections.words(fact, told), names) for fact in page]
    return lines, page[-1].position if goes_on else None


def titles_of_parts(facts: Iterable[Recorded]) -> dict[UUID, str]:
    """What objectives, milestones and goals are called, by the facts that gave titles; the last one counts."""
    found: dict[UUID, str] = {}
    for fact in facts:
        title = getattr(fact.event, "title", None)
        if isinstance(title, str):
            fields = (field for field in fact.event.__struct_fields__ if field.endswith("_id"))
            found |= {key: title for field in fields if isinstance(key := getattr(fact.event, field), UUID)}
    return found


def _line(fact: Recorded, text: str, names: Mapping[UUID, str]) -> TimelineLine:
    return TimelineLine(
        position=fact.position,
        occurred_at=fact.occurred_at,
        recorded_at=fact.recorded_at,
        fact=fact.event.topic,
        text=text,
        actor=fact.actor,
        actor_name=names.get(fact.actor) if fact.actor else None,
        subject=fact.originator_id,
    )


def in_words(fact: Recorded, names: Mapping[UUID, str], opened: Open, stages: Mapping[str, str] = NO_NAMES) -> str:
    """A fact in one line: what happened, and up to four of its details that say something to people. Texts and names
    are there for those who may read them."""
    chosen = SAID_FIRST.get(fact.event.topic)
    details: list[str] = []
    for field in chosen or fact.event.__struct_fields__:
        if field in SECRETS:
            continue
        value = getattr(fact.event, field)
        if field in OF_STAGES and isinstance(value, str | tuple):
            value = stages.get(value, value) if isinstance(value, str) else [stages.get(each, each) for each in value]
        if field == QUESTION:
            value = told_question(value, stages)
        value = named(value, field, stages)
        if is_gates(value):
            details.extend(gate_words(gate, stages) for gate in value)
            continue
        hidden = (field in IN_THE_BACKGROUND and not chosen) or _is_said_already(fact, field, value, names)
        said = None if hidden else _said(value, field, names, opened)
        if said:
            details.append(said if field in BARE else f"{field_words(field)} {said}")
    words = spoken_name(fact.event.topic)
    shown = details if chosen else details[:MOST_DETAILS]
    colon, comma = MARKS[spoken()]
    return words + colon + comma.join([*map(_inside, shown[:-1]), shown[-1]]) if shown else words


def _is_said_already(fact: Recorded, field: str, value: Any, names: Mapping[UUID, str]) -> bool:
    """Whether a field adds nothing: what is its own title, the revision of what is the first, the reason of no rule."""
    match field:
        case "override":
            return not overridden(fact)
        case "revision":
            return not value
    return isinstance(value, UUID) and names.get(value) == getattr(fact.event, "title", "")


def spoken_name(topic: str) -> str:
    """What a stored name says: `Account.VisitLogged` is "visit logged", `Opportunity.Won` "won"."""
    words = event_words(topic)
    if words != topic:
        return words
    name = topic.rpartition(".")[2]
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _said(value: Any, field: str, names: Mapping[UUID, str], opened: Open) -> str:
    """A value as people say it; empty for what is absent, and for identifiers of whom nobody has a name."""
    if isinstance(value, Sealed):
        return _text(opened(value, field) or "", field)
    if isinstance(value, UUID):
        return names.get(value, "")
    if isinstance(value, tuple | list):
        return ", ".join(filter(None, (_said(each, field, names, opened) for each in value)))
    if isinstance(value, enum.Enum):
        return term(type(value).__name__, str(value.value)).replace("_", " ")
    if isinstance(value, datetime):
        return shown_moment(value)
    if isinstance(value, date):
        return shown_day(value)
    if isinstance(value, bool):
        return say("yes") if value else ""
    if isinstance(value, Money):
        written = shown_exactly(value.amount, value.currency)
        return written or f"{shown_amount(value.amount)} {value.currency}"
    if isinstance(value, GateFinding):
        return gate_words(value, NO_NAMES)
    if isinstance(value, QuoteLine):
        return _quoted(value)
    if field == "totals" and isinstance(value, dict):
        return f"{value[OVERALL]:.1f}" if OVERALL in value else ""
    if field == "rule" and isinstance(value, str):
        return term("findings", value)
    if isinstance(value, msgspec.Struct):
        return _parts(value, names, opened)
    if isinstance(value, Decimal):
        return shown_quantity(value)
    return _text(str(value), field) if isinstance(value, str | int) else ""


def said(value: Any, field: str, names: Mapping[UUID, str]) -> str:
    """A value of a field, its texts opened already, as people say it; texts whole."""
    return " ".join(value.split()) if type(value) is str else _said(value, field, names, lambda _text, _field: None)


def _parts(value: msgspec.Struct, names: Mapping[UUID, str], opened: Open) -> str:
    """A part of a fact: a product and its quantity, a point of a briefing with a mark where it was explained."""
    found = [(getattr(value, field), field) for field in value.__struct_fields__]
    return " ".join(filter(None, ("✓" if each is True else _said(each, field, names, opened) for each, field in found)))


def _quoted(line: QuoteLine) -> str:
    """A line of a quote as people say it."""
    stated = {"quantity": shown_quantity(line.quantity), "product": line.product}
    stated |= {"price": shown_amount(line.unit_price), "discount": f"{line.discount:.0%}"}
    if line.discount:
        return say("{quantity} × {product} at {price} less {discount}", **stated)
    return say("{quantity} × {product} at {price}", **stated)


def _inside(text: str) -> str:
    """A sentence as one of several: without its full stop."""
    return text[:-1] if text.endswith(FULL_STOPS) and not text.endswith("..") else text


def _text(text: str, field: str) -> str:
    text = " ".join(text.split())
    return text if field in WHOLE or len(text) <= LONGEST else text[: LONGEST - 1] + "…"
