"""Reading commands: funnel, health, account, projections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import forecasting, output, published_views, row_export
from api.cli.asking import (
    AccountKey,
    AsOf,
    ByWhat,
    Csv,
    Json,
    KnownAt,
    NoWait,
    Owner,
    ProductKey,
    Territory,
    filters_of,
    group_by,
    opened,
    view_at,
)
from api.cli.options import day
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from projections.bridge import BridgeAnswer
    from projections.deals import Filters
    from projections.view import View


def add(app: typer.Typer) -> None:
    """Add the reading commands."""
    app.command()(funnel)
    forecasting.add(app)
    app.command()(health)
    app.command()(account)
    projections = typer.Typer(help="The read models: where they stand, export, mend.", no_args_is_help=True)
    for command in (status, rebuild, retry, prune):
        projections.command()(command)
    row_export.add(projections)
    published_views.add(projections)
    app.add_typer(projections, name="projections")


def funnel(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="D", help="Won and lost since this day; a bridge starts at its end.")
    ] = None,
    owner: Owner = "",
    territory: Territory = "",
    product: ProductKey = "",
    account: AccountKey = "",
    period: Annotated[
        str, typer.Option("--period", help="Only deals expected to close then: 2017-Q4, 2017-10, 2017.")
    ] = "",
    by: ByWhat = None,
    bridge: Annotated[
        bool, typer.Option("--bridge", help="What changed between --from and --to, to the cent.")
    ] = False,
    to: Annotated[str | None, typer.Option("--to", metavar="T", help="The end of a bridge; now if not stated.")] = None,
    conversion: Annotated[
        bool, typer.Option("--conversion", help="How many went on from stage to stage, and how long it took.")
    ] = False,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """The funnel (漏斗): open opportunities by stage, won and lost, as of any moment."""
    from api.cli import funnel_output

    if bridge and since is None:
        raise typer.BadParameter("a bridge needs --from", param_hint="--from")
    if bridge and conversion:
        raise typer.BadParameter("state --bridge or --conversion, not both", param_hint="--conversion")
    grouping = group_by(by)
    with opened(to if bridge else as_of, known_at, no_wait) as (made, view):
        filters = filters_of(made, view, owner, territory, product, account, period)
        if bridge:
            funnel_output.show_bridge(_bridge(made, view, since, filters), json, csv)
        elif conversion:
            from api.process_words import process_words
            from projections.conversion import conversion as converted

            funnel_output.show_conversion(converted(view, filters), json, csv, process_words(view))
        else:
            from api.names import with_names
            from projections.funnel import funnel as ask

            first = day("--from", since)
            answer = with_names(made.journal, view, ask(view, filters, by=grouping, since=first), grouping)
            funnel_output.show_funnel(answer, json, csv)


def _bridge(made: System, now: View, since: str | None, filters: Filters) -> BridgeAnswer:
    from projections.bridge import bridge

    with view_at(made, since, str(now.known.position), now.visibility) as then:
        if then.clock.as_of > now.clock.as_of:
            raise typer.BadParameter("the bridge would end before it starts", param_hint="--to")
        return bridge(then, now, filters)


def health(
    account: AccountKey = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    since: Annotated[str | None, typer.Option("--since", metavar="D", help="Why scores moved since that day.")] = None,
    heat: Annotated[bool, typer.Option("--heat", help="The heat map: accounts by the components of health.")] = False,
    trend: Annotated[bool, typer.Option("--trend", help="Scores 90 and 30 days before, and now.")] = False,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """Relationship health (关系健康度): 0 to 100 per account, its components, and when it turns red."""
    from api.cli import health_output
    from api.names import find_account
    from projections.health_moved import moved
    from projections.relationship_health import health as ask

    if sum((since is not None, heat, trend)) > 1 or (heat and account):
        raise typer.BadParameter("state one of --since, --trend and --heat; --heat shows all accounts")
    with opened(as_of, known_at, no_wait) as (made, view):
        wanted = find_account(view, account) if account else None
        if heat or trend:
            health_output.show_portfolio(view, wanted, heat, json, csv)
            return
        if since is None:
            health_output.show(ask(view, wanted), json, csv)
            return
        with view_at(made, since, str(view.known.position), view.visibility) as then:
            health_output.show_moves(moved(then, view, wanted), json, csv)


def account(
    which: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id, external id or name.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="So many lines of the timeline.")] = 20,
    before: Annotated[
        int | None, typer.Option("--before", metavar="POSITION", help="The timeline before this fact, further back.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """One account as it stood (客户档案): profile, people, team, what is open, figures, opportunities, timeline.

    CSV holds its opportunities.
    """
    from api.account_page import account_page
    from api.cli import account_output
    from api.names import find_account
    from api.process_words import process_words

    with opened(as_of, known_at, no_wait) as (made, view):
        page = account_page(made.journal, view, find_account(view, which), limit=limit, before=before)
        account_output.show(page, json, csv, view.policies.company.time_zone, process_words(view))


def status(json: Json = False) -> None:
    """Where the journal, each read model and the feed for integrators stand."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from projections.streams.standing import feed_standing

    with system(Settings.from_environment()) as made:
        found, feed = made.engine.status(), made.journal.streams.read(feed_standing)
        if json:
            output.print_json({"head": found.head, "models": found.models, "feed": feed})
            return
        rows: list[tuple[object, ...]] = [
            (m.model, m.version, m.position, round(m.lag_seconds), m.parked, say("yes" if m.complete else "no"))
            for m in found.models
        ]
        rows.append(("feed", "", feed.position, round(feed.lag_seconds), "", say("yes" if feed.complete else "no")))
        output.print_table(
            say("Journal at {head:,}", head=found.head),
            ["model", "version", "position", "lag s", "parked", "complete"],
            rows,
        )


def rebuild(
    model: Annotated[str | None, typer.Argument(help="Which read model; all if not stated.")] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Only compare, and leave the rows as they are: for auditors, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Fold the journal again beside the rows, compare row by row, and take the new ones. For admins."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.member import Role

    with system(Settings.from_environment()) as made:
        made.asker().must_be(Role.ADMIN, *([Role.AUDITOR] if compare else []))
        found = [made.engine.rebuild(each, swap=not compare) for each in _models(made, model)]
        if json:
            output.print_json(found)
        else:
            rows = [(c.model, c.rows, c.versions, c.differing) for c in found]
            output.print_table(
                "Compared" if compare else "Rebuilt", ["model", "rows", "versions", "differing rows"], rows
            )
        if any(comparison.differing for comparison in found):
            raise typer.Exit(1)


def retry(
    model: Annotated[str | None, typer.Argument(help="Which read model; all if not stated.")] = None, json: Json = False
) -> None:
    """Fold parked rows again, after what parked them was mended."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.member import Role

    with system(Settings.from_environment()) as made:
        made.asker().must_be(Role.ADMIN)
        found = [made.engine.retry(each) for each in _models(made, model)]
        if json:
            output.print_json(found)
        else:
            output.print_table(
                "Retried", ["model", "rows", "still parked"], [(r.model, r.rows, r.still_parked) for r in found]
            )
        if any(each.still_parked for each in found):
            raise typer.Exit(1)


def prune(json: Json = False) -> None:
    """Remove the tables of read-model versions that this program no longer names."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.member import Role

    with system(Settings.from_environment()) as made:
        made.asker().must_be(Role.ADMIN)
        dropped = made.engine.prune()
        if json:
            output.print_json({"dropped": dropped})
        else:
            output.say(say("Removed: {dropped}", dropped=", ".join(dropped) or say("nothing")))


def _models(made: System, name: str | None) -> list[Any]:
    found = [model for model in made.engine.models if name in (None, model.name)]
    if not found:
        known = ", ".join(model.name for model in made.engine.models)
        raise typer.BadParameter(say("{text} is none of {known}", text=name, known=known), param_hint="MODEL")
    return found
