"""An account's page in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli import output
from api.cli.funnel_output import stamp

if TYPE_CHECKING:
    from api.account_page import AccountPage
    from api.account_team import ItemLine

MOST_DEALS = 15
MOST_ITEMS = 20


def _owner(item: ItemLine) -> str:
    return item.department or item.owner_name or str(item.owner)


def show(page: AccountPage, json: bool, csv: bool) -> None:
    """Profile, people, team, what is open, figures, opportunities, timeline; as CSV its opportunities."""
    if json:
        output.print_json(page)
        return
    header = ["opportunity", "title", "stage", "outcome", "amount", "close on"]
    deals = [
        (d.external_id, d.title, d.stage, d.outcome or "open", d.amount and str(d.amount), d.close_on)
        for d in page.opportunities
    ]
    if csv:
        output.print_csv(header, deals)
        return
    profile = [(name.replace("_", " "), value) for name, value in page.profile.items() if name != "name"]
    standing = page.relationship_type or "none"
    title = f"{page.profile.get('name', '')} ({page.external_id or page.account}) as of {stamp(page)}"
    output.print_table(title, ["", ""], [*profile, ("key status", standing), ("version", page.version)])
    output.print_table("\nPeople", ["name", "title"], [(each.name or "(sealed)", each.title) for each in page.people])
    _show_team(page)
    _show_items(page)
    _show_figures(page)
    output.print_table(f"\nOpportunities ({len(deals)})", header, deals[:MOST_DEALS])
    _show_timeline(page)


def _show_team(page: AccountPage) -> None:
    if page.team:
        team = [(each.name or str(each.member), each.function.value.replace("_", " ")) for each in page.team]
        output.print_table("\nTeam", ["name", "function"], team)


def _show_items(page: AccountPage) -> None:
    """Action items with their owners, then what else is open."""
    if page.action_items:
        items = [(each.due_on, each.text or "(sealed)", _owner(each)) for each in page.action_items]
        output.print_table("\nTo be done", ["due on", "what", "owner"], items)
    others = [each for each in page.open_items if each.kind != "action_item"]
    rows = [
        (each.kind.replace("_", " "), f"{each.due or '–'}{' overdue' if each.overdue else ''}", each.text or "(sealed)")
        for each in others[:MOST_ITEMS]
    ]
    if rows:
        output.print_table(f"\nOpen ({len(others)})", ["what", "due", ""], rows)


def _show_figures(page: AccountPage) -> None:
    rows: list[tuple[str, str]] = []
    if (bought := page.purchases) and bought.documents:
        said = f"{bought.revenue:,} {page.currency}, {bought.documents} documents"
        rows.append(("bought in 365 days", f"{said}, last {bought.rhythm.last_purchase}"))
    if bought and (bought.payments.paid or bought.payments.open_amount):
        paid = bought.payments
        rows.append(("payments", f"{_percent(paid.on_time_share)} on time, open {paid.open_amount:,}"))
    if credit := page.credit:
        until = f"until {credit.valid_until}{', expired' if credit.expired else ''}"
        rows.append(("credit", f"{credit.rating}, up to {credit.limit} {until}"))
    for line in page.satisfaction:
        mean = "" if line.mean is None else f", mean of 365 days {line.mean}"
        rows += [(line.kind.upper(), f"newest {line.newest}{mean}")]
    for share in page.plan:
        if share.target is not None:
            won, buys = _percent(share.won_share), _percent(share.bought_share)
            rows.append((f"target {share.period}", f"{share.target:,} {page.currency}: won {won}, bought {buys}"))
    if rows:
        output.print_table("\nFigures", ["", ""], rows)


def _show_timeline(page: AccountPage) -> None:
    facts = [
        (line.position, f"{line.occurred_at:%Y-%m-%d}", line.text, line.actor_name or "–") for line in page.timeline
    ]
    output.print_table("\nTimeline", ["position", "occurred", "what happened", "recorded by"], facts)
    if page.timeline_next is not None:
        output.say(f"Earlier facts: --before {page.timeline_next}")


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.0f} %"
