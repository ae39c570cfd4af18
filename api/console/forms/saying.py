"""What a refusal says, as the form says it: fields by their labels, people by name, at the field that it is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from api.console.formats import day as day_in_words
from api.console.forms.asked import Asked
from api.console.forms.fields import Field
from api.console.forms.wording import label_of
from api.identity import is_identifier
from domain.account.stakeholders import Stakeholders, StakeholderUnknown
from domain.errors import Fault, Refused
from domain.language.catalogue import say
from domain.language.languages import Language, spoken
from domain.policies.calendar import day_of

IDENTIFIER = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
QUOTED = re.compile(r"`([a-z_]+)`")
LISTED = re.compile(r"\b[a-z_]+(?:, [a-z_]+)+\b")
JOINED = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")


def named_in(texts: Iterable[str], fields: Collection[str]) -> list[str]:
    """The fields that are named in refusals, in their order."""
    return [name for text in texts for name in QUOTED.findall(text) if name in fields]


def placed(faults: Sequence[Fault], told: str, fields: Collection[str]) -> list[Fault]:
    """What is wrong, at the field that a refusal names first; else where it stood."""
    if not faults and (named := named_in([told], fields)):
        return [Fault(named[0], "", told)]
    found = []
    for each in faults:
        named = named_in([each.reason], fields)
        elsewhere = named and each.field not in named
        found.append(Fault(named[0], each.found, each.reason) if elsewhere else each)
    return found


def as_spoken(asked: Asked, text: str, shown: Sequence[Field]) -> str:
    """A refusal with the labels of the fields that it names, and names in place of identifiers."""
    names = {each.value: each.label for made in shown for each in made.options if is_identifier(each.value)}
    if asked.account is not None:
        names[str(asked.account.id)] = asked.account.profile.name
    labels = {part: each.label for each in reversed(shown) for part in (each.name.rpartition(".")[2], each.name)}
    return _labelled(IDENTIFIER.sub(lambda found: names.get(found[0], found[0]), text), labels, asked.door.worded_as)


def _labelled(text: str, labels: Mapping[str, str], command: str) -> str:
    def quoted(found: re.Match[str]) -> str:
        name = found[found.lastindex or 0]
        return f"“{labels[name]}”" if name in labels else found[0]

    def listed(found: re.Match[str]) -> str:
        named = found[0].split(", ")
        if len(labels.keys() & set(named)) < 2:
            return found[0]
        comma = "、" if spoken() is Language.CHINESE else ", "
        return comma.join(f"“{labels.get(each) or label_of(command, each)}”" for each in named)

    return JOINED.sub(quoted, LISTED.sub(listed, QUOTED.sub(quoted, text)))


def not_there_yet(asked: Asked, refusal: Refused, stated: str) -> list[Fault]:
    """Where somebody who was chosen was recorded only after the day of the fact: that, at the day."""
    if not isinstance(refusal, StakeholderUnknown) or asked.account is None:
        return []
    person = refusal.details["stakeholder"]
    known = (
        fact
        for fact in asked.call.doors.journal.streams.history(asked.account.id)
        if isinstance(fact.event, Stakeholders.StakeholderAdded) and fact.event.stakeholder_id == person
    )
    first = min(known, key=lambda fact: fact.occurred_at, default=None)
    if first is None or person not in asked.people:
        return []
    day = day_of(asked.call.doors.calendar.company, first.occurred_at)
    name = asked.people[person].partition(" · ")[0]
    words = say(
        "On that day nobody of the name {name} was recorded yet: first on {day}. State that day, or a later one.",
        name=name,
        day=day_in_words(day),
    )
    return [Fault("occurred_at", stated, words)]
