"""What every reading command shares: its options, an open system with a view, names resolved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_current_context  # type: ignore[attr-defined]  # typer has a click of its own

from api.cli import output
from api.cli.options import none_of
from api.cli.zones import times_of

if TYPE_CHECKING:
    from api.access import Asker
    from api.cli.session import System
    from projections.deals import Filters
    from projections.view import View

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="T", help="What was true then: a day or an ISO time.")]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="T|POSITION", help="What was recorded by then: a time or a position."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV alone on standard output.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Answer at once, though read models may lag behind.")]
Owner = Annotated[str, typer.Option("--owner", metavar="PERSON", help="Only opportunities of this person.")]
Territory = Annotated[str, typer.Option("--territory", metavar="KEY", help="Only this territory and what lies below.")]
ProductKey = Annotated[str, typer.Option("--product", metavar="KEY", help="Only this product.")]
AccountKey = Annotated[
    str, typer.Option("--account", metavar="ACCOUNT", help="Only this account: id, external id or name.")
]
ByWhat = Annotated[
    str | None, typer.Option("--by", metavar="WHAT", help="stage, owner, territory, product, account or period.")
]

ANCHORS_HELP = (
    "KAMS_ANCHORS names the places that checkpoints go to besides KAMS_HOME/anchors, separated by commas: file:/folder,"
    " https://host/path, mailto:someone@host (once a day, through KAMS_SMTP_URL), stdout:. Behind an address"
    " ?every=SECONDS thins them out. See docs/seal.md."
)


@contextmanager
def opened(as_of: str | None, known_at: str | None, no_wait: bool) -> Iterator[tuple[System, View]]:
    """The system and a view at the stated clocks, read models up to date."""
    with up_to_date(no_wait) as (made, asker), view_at(made, as_of, known_at, asker.visibility) as view:
        if not view.complete:
            output.say("The read models are not complete: `kams projections status` says why.")
        yield made, view


@contextmanager
def up_to_date(no_wait: bool) -> Iterator[tuple[System, Asker]]:
    """The system and who asks, read models up to date."""
    from api.cli.freshness import bring_up_to_date
    from api.cli.session import system
    from api.cli.settings import Settings
    from api.names import for_people

    with system(Settings.from_environment()) as made, for_people(_prints_tables()):
        asker = made.asker()
        bring_up_to_date(made, wait=not no_wait)
        yield made, asker


def _prints_tables() -> bool:
    """Whether the command that runs prints for people, and not JSON or CSV or into a file for machines."""
    context = get_current_context(silent=True)
    return context is None or not any(context.params.get(option) for option in ("json", "csv", "out"))


@contextmanager
def view_at(made: System, as_of: str | None, known_at: str | None, visibility: Any) -> Iterator[View]:
    """A view at the clocks as a person states them."""
    known = int(known_at) if known_at and known_at.isdigit() else made.calendar.moment("known_at", known_at)
    moment = made.calendar.moment("as_of", as_of)
    with (
        made.reader.view(visibility, as_of=moment, known_at=known) as view,
        times_of(view.policies.company.time_zone),
    ):
        yield view


def filters_of(
    made: System, view: View, owner: str, territory: str, product: str, account: str, period: str = ""
) -> Filters:
    """The filters as a person states them, names resolved."""
    from api.names import find_account, find_member
    from projections.deals import Filters

    return Filters(
        owner=find_member(made.journal, view, owner) if owner else None,
        territory=territory,
        product=product,
        account=find_account(view, account) if account else None,
        period=period,
    )


def group_by(by: str | None) -> Any:
    """What to group by; a usage error names what there is."""
    from projections.funnel import By

    try:
        return By(by) if by else None
    except ValueError:
        raise none_of(by, By, "--by") from None


def to_the_cent(context: typer.Context) -> None:
    """Amounts of a group of commands are said to the cent, in Chinese, too."""
    from domain.language.amounts import exact_amounts

    context.with_resource(exact_amounts())
