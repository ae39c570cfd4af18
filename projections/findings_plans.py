"""Rules of thumb about account plans: what is behind its line, what nobody approved."""

from __future__ import annotations

from collections.abc import Iterator

from domain.language.catalogue import say
from domain.policies.calendar import fiscal_year
from projections.account_plans import PlanStatus
from projections.finding import Found, finding, rules_in
from projections.finding_facts import Facts


@finding(weight=2)
def objective_behind_its_line(facts: Facts) -> Iterator[Found]:
    """An objective of an account plan is behind its straight line by more than a fifth of its way."""
    for plan in facts.open_plans:
        for aim in (each for each in plan.aims if each.is_behind):
            share = f"{-100 * aim.deviation:.0f}"
            text = say(
                "the objective {title} lies {share} % of its way behind its line", title=aim.row.title, share=share
            )
            causes = sorted({aim.row.stated, *aim.positions[-1:]})
            yield facts.about_account(facts.accounts[plan.customer], text, *causes)


@finding(weight=2)
def plan_not_approved(facts: Facts) -> Iterator[Found]:
    """The fiscal year of a key account's plan has begun, and the plan is still a draft."""
    year = fiscal_year(facts.view.policies.company, facts.today)
    for plan in facts.open_plans:
        if plan.row.status == PlanStatus.DRAFT and plan.row.fiscal_year <= year and plan.customer in facts.statuses:
            text = say("the plan of {year} is still a draft", year=plan.row.fiscal_year)
            yield facts.about_account(facts.accounts[plan.customer], text, plan.position, since=plan.row.drafted)


OF_PLANS = rules_in(globals())
"""Every finding about account plans."""
