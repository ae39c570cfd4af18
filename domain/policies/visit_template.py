"""The visit template (拜访模板): the ordered steps of each kind of visit."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from domain.account.visit_kinds import VisitKind
from domain.aggregate import Event, Withdrawal, command, learn
from domain.errors import Refused
from domain.policies.policy import Policy, policy_id


class StepUnknown(Refused):
    """The visit template of a {kind} has no step {step}. Its steps are: {steps}."""


class StepIncomplete(Refused):
    """Step {number} of the template of a {kind} has a blank key or name: state both."""


class StepTwice(Refused):
    """The template of a {kind} has the step {step} twice: each step stands once."""


class TemplateTwice(Refused):
    """There are two templates of a {kind}: state one per kind of visit."""


class TemplateWithoutSteps(Refused):
    """The template of a {kind} has no steps: state one or more, or leave the kind out."""


class Step(msgspec.Struct, frozen=True):
    """A step of a visit: its key, and its name in English and Chinese."""

    key: str
    name: str
    name_zh: str = ""


class Template(msgspec.Struct, frozen=True):
    """The steps of a kind of visit, in their order."""

    kind: VisitKind
    steps: tuple[Step, ...]


STORE_STEPS = (
    Step("preparation", "Preparation", "准备"),
    Step("outdoor_check", "Outdoor check", "检查户外生动化"),
    Step("greeting", "Greeting", "打招呼"),
    Step("merchandising", "Merchandising", "店内生动化"),
    Step("stock_check", "Stock check", "检查库存"),
    Step("order_proposal", "Order proposal", "建议订单"),
    Step("order", "Order", "确认订单"),
    Step("farewell", "Thanks and farewell", "道谢告别"),
)
"""The eight steps of a store visit (拜访八步骤), which KAMS ships."""


def _shipped() -> dict[VisitKind, Template]:
    return {VisitKind.STORE_VISIT: Template(VisitKind.STORE_VISIT, STORE_STEPS)}


@learn
class VisitTemplate(Policy, eq=False):
    """The templates of all kinds of visits. `edition` is the version that a log names; 0 is what KAMS ships."""

    edition: int = 0
    templates: dict[VisitKind, Template] = msgspec.field(default_factory=_shipped)

    class Defined(Event):
        """All templates, in an edition of their own."""

        edition: int
        templates: tuple[Template, ...]

        def check(self, policy: VisitTemplate) -> None:
            """One template per kind, with steps that can be told apart."""
            kinds: set[VisitKind] = set()
            for template in self.templates:
                if template.kind in kinds:
                    raise TemplateTwice(kind=template.kind)
                kinds.add(template.kind)
                _see_that_it_can_be_followed(template)

        def apply(self, policy: VisitTemplate) -> None:
            """They hold for visits from now on."""
            policy.edition = self.edition
            policy.templates = {template.kind: template for template in self.templates}

    class FactWithdrawn(Withdrawal):
        """A definition is taken back (冲销)."""

    @command
    def define(self, *, templates: tuple[Template, ...]) -> None:
        """State the templates of all kinds of visits, steps in order; a kind that is left out has none."""
        event = self.Defined(edition=self.root.version + 1, templates=tuple(templates))
        same = self.templates == {template.kind: template for template in event.templates}
        if not (same and self.edition):
            self.record(event)

    def steps_of(self, kind: VisitKind) -> tuple[Step, ...]:
        """The steps of a kind of visit, in order; none where it has no template."""
        template = self.templates.get(kind)
        return template.steps if template else ()

    def must_have(self, kind: VisitKind, steps: Iterable[str]) -> None:
        """Refuse a step that a visit of the kind does not have."""
        known = [step.key for step in self.steps_of(kind)]
        for step in steps:
            if step not in known:
                raise StepUnknown(kind=kind, step=step, steps=", ".join(known) or "none")


SHIPPED_TEMPLATE = VisitTemplate(id=policy_id("VisitTemplate"))
"""The templates of a company that never stated its own; not to be changed."""


def _see_that_it_can_be_followed(template: Template) -> None:
    if not template.steps:
        raise TemplateWithoutSteps(kind=template.kind)
    seen: set[str] = set()
    for number, step in enumerate(template.steps, start=1):
        if not (step.key.strip() and step.name.strip()):
            raise StepIncomplete(kind=template.kind, number=number)
        if step.key in seen:
            raise StepTwice(kind=template.kind, step=step.key)
        seen.add(step.key)
