"""An account's page in the terminal."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from api.cli import output, sheets
from api.cli.funnel_output import stamp
from domain.language.amounts import shown_amount
from domain.language.catalogue import in_context, say, term
from domain.language.languages import Language, spoken
from domain.money import Money

if TYPE_CHECKING:
    from api.account_page import AccountPage
    from api.account_team import ItemLine

MOST_DEALS = 15
MOST_ITEMS = 20


def _owner(item: ItemLine) -> str:
    return item.department or item.owner_name or str(item.owner)


def money_words(amount: Money) -> str:
    """An amount with its currency."""
    return f"{shown_amount(amount.amount)} {amount.currency}" if spoken() is Language.CHINESE else str(amount)


def stated_words(value: Any) -> Any:
    """A value of the profile as people say it."""
    if isinstance(value, enum.Enum):
        return term(type(value).__name__, str(value.value))
    return money_words(value) if isinstance(value, Money) else value


def show(page: AccountPage, json: bool, csv: bool, zone: str, stages: Mapping[str, str]) -> None:
    """Profile, people, team, what is open, figures, opportunities, timeline; as CSV its opportunities. The days of the
    timeline are those of a time zone; `stages` are names of stages by key."""
    if json:
        output.print_json(page)
        return
    header = ["opportunity", "title", "stage", "outcome", "amount", "close on"]
    deals = [
        (
            d.external_id,
            d.title,
            d.stage if csv else stages.get(d.stage, d.stage),
            term("Outcome", d.outcome) if d.outcome else say("open"),
            d.amount and money_words(d.amount),
            d.close_on,
        )
        for d in page.opportunities
    ]
    if csv:
        output.print_csv(*sheets.account(page))
        return
    profile = [
        (in_context("account", name.replace("_", " ")), stated_words(value))
        for name, value in page.profile.items()
        if name != "name"
    ]
    standing = term("RelationshipType", page.relationship_type) if page.relationship_type else say("none")
    title = say(
        "{name} ({external_id}) as of {stamp}",
        name=page.profile.get("name", ""),
        external_id=page.external_id or page.account,
        stamp=stamp(page),
    )
    output.print_table(title, ["", ""], [*_first(page), *profile, ("key status", standing), ("version", page.version)])
    output.print_table(
        "\nPeople",
        [in_context("people", name) for name in ("name", "title")],
        [(each.shown, each.title) for each in page.people],
    )
    _show_team(page)
    _show_items(page)
    _show_figures(page)
    _show_programmes(page)
    _show_plans(page)
    output.print_table(("\n" + say("Opportunities ({deals})", deals=len(deals))), header, deals[:MOST_DEALS])
    _show_timeline(page, zone)


def _first(page: AccountPage) -> list[tuple[str, str]]:
    """Where a merged account leads, and who looks after it."""
    lines = []
    if page.merged_into:
        day = f"{page.merged_on:%Y-%m-%d}" if page.merged_on else "–"
        into = page.merged_into_name or page.merged_into
        lines.append((say("merged into"), say("{into} on {day}", into=into, day=day)))
    if page.manager:
        lines.append(("manager", page.manager_name or str(page.manager)))
    return lines


def _show_team(page: AccountPage) -> None:
    if page.team:
        team = [
            (
                each.name or str(each.member),
                term("TeamFunction", each.function.value),
                each.counterpart_name or each.counterpart or "–",
            )
            for each in page.team
        ]
        output.print_table("\nTeam", [in_context("people", "name"), "function", "counterpart"], team)


def _show_items(page: AccountPage) -> None:
    """Action items with their owners, then what else is open."""
    if page.action_items:
        items = [(each.due_on, each.text or say("(sealed)"), _owner(each)) for each in page.action_items]
        output.print_table("\nTo be done", ["due on", "what", "owner"], items)
    others = [each for each in page.open_items if each.kind != "action_item"]
    rows = [
        (
            term("OpenItemKind", each.kind),
            f"{each.due or '–'}{say(' overdue') if each.overdue else ''}",
            each.text or say("(sealed)"),
        )
        for each in others[:MOST_ITEMS]
    ]
    if rows:
        output.print_table(("\n" + say("Open ({others})", others=len(others))), ["what", "due", ""], rows)


def _show_figures(page: AccountPage) -> None:
    rows: list[tuple[str, str]] = []
    if (bought := page.purchases) and bought.documents:
        said = say(
            "{revenue} {currency}, {documents} documents",
            revenue=shown_amount(bought.revenue),
            currency=page.currency,
            documents=bought.documents,
        )
        rows.append(
            (
                say("bought in 365 days"),
                say("{said}, last {last_purchase}", said=said, last_purchase=bought.rhythm.last_purchase),
            )
        )
    if bought and (bought.payments.paid or bought.payments.open_amount):
        paid = bought.payments
        rows.append(
            (
                say("payments"),
                say(
                    "{on_time_share} on time, open {open_amount}",
                    on_time_share=_percent(paid.on_time_share),
                    open_amount=shown_amount(paid.open_amount),
                ),
            )
        )
    if credit := page.credit:
        template = say("until {valid_until}, expired") if credit.expired else say("until {valid_until}")
        until = template.format(valid_until=credit.valid_until)
        rows.append(
            (
                say("credit"),
                say(
                    "{rating}, up to {limit} {until}",
                    rating=credit.rating,
                    limit=money_words(credit.limit),
                    until=until,
                ),
            )
        )
    for line in page.satisfaction:
        mean = "" if line.mean is None else say(", mean of 365 days {mean}", mean=line.mean)
        rows += [(line.kind.upper(), say("newest {newest}{mean}", newest=line.newest, mean=mean))]
    for share in page.plan:
        if share.target is not None:
            won, buys = _percent(share.won_share), _percent(share.bought_share)
            rows.append(
                (
                    say("target {period}", period=share.period),
                    say(
                        "{target} {currency}: won {won}, bought {buys}",
                        target=shown_amount(share.target),
                        currency=page.currency,
                        won=won,
                        buys=buys,
                    ),
                )
            )
    if rows:
        output.print_table("\nFigures", ["", ""], rows)


def _show_programmes(page: AccountPage) -> None:
    """The partner programmes in which it is or was."""
    rows = [
        (
            each.programme_title,
            each.enrolled_on,
            term("PartnerState", each.state.value),
            each.newest and each.newest.period,
            each.newest and each.newest.partner,
            each.newest and each.newest.threshold,
            term("PartnerTrend", each.trend.value),
        )
        for each in page.programmes
    ]
    if rows:
        header = ["programme", "since", "standing", "period", "partner score", "threshold", "trend"]
        output.print_table("\nPartner programmes", header, rows)


def _show_plans(page: AccountPage) -> None:
    """Its account plans, and how far they are."""
    rows = [
        (
            str(each.fiscal_year),
            term("PlanStatus", each.status.value),
            *(each.objectives, each.behind, each.reached, each.missed, each.due, each.to_come),
        )
        for each in page.plans
    ]
    if rows:
        header = ["year", "status", "objectives", "behind", "reached", "missed", "due", "to come"]
        output.print_table("\nAccount plans", header, rows)


def _show_timeline(page: AccountPage, zone: str) -> None:
    at = ZoneInfo(zone)
    facts = [
        (line.position, f"{line.occurred_at.astimezone(at):%Y-%m-%d}", line.text, line.actor_name or "–")
        for line in page.timeline
    ]
    output.print_table(
        "\n" + say("Timeline, days of {zone}", zone=zone),
        ["position", "occurred", "what happened", "recorded by"],
        facts,
    )
    if page.timeline_next is not None:
        output.say(say("Earlier facts: --before {timeline_next}", timeline_next=page.timeline_next))


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.0f} %"
