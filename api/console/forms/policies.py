"""What the company laid down, as choices: stages, questions, products, territories, terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.console.forms.asked import Asked
from api.console.forms.option import Choices, Option
from domain.account.visit_kinds import VisitKind
from domain.language.catalogue import either
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.policies.price_list import PriceList
from domain.policies.rate_card import RateCard
from domain.policies.segments import Segments
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_selection import SHIPPED_MODELS
from domain.policies.territories import Territories
from domain.policies.visit_template import VisitTemplate


def control_points(asked: Asked) -> Choices:
    defined = asked.state.processes.defined.values()
    return [Option(point.key, point.text) for each in defined for point in each.control_points]


def stages(asked: Asked) -> Choices:
    return [Option(key, name) for key, name in asked.stages.items()]


def later(asked: Asked) -> Choices:
    assert asked.deal is not None
    keys = list(asked.stages)
    after = keys.index(asked.deal.stage) + 1 if asked.deal.stage in keys else 0
    return [Option(key, asked.stages[key]) for key in keys[after:]]


def earlier(asked: Asked) -> Choices:
    assert asked.deal is not None
    keys = list(asked.stages)
    before = keys.index(asked.deal.stage) if asked.deal.stage in keys else len(keys)
    return [Option(key, asked.stages[key]) for key in reversed(keys[:before])]


def processes(asked: Asked) -> Choices:
    return [Option(each.key, either(each.name, each.name_zh)) for each in asked.view.policies.processes()]


def questions(asked: Asked) -> Choices:
    found = asked.process.questionnaire if asked.process else ()
    return [Option(each.key, f"{each.key} {either(each.text, each.text_zh)}") for each in found]


def milestones(asked: Asked) -> Choices:
    assert asked.deal is not None
    reached, known = asked.deal.milestones.reached, asked.process.milestones if asked.process else ()
    return [Option(each.key, either(each.name, each.name_zh)) for each in known if each.key not in reached]


def territories(asked: Asked) -> Choices:
    return [Option(key, each.name) for key, each in asked.policy(Territories).territories.items()]


def products(asked: Asked) -> Choices:
    return [Option(key, f"{each.name} ({key})") for key, each in asked.policy(PriceList).products.items()]


def resources(asked: Asked) -> Choices:
    return [Option(key, either(each.name, each.name_zh)) for key, each in asked.policy(RateCard).rates.items()]


def segments(asked: Asked) -> Choices:
    return [Option(key, key) for key in asked.policy(Segments).segments]


def models(_: Asked) -> Choices:
    return [Option(each.key, either(each.name, each.name_zh)) for each in SHIPPED_MODELS.values()]


def model(asked: Asked) -> SelectionModel:
    return asked.policy(SelectionModel, asked.preset.get("model") or "key-accounts")


def scored(asked: Asked) -> Choices:
    return [Option(each.key, either(each.name, each.name_zh)) for each in model(asked).criteria]


def steps(asked: Asked) -> Choices:
    templates = asked.policy(VisitTemplate).templates
    stated = asked.preset.get("what") or VisitKind.STORE_VISIT.value
    found = next((each for kind, each in templates.items() if kind.value == stated), None)
    return [Option(each.key, either(each.name, each.name_zh)) for each in (found.steps if found else ())]


def owed(asked: Asked) -> Choices:
    return [Option(each.key, each.text) for each in _terms(asked.state, "obligations")]


def rewards(asked: Asked) -> Choices:
    return [Option(each.key, each.text) for each in _terms(asked.state, "rewards")]


def _terms(programme: PartnerProgramme, part: str) -> Iterable[Any]:
    newest = programme.editions[max(programme.editions)] if programme.editions else None
    return getattr(newest, part) if newest else ()
