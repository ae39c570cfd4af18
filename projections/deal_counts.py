"""For which opportunities rules of thumb hold, counted on columns. What each means its rule in `findings` says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from domain.journal.reading import microseconds
from domain.opportunity.buyers import BuyerRole, Support
from domain.policies.service_policy import ServiceLevel
from projections import findings as rules
from projections.account_columns import LEVELS
from projections.customer_columns import SPONSOR
from projections.deal_columns import ROLES, Unkept
from projections.finding_counts import Counted, Tally
from projections.finding_facts import AGAINST_US, FOR_US
from projections.finding_gates import MAYBE_IMPORTED, imported_past_gates
from projections.kept_columns import NEVER, NO_DAY, kept_versions, marked

DAY = 86_400_000_000
MICROSECOND = timedelta(microseconds=1)


def _no_opposition(counted: Counted) -> Tally:
    deals = counted.open
    return counted.of_places(counted.is_late & (deals.mapped() > 0) & (deals.mapped(*AGAINST_US) == 0))


def _more_against(counted: Counted) -> Tally:
    deals = counted.open
    return counted.of_places((deals.mapped() > 0) & (deals.mapped(*FOR_US) <= deals.mapped(*AGAINST_US)))


def _no_decider(counted: Counted) -> Tally:
    deals = counted.open
    approvers, deciders = deals.mapped(BuyerRole.APPROVER), deals.mapped(BuyerRole.DECISION_MAKER)
    return counted.of_places((approvers == 0) | (deciders == 0))


def _approver_not_met(counted: Counted) -> Tally:
    import numpy as np

    deals, facts = counted.open, counted.facts
    buyers = deals.buyers.where(deals.buyers["role"] == ROLES.index(BuyerRole.APPROVER))
    met = counted.meetings.last(deals.ids)[buyers["person"]]
    last = np.where(met == NEVER, buyers["valid_from"], met)
    paces = np.array([facts.cadence_of(each) // MICROSECOND for each in LEVELS])
    level = np.zeros(len(deals.ids), np.int64)
    level[counted.keys["customer"]] = counted.keys["level"]
    cadence = paces[level]
    late = microseconds(facts.now) - last > cadence[deals.deals["customer"][buyers["place"]]]
    return counted.of_places(buyers["place"][late])


def _without_bearers(counted: Counted) -> Tally:
    deals = counted.open
    sponsored = marked(deals.ids, counted.of_customers(SPONSOR)["customer"])
    codes = counted.keys["customer"][counted.keys["level"] == LEVELS.index(ServiceLevel.STRATEGIC)]
    lacking = ~sponsored[codes]
    for borne in (BuyerRole.DECISION_MAKER, Support.MENTOR):
        lacking |= ~marked(deals.ids, deals.deals["customer"][deals.mapped(borne) > 0])[codes]
    return counted.of_codes(codes[lacking])


def _one_thread(counted: Counted) -> Tally:
    carried = counted.meetings.carried_by_one_pair(counted.open.ids)
    keys = counted.keys["customer"]
    return counted.of_codes(keys[carried[keys]])


def _pushed(counted: Counted) -> Tally:
    return counted.of_places(counted.open.deals["pushes"] >= rules.MANY_PUSHES)


def _past(counted: Counted) -> Tally:
    close_on = counted.open.deals["close_on"]
    return counted.of_places((close_on != NO_DAY) & (close_on < counted.today))


def _stuck(counted: Counted) -> Tally:
    import numpy as np

    deals = counted.open
    usual, since = deals.by_stage(counted.facts.usual_days(rules.ENOUGH_STAYS)), deals.deals["since"]
    stood = np.where(since == NEVER, 0, (microseconds(counted.facts.now) - since) // DAY)
    return counted.of_places((usual > 0) & (stood > 2 * usual))


def _unmet_gates(counted: Counted) -> Tally:
    import numpy as np

    deals, unmet = counted.open, np.zeros(len(counted.open), np.bool_)
    for process, stage, places in deals.at_stages:
        counted_on = places[counted.is_commit[places]]
        unmet[counted_on] = counted.unmet(counted.facts.view.policies.process(process), stage, counted_on)
    ever = kept_versions(counted.facts.view, MAYBE_IMPORTED)
    if ever is None:
        raise Unkept
    asked = deals.deals["_stream"][unmet & marked(deals.ids, ever["_stream"])[deals.deals["_stream"]]]
    imported = imported_past_gates(counted.facts, [deals.ids.key(code) for code in asked.tolist()])
    unmet &= ~marked(deals.ids, deals.ids.of(list(imported)))[deals.deals["_stream"]]
    return counted.of_places(unmet)


OF_DEALS: dict[str, Callable[[Counted], Tally]] = {
    rules.no_opposition_recorded.name: _no_opposition,
    rules.more_against_than_for.name: _more_against,
    rules.no_decider_mapped.name: _no_decider,
    rules.approver_not_met.name: _approver_not_met,
    rules.strategic_without_bearers.name: _without_bearers,
    rules.hangs_by_one_thread.name: _one_thread,
    rules.close_date_pushed_again.name: _pushed,
    rules.close_date_past.name: _past,
    rules.stuck_in_stage.name: _stuck,
    rules.commit_with_unmet_gate.name: _unmet_gates,
}
"""By the names of rules."""
