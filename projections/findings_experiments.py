"""Rules of thumb about experiments."""

from __future__ import annotations

from collections.abc import Iterator

from domain.finding import SubjectKind
from domain.language.catalogue import say
from projections.experiments import EXPERIMENTS, ExperimentRow
from projections.finding import Found, finding, rules_in
from projections.finding_facts import Facts
from projections.seen import rows_as_of


@finding(weight=1, of_customers=False)
def experiment_not_concluded(facts: Facts) -> Iterator[Found]:
    """The last day of an experiment is over, and nobody has concluded it: what it cost taught nobody anything."""
    where = "status = 'running' and until < %(today)s"
    for each in rows_as_of(facts.view, EXPERIMENTS, ExperimentRow, where, today=facts.today):
        text = say("{title} ran until {until} and is not concluded", title=each.row.title, until=each.row.until)
        since = facts.end_of(each.row.until) if each.row.until else None
        yield Found(SubjectKind.EXPERIMENT, each.key, text, (each.position,), since)


OF_EXPERIMENTS = rules_in(globals())
