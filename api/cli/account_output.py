"""An account's page in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.cli import output
from api.cli.funnel_output import stamp

if TYPE_CHECKING:
    from api.account_page import AccountPage
    from api.account_team import ItemLine

MOST_DEALS = 15


def _owner(item: ItemLine) -> str:
    return item.department or item.owner_name or str(item.owner)


def show(page: AccountPage, json: bool, csv: bool) -> None:
    """Profile, people, opportunities, latest facts."""
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
    if page.merged_into:
        profile.append(("merged into", page.merged_into))
    if page.merged_with:
        profile.append(("merged with", ", ".join(map(str, page.merged_with))))
    title = f"{page.profile.get('name', '')} ({page.external_id or page.account}) as of {stamp(page)}"
    output.print_table(title, ["", ""], [*profile, ("key status", standing), ("version", page.version)])
    output.print_table("\nPeople", ["name", "title"], [(each.name or "(sealed)", each.title) for each in page.people])
    if page.team:
        team = [(each.name or str(each.member), each.function.value.replace("_", " ")) for each in page.team]
        output.print_table("\nTeam", ["name", "function"], team)
    if page.action_items:
        items = [(each.due_on, each.text or "(sealed)", _owner(each)) for each in page.action_items]
        output.print_table("\nTo be done", ["due on", "what", "owner"], items)
    output.print_table(f"\nOpportunities ({len(deals)})", header, deals[:MOST_DEALS])
    facts = [(line.position, f"{line.occurred_at:%Y-%m-%d}", line.fact) for line in page.latest]
    output.print_table("\nLatest facts", ["position", "occurred", "fact"], facts)
