"""The views that the company's own tools read: one of each read model, as it stands and as of any moment, by stable
names. They are functions whose text names the tables, so that a rebuild or a new version of a read model changes
nothing in what rests on them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from projections import READ_MODELS
from projections.accounts import ACCOUNTS
from projections.engine import ReadModel, as_of_sql
from projections.members import MEMBERS
from projections.row_columns import DOCUMENT, about, columns_of, public_name

SCHEMA = "reporting"
NOT_PUBLISHED = frozenset({"policy"})
TYPES = {
    "uuid": "uuid",
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
    "list of text": "text[]",
    "list of uuid": "uuid[]",
}
KNOWN = "(select reporting.known($2))"


class PublishedColumn(NamedTuple):
    """A column of a view: name, SQL type, what it means."""

    name: str
    sql: str
    about: str


class Published(NamedTuple):
    """A view, and the function that gives the same as of a moment; `body` is the function's query."""

    name: str
    about: str
    columns: list[PublishedColumn]
    body: str


DEAL_COLUMNS = (
    PublishedColumn("external_id", "text", "The opportunity's identifier in the system from which it came."),
    PublishedColumn("account_name", "text", "Name of the customer, as of the moment."),
    PublishedColumn("account_external_id", "text", "External id of the customer."),
    PublishedColumn("owner_external_id", "text", "External id of the member who looks after it."),
    PublishedColumn("territory", "text", "Territory of its owner as of the moment, else of its account."),
)
STANDING = Published(
    "standing",
    "How far the views are: the position that each has taken in, and the journal's. One that is behind shows less.",
    [
        PublishedColumn("view_name", "text", "Name of the view."),
        PublishedColumn("position", "bigint", "Position of the newest event that it has taken in."),
        PublishedColumn("journal", "bigint", "Position of the newest event that is recorded."),
        PublishedColumn("waiting", "bigint", "How many of its rows wait for somebody to mend an event."),
    ],
    "",
)


def published() -> list[Published]:
    """All views but `standing`, by name."""
    found = [_published(model) for model in READ_MODELS if model.name not in NOT_PUBLISHED]
    return sorted(found, key=lambda view: view.name)


def digest() -> str:
    """What distinguishes these definitions from others."""
    return sha256("\n".join(statement for each in published() for statement in statements(each)).encode()).hexdigest()


def statements(view: Published) -> list[str]:
    """The SQL that makes a view, its function and what is said about them."""
    columns = ", ".join(f'"{column.name}" {column.sql}' for column in view.columns)
    function = f"{SCHEMA}.{view.name}_as_of"
    listed = ", ".join(f'"{column.name}"' for column in view.columns)
    moment = f"{view.about} As of `moment`, by what was recorded up to `position` (null: everything)."
    return [
        f'create or replace function {function}(moment timestamptz, "position" bigint default null)'
        f" returns table ({columns}) language sql stable security definer set search_path = public, pg_temp"
        f" as $kams${view.body}$kams$",
        f"create or replace view {SCHEMA}.{view.name} as select {listed} from {function}(now())",
        f"comment on function {function}(timestamptz, bigint) is {_text(moment)}",
        *comments(view),
    ]


def comments(view: Published) -> list[str]:
    """What is said about a view and each of its columns."""
    return [
        f"comment on view {SCHEMA}.{view.name} is {_text(view.about)}",
        *(f'comment on column {SCHEMA}.{view.name}."{each.name}" is {_text(each.about)}' for each in view.columns),
    ]


def beginning() -> list[str]:
    """The function by which positions are read, and where everything stands."""
    names = ", ".join(
        f"({_text(model.name)}, {model.version}, {_text(public_name(model))})"
        for model in READ_MODELS
        if model.name not in NOT_PUBLISHED
    )
    return [
        f'create or replace function {SCHEMA}.known("position" bigint) returns bigint language sql stable'
        " security definer set search_path = public, pg_temp as $kams$ select coalesce(end_of_append($1),"
        " (select max(e.position) from events e), 0) $kams$",
        f"comment on function {SCHEMA}.known(bigint) is"
        " 'The position up to which a stated one knows: the end of its append; of null the newest.'",
        f'create or replace function {SCHEMA}.standing_now() returns table (view_name text, "position" bigint,'
        " journal bigint, waiting bigint) language sql stable security definer set search_path = public, pg_temp as"
        f" $kams$ select n.name, coalesce(p.position, 0), {SCHEMA}.known(null), (select count(*) from parked k where"
        " k.model = n.model and k.version = n.version and not k.rebuilding)"
        f" from (values {names}) n(model, version, name) left join projections p on p.model = n.model"
        " and p.version = n.version and not p.rebuilding order by 1 $kams$",
        f"create or replace view {SCHEMA}.standing as select * from {SCHEMA}.standing_now()",
        *comments(STANDING),
    ]


def as_markdown() -> str:
    """All views with their columns, as a chapter of the documentation."""
    return "\n".join(line for view in [STANDING, *published()] for line in _section(view))


def _section(view: Published) -> list[str]:
    title = f"### `reporting.{view.name}`"
    if view.body:
        title += f" · `reporting.{view.name}_as_of(moment, position)`"
    rows = [f"| `{each.name}` | {each.sql} | {each.about} |" for each in view.columns]
    return [title, "", view.about, "", "| column | type | meaning |", "| --- | --- | --- |", *rows, ""]


def _published(model: ReadModel) -> Published:
    kept = [column for column in columns_of(model) if not column.sealed and column.type != DOCUMENT]
    columns = [PublishedColumn(each.name, TYPES.get(each.type, "numeric"), each.about) for each in kept]
    listed = ", ".join(f'"{column.name}"' for column in columns)
    body = _at_parameters(as_of_sql(model, listed))
    if model.name != "funnel":
        return Published(public_name(model), about(model), columns, body)
    return Published(public_name(model), about(model), [*columns, *DEAL_COLUMNS], _with_names(columns, body))


def _with_names(columns: Sequence[PublishedColumn], body: str) -> str:
    """Opportunities with what a report shows beside them, each as of the same moment."""
    own = ", ".join(f'd."{column.name}"' for column in columns)
    accounts = _at_parameters(as_of_sql(ACCOUNTS, "key, name, external_id, territory"))
    members = _at_parameters(as_of_sql(MEMBERS, "key, external_id, territory"))
    return (
        f"select {own}, c.value, a.name, a.external_id, m.external_id,"
        " coalesce(nullif(m.territory, ''), a.territory, '')"
        f" from ({body}) d left join ({accounts}) a on a.key = d.account left join ({members}) m on m.key = d.owner"
        " left join claims c on c.aggregate_id = d.key and c.kind = 'opportunity' and c.scope = ''"
    )


def _at_parameters(sql: str) -> str:
    return sql.replace("%(as_of)s", "$1").replace("%(known_at)s", KNOWN)


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
