"""Rules of thumb (发现): each is one function of the facts that says for whom it holds, and why. Never blocking.

A new finding is a function here. Its name and version are for ever: subscribers know it by them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from domain.language.catalogue import say, term
from domain.opportunity.buyers import BuyerRole
from domain.policies.process_definition import ForecastCategory
from domain.policies.service_policy import ServiceLevel
from projections.accounts import AccountRow
from projections.action_items import ACTION_ITEMS, ActionItemRow
from projections.commitments import COMMITMENTS, CommitmentRow
from projections.concessions import CONCESSIONS, ConcessionRow
from projections.customer_columns import LATE_DAYS
from projections.finding import Found, days, finding, rules_in
from projections.finding_facts import AGAINST_US, FOR_US, Facts
from projections.finding_gates import imported_past_gates, unmet_gates
from projections.findings_experiments import OF_EXPERIMENTS
from projections.findings_issues import OF_ISSUES
from projections.findings_partners import OF_PARTNERS
from projections.findings_plans import OF_PLANS
from projections.findings_strategy import OF_STRATEGY
from projections.health_components import counted
from projections.late_logs import late_logs
from projections.monthly_plans import MONTHLY_PLANS, MonthlyPlanRow
from projections.needs import NEEDS, NeedRow
from projections.pursuits import PURSUITS, PursuitRow
from projections.quotes import QUOTES, QuoteRow, follow_up_due
from projections.resources import RESOURCES, ResourceRow
from projections.seen import Seen, rows_as_of
from projections.team import TEAM_MEMBERS, TeamMemberRow
from projections.value_given import VALUES, ValueRow
from projections.visits import VISITS, VisitRow

MANY_PUSHES = 3
ENOUGH_STAYS = 5
NEED_DAYS = 30
QUARTER_DAYS = 90
MOST_KEY_ACCOUNTS = 35
A_WEEK = timedelta(days=7)
LATELY = timedelta(days=30)
TOO_LATE = timedelta(days=LATE_DAYS)


@finding(weight=2)
def no_opposition_recorded(facts: Facts) -> Iterator[Found]:
    """A late-stage opportunity on which nobody is recorded as against us: somebody always is."""
    for deal in facts.deals:
        mapped = facts.buyers.get(deal.key, [])
        if facts.is_late(deal) and mapped and not facts.standing(deal, AGAINST_US):
            text = say(
                "mapped in a late stage: {people}, and none of them against us",
                people=counted(len(mapped), "person", "people"),
            )
            yield facts.about_deal(deal, text, *mapped)


@finding(version=2, weight=3)
def more_against_than_for(facts: Facts) -> Iterator[Found]:
    """Supporters and mentors are no more than non-supporters and enemies, also where nobody takes a side."""
    for deal in facts.deals:
        for_us, against = facts.standing(deal, FOR_US), facts.standing(deal, AGAINST_US)
        mapped = facts.buyers.get(deal.key, [])
        if mapped and len(for_us) <= len(against):
            text = say("{for_us} for us, {against} against", for_us=len(for_us), against=len(against))
            yield facts.about_deal(deal, text, *(for_us + against or mapped))


@finding(weight=2)
def no_decider_mapped(facts: Facts) -> Iterator[Found]:
    """No approver or no decision maker is mapped on an opportunity."""
    for deal in facts.deals:
        empty = [role for role in (BuyerRole.APPROVER, BuyerRole.DECISION_MAKER) if not facts.in_role(deal, role)]
        if empty:
            roles = " / ".join(term("BuyerRole", role.value) for role in empty)
            yield facts.about_deal(deal, say("nobody is mapped as {roles}", roles=roles))


@finding(weight=3)
def approver_not_met(facts: Facts) -> Iterator[Found]:
    """An approver has not been met or spoken to for longer than the cadence of the customer."""
    for deal in facts.deals:
        cadence = facts.cadence(facts.accounts[facts.customer(deal.row.account)])
        for buyer in facts.in_role(deal, BuyerRole.APPROVER):
            who = facts.person(buyer)
            met = facts.met.get(who) if who else None
            last = met.at if met else buyer.since
            if facts.now - last > cadence:
                text = say("no contact with the approver for {days} [day|days]", days=days(last, facts.now))
                yield facts.about_deal(deal, text, buyer, *([met.position] if met else []), since=last + cadence)


@finding(weight=3)
def strategic_without_bearers(facts: Facts) -> Iterator[Found]:
    """A strategic account lacks an executive sponsor of ours, a decision maker, or a champion of theirs."""
    where = "function = 'executive_sponsor'"
    sponsors = facts.of_customers(TEAM_MEMBERS, TeamMemberRow, where) if facts.key_accounts else {}
    for account in facts.key_accounts:
        bearers = {"sponsor": bool(sponsors.get(account.key)), **facts.bearers(account)}
        lacking = [term("bearers", name) for name, there in bearers.items() if not there]
        if facts.level(account) is ServiceLevel.STRATEGIC and lacking:
            text = say("a strategic account without {what}", what=", ".join(lacking))
            yield facts.about_account(account, text, facts.statuses[account.key].position)


@finding(weight=2)
def key_status_unjustified(facts: Facts) -> Iterator[Found]:
    """A key account has no justification of this review period: nobody said why it is one."""
    for account in facts.key_accounts:
        status = facts.statuses[account.key]
        if not status.justified:
            text = say("its review was due on {day}", day=status.review_due)
            yield facts.about_account(account, text, status.position, since=facts.end_of(status.review_due))


@finding(weight=3)
def hangs_by_one_thread(facts: Facts) -> Iterator[Found]:
    """One of ours and one of theirs carry the whole relationship with a key account."""
    keys = {each.key: each for each in facts.key_accounts}
    for web in facts.webs if keys else ():
        account = keys.get(web.line.account)
        if account and web.line.carried_by:
            text = say("one of ours and one of theirs carry the whole relationship")
            yield facts.about_account(account, text, *web.line.positions)


@finding(weight=2)
def close_date_pushed_again(facts: Facts) -> Iterator[Found]:
    """The expected close was put off for the third time, or more often."""
    for deal in facts.deals:
        if deal.row.pushes >= MANY_PUSHES:
            yield facts.about_deal(deal, say("the close date was put off {n} [time|times]", n=deal.row.pushes))


@finding(weight=2)
def close_date_past(facts: Facts) -> Iterator[Found]:
    """The expected close of an open opportunity lies in the past."""
    for deal in facts.deals:
        if deal.row.close_on and deal.row.close_on < facts.today:
            yield facts.about_deal(deal, say("was expected to close on {day}", day=deal.row.close_on))


@finding(weight=2)
def stuck_in_stage(facts: Facts) -> Iterator[Found]:
    """An opportunity has stood in its stage for more than twice as long as is usual there."""
    usual = facts.usual_days(ENOUGH_STAYS) if facts.deals else {}
    for deal in facts.deals:
        expected = usual.get((deal.row.process, deal.row.stage), 0)
        stood = days(deal.row.since, facts.now) if deal.row.since else 0
        if expected and stood > 2 * expected:
            text = say("{days} [day|days] in its stage, usual are {usual}", days=stood, usual=expected)
            yield facts.about_deal(deal, text, since=deal.row.since)


@finding(weight=3)
def commit_with_unmet_gate(facts: Facts) -> Iterator[Found]:
    """The forecast counts on an opportunity whose gates are not met by the answers."""
    counted_on = [deal for deal in facts.deals if facts.category(deal) == ForecastCategory.COMMIT]
    unmet = {deal.key: unmet_gates(facts, deal) for deal in counted_on}
    imported = imported_past_gates(facts, [key for key, stages in unmet.items() if stages])
    for deal in counted_on:
        if unmet[deal.key] and deal.key not in imported:
            text = say("counted on as commit, gates unmet: {stages}", stages=", ".join(unmet[deal.key]))
            yield facts.about_deal(deal, text, *facts.answers.get(deal.key, {}).values())


@finding(weight=2, of_customers=False)
def too_many_key_accounts(facts: Facts) -> Iterator[Found]:
    """A manager has more than 35 key accounts."""
    managed = defaultdict[UUID | None, list[Seen[AccountRow]]](list)
    for account in facts.key_accounts:
        managed[account.row.manager].append(account)
    for manager in facts.managers:
        theirs = managed[manager.key]
        if len(theirs) > MOST_KEY_ACCOUNTS:
            positions = (facts.statuses[each.key].position for each in theirs)
            yield facts.about_member(manager, say("{n} key accounts", n=len(theirs)), *positions)


@finding(weight=1)
def objective_names_our_action(facts: Facts) -> Iterator[Found]:
    """A planned visit says what we will do, and not what the customer will do."""
    for customer, visits in facts.of_customers(VISITS, VisitRow, "our_action and status = 'planned'").items():
        for visit in visits:
            start = facts.day(visit.row.start) if visit.row.start else ""
            text = say("the visit of {day} names what we do, not what the customer will do", day=start)
            causes = visit.row.planned or visit.position
            yield facts.about_account(facts.accounts[customer], text, causes, since=visit.row.planned_at)


@finding(weight=2)
def need_unanswered(facts: Facts) -> Iterator[Found]:
    """A need of a customer has been open for a month, and no opportunity answers it."""
    for customer, needs in facts.of_customers(NEEDS, NeedRow, "status = 'open'").items():
        for need in needs:
            age = days(need.row.recorded, facts.now) if need.row.recorded else 0
            if age > NEED_DAYS and not need.row.opportunities:
                text = say("a need has had no answer for {days} [day|days]", days=age)
                yield facts.about_account(facts.accounts[customer], text, need, since=need.row.recorded)


@finding(weight=2)
def no_value_given(facts: Facts) -> Iterator[Found]:
    """A key account has been given nothing of value for a quarter."""
    given = facts.of_customers(VALUES, ValueRow, "given_by = 'us'") if facts.key_accounts else {}
    for account in facts.key_accounts:
        last = max(given.get(account.key, []), key=lambda each: each.row.given or each.since, default=None)
        status = facts.statuses[account.key]
        since = (last.row.given if last else None) or status.since
        if days(since, facts.now) > QUARTER_DAYS:
            text = say("no value given for {days} [day|days]", days=days(since, facts.now))
            yield facts.about_account(account, text, last or status.position, since=since)


@finding(weight=3)
def commitment_overdue(facts: Facts) -> Iterator[Found]:
    """A commitment of ours is due and was not kept."""
    where = "status = 'open' and made_by = 'us' and due_on < %(today)s"
    for customer, rows in facts.of_customers(COMMITMENTS, CommitmentRow, where).items():
        for each in rows:
            kind = term("CommitmentKind", each.row.commitment_kind.value)
            text = say("our commitment ({kind}) was due on {day}", kind=kind, day=each.row.due_on)
            yield facts.about_account(facts.accounts[customer], text, each)


@finding(weight=2)
def quote_without_follow_up(facts: Facts) -> Iterator[Found]:
    """A quote is out, and nobody has followed it up in time, or means to."""
    for key, quotes in facts.of_deals(QUOTES, QuoteRow, "status = 'issued'").items():
        for quote in quotes:
            due = follow_up_due(quote.row)
            if quote.row.followed_up_on is None and due and due < facts.today:
                text = say("the quote {number} has had no follow-up", number=quote.row.quote_no)
                yield facts.about_deal(facts.deal(key), text, quote, since=facts.end_of(due))


@finding(weight=1)
def conceded_for_nothing(facts: Facts) -> Iterator[Found]:
    """A concession was made with nothing in return."""
    for key, rows in facts.of_deals(CONCESSIONS, ConcessionRow, "not in_return").items():
        yield facts.about_deal(
            facts.deal(key), say("{made} with nothing in return", made=counted(len(rows), "concession")), *rows
        )


@finding(weight=2)
def resources_over_limit(facts: Facts) -> Iterator[Found]:
    """More was spent on an opportunity than the decision to pursue it allows."""
    pursuits = facts.beside_deals(PURSUITS, PursuitRow, "key")
    spent = facts.of_deals(RESOURCES, ResourceRow) if pursuits else {}
    for pursuit in pursuits:
        rows = spent.get(pursuit.key, [])
        over = pursuit.row.days_allowed is not None and sum(r.row.person_days for r in rows) > pursuit.row.days_allowed
        cost = sum((r.row.cost for r in rows if r.row.currency == pursuit.row.currency), Decimal(0))
        if over or (pursuit.row.cost_allowed is not None and cost > pursuit.row.cost_allowed):
            yield facts.about_deal(facts.deal(pursuit.key), say("more is spent than was allowed"), pursuit, *rows)


@finding(weight=2)
def open_after_no_go(facts: Facts) -> Iterator[Found]:
    """An opportunity that was decided not to be pursued is still open a month later."""
    where, since = "decision = 'no_go' and decided < %(since)s", facts.now - LATELY
    for pursuit in facts.beside_deals(PURSUITS, PursuitRow, "key", where, since=since):
        text = say("decided not to pursue it, and it is still open")
        yield facts.about_deal(facts.deal(pursuit.key), text, pursuit, since=pursuit.row.decided)


@finding(version=2, weight=1)
def logged_late(facts: Facts) -> Iterator[Found]:
    """A visit or contact of the last month was recorded more than a week after it took place."""
    for log in late_logs(facts, TOO_LATE, LATELY):
        delay, day = days(log.at, log.recorded_at), facts.day(log.at)
        text = say("the visit of {day} was recorded {days} [day|days] later", day=day, days=delay)
        if log.is_contact:
            text = say("the contact of {day} was recorded {days} [day|days] later", day=day, days=delay)
        yield facts.about_account(log.customer, text, log.position, since=log.at)


@finding(weight=2, of_customers=False)
def monthly_plan_not_handed_in(facts: Facts) -> Iterator[Found]:
    """A manager has not handed in the visit plan of the month that is running."""
    month = f"{facts.today:%Y-%m}"
    handed_in = {
        each.row.member for each in rows_as_of(facts.view, MONTHLY_PLANS, MonthlyPlanRow, "month = %(m)s", m=month)
    }
    for manager in facts.managers:
        if manager.key not in handed_in:
            yield facts.about_member(manager, say("there is no visit plan for {month}", month=month))


@finding(weight=2, of_customers=False)
def todo_untouched(facts: Facts) -> Iterator[Found]:
    """Somebody's action items are a week overdue, and he met and called nobody for seven days."""
    where = f"status = 'open' and due_on < %(today)s::date - {A_WEEK.days}"
    items = [each for rows in facts.of_customers(ACTION_ITEMS, ActionItemRow, where).values() for each in rows]
    of = defaultdict[UUID | None, list[Seen[ActionItemRow]]](list)
    for each in items:
        of[each.row.owner].append(each)
    at_work = facts.at_work(facts.now - A_WEEK) if items else {}
    for member in facts.members.values():
        theirs, last = of.get(member.key), at_work.get(member.key)
        if theirs and (last is None or facts.now - last.at > A_WEEK):
            what = counted(len(theirs), "action item")
            text = say("a week overdue: {items}, and nothing was done for seven days", items=what)
            yield facts.about_member(member, text, *theirs)


RULES = (*rules_in(globals()), *OF_ISSUES, *OF_PARTNERS, *OF_STRATEGY, *OF_EXPERIMENTS, *OF_PLANS)
"""Every finding that there is."""
