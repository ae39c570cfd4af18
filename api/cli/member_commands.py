"""Our people on the command line: members, their roles and territories, and their API keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt, NoWait
from api.cli.options import MemberArgument, Note, On, Reason, TerritoryArgument, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.calling import Counter
    from domain.member import Member
    from projections.view import View

ROLES = "manager, director, forecaster, auditor, integrator or admin"
SCOPES = "read, write, stream or admin"


def add(app: typer.Typer) -> typer.Typer:
    """Add `kams members`, which is returned, and `kams keys`."""
    from api.cli.signing_in import password

    members = typer.Typer(help="Our people (我方人员): who they are and what they may do.", no_args_is_help=True)
    for name, command in (
        ("list", list_members),
        ("invite", invite),
        ("grant", grant),
        ("revoke", revoke),
        ("assign-territory", assign_territory),
        ("leave-territory", leave_territory),
        ("leave", leave),
        ("password", password),
    ):
        members.command(name)(command)
    app.add_typer(members, name="members")
    keys = typer.Typer(help="API keys (密钥): shown once, kept hashed, two live per member.", no_args_is_help=True)
    keys.command("issue")(issue_key)
    keys.command("revoke")(revoke_key)
    keys.command("list")(list_keys)
    app.add_typer(keys, name="keys")
    return members


@contextmanager
def counter() -> Iterator[Counter]:
    """The system with who asks, for the time of a command."""
    from api.cli.calling import Counter
    from api.cli.session import system
    from api.cli.settings import Settings

    with system(Settings.from_environment()) as made:
        yield Counter(made)


def member_id(at: Counter, text: str) -> UUID:
    """A member by id or external id, or by name for those who may read names. Raises NotFound."""
    from api.cli.calling import aggregate_of
    from api.cli.freshness import bring_up_to_date
    from api.names import find_member
    from domain.errors import NotFound
    from domain.member import Member

    try:
        return aggregate_of(at.made, Member, text)
    except NotFound:
        bring_up_to_date(at.made)
        with at.made.reader.view(at.asker.visibility) as view:
            return find_member(at.made.journal, view, text)


def change(member: str, name: str, bodies: Sequence[dict[str, Any]], on: str | None, note: str | None) -> list[Any]:
    """Give a member a command, once for each body; the answers."""
    from api.cli.calling import Stated
    from domain.member import Member

    with counter() as at:
        path = {"id": member_id(at, member)}
        return [at.give(Member, name, path, body, Stated(on, note)) for body in bodies]


def answer(json: bool, given: Sequence[Any], done: str) -> None:
    """Print what commands answered: as one answer, all their positions together."""
    import msgspec

    positions = tuple(position for each in given for position in each.positions)
    whole = msgspec.structs.replace(given[-1], positions=positions)
    if json:
        output.print_json(whole)
    elif positions:
        output.say(say("{done}, position {position}: member {id}.", done=done, position=whole.position, id=whole.id))
    else:
        output.say(say("Unchanged, it was so already: member {id}.", id=whole.id))


# Members


def list_members(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    everybody: Annotated[bool, typer.Option("--all", help="Those who have left, too.")] = False,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """List our people, their roles and territories. For admins and auditors; others see themselves."""
    from api.cli.asking import opened

    with opened(as_of, known_at, no_wait) as (made, view):
        asker = made.asker()
        rows = member_rows(made.journal, view, None if may_see_all(asker) else asker.member)
        rows = [row for row in rows if everybody or not row["left"]]
        if json:
            output.print_json({**view.head(), "members": rows})
            return
    header = ["name", "external_id", "roles", "territories", "left", "locked_out", "member"]
    lines = [[_cell(row[column]) for column in header] for row in rows]
    if csv:
        output.print_csv(header, lines)
    else:
        output.print_table("Members", [column.replace("_", " ") for column in header], lines)


def member_rows(journal: Any, view: View, only: UUID | None) -> list[dict[str, Any]]:
    """The members as of the view's clocks, by external id; of names only those that may be read."""
    from api.names import member_names
    from projections.members import MEMBERS, MemberRow
    from projections.seen import rows_as_of

    names = member_names(journal, view)
    found = [
        {"member": key, "name": names.get(key, ""), "external_id": row.external_id, "roles": list(row.roles),
         "territories": list(row.territories), "left": row.has_left, "locked_out": row.is_locked(view.clock.as_of)}
        for key, row in ((each.key, each.row) for each in rows_as_of(view, MEMBERS, MemberRow))
        if only in (None, key)
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row["external_id"], str(row["member"])))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return ", ".join(value) if isinstance(value, list) else value


def invite(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name; kept sealed.")],
    email: Annotated[str | None, typer.Option("--email", help="Kept sealed.")] = None,
    language: Annotated[str, typer.Option("--language", help="In which language they read: en or zh.")] = "en",
    external_id: Annotated[str, typer.Option("--external-id", help="How other systems call the person.")] = "",
    role: Annotated[list[str] | None, typer.Option("--role", metavar="ROLE", help=f"{ROLES}; repeatable.")] = None,
    territory: Annotated[
        list[str] | None, typer.Option("--territory", metavar="KEY", help="Where they work; repeatable.")
    ] = None,
    on: On = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Take a person of ours in, with roles and territories. Give them a key with `kams keys issue`."""
    from api.cli.calling import Stated
    from domain.member import Member

    roles = [known_role(each) for each in role or ()]
    body = {"name": name, "email": email, "language": language, "external_id": external_id}
    with counter() as at:
        given = [at.give(Member, "invite", {}, body, Stated(on, note))]
        path = {"id": given[0].id}
        more = [("grant_role", {"role": each}) for each in roles]
        more += [("assign_territory", {"territory": each}) for each in territory or ()]
        given += [at.give(Member, command, path, each, Stated(on)) for command, each in more]
    answer(json, given, "Invited")


def known_role(word: str) -> str:
    """A role's word; a usage error names what there is."""
    from domain.member import Role

    if word not in list(Role):
        raise none_of(word, Role, "ROLE")
    return word


RoleArguments = Annotated[list[str], typer.Argument(metavar="ROLE...", help=f"One or more of {ROLES}.")]


def grant(member: MemberArgument, role: RoleArguments, on: On = None, note: Note = None, json: Json = False) -> None:
    """Give a member roles."""
    bodies = [{"role": known_role(each)} for each in role]
    answer(json, change(member, "grant_role", bodies, on, note), "Granted")


def revoke(member: MemberArgument, role: RoleArguments, on: On = None, note: Note = None, json: Json = False) -> None:
    """Take roles away."""
    bodies = [{"role": known_role(each)} for each in role]
    answer(json, change(member, "revoke_role", bodies, on, note), "Revoked")


def assign_territory(
    member: MemberArgument, territory: TerritoryArgument, on: On = None, note: Note = None, json: Json = False
) -> None:
    """Make a member one of a territory; a director sees and directs what lies in it and below."""
    answer(json, change(member, "assign_territory", [{"territory": territory}], on, note), "Assigned")


def leave_territory(
    member: MemberArgument, territory: TerritoryArgument, on: On = None, note: Note = None, json: Json = False
) -> None:
    """Say that a member does not belong to a territory any more."""
    answer(json, change(member, "leave_territory", [{"territory": territory}], on, note), "Taken out")


def leave(member: MemberArgument, reason: Reason = "", on: On = None, note: Note = None, json: Json = False) -> None:
    """A member leaves the company: all keys die. Refused while accounts are still to be handed over."""
    from api.cli.calling import Stated
    from api.cli.freshness import bring_up_to_date
    from domain.member import Member

    with counter() as at:
        bring_up_to_date(at.made)  # which accounts are still managed is asked of the read models
        path = {"id": member_id(at, member)}
        given = [at.give(Member, "leave", path, {"reason": reason}, Stated(on, note))]
    answer(json, given, "Left")


# Keys


def issue_key(
    member: MemberArgument,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", metavar="SCOPE", help=f"{SCOPES}; repeatable; read if not stated.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="D", help="Until when it works: a day (its end) or an ISO time.")
    ] = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Issue a key. It is printed once, alone on standard output; only its hash is kept."""
    from api.access import idle_scopes
    from api.cli.calling import Stated
    from domain.member import KeyScope, Member

    scopes = [known_scope(each) for each in scope or ["read"]]
    with counter() as at:
        until = at.made.calendar.moment("--expires", expires)
        body = {"scopes": scopes, **({"expires": until} if until else {})}
        given = at.give(Member, "issue_key", {"id": member_id(at, member)}, body, Stated(note=note))
        idle = idle_scopes(at.made.newest.state(Member, given.id).roles, map(KeyScope, scopes))
    if idle:
        text = "no role of this member may change anything: with {scopes} the key can do no more than without"
        output.say(say(text, scopes=", ".join(idle)))
    if json:
        output.print_json(given)
        return
    said = say("A key with {scopes} for member {member}.", scopes=", ".join(scopes), member=given.id)
    output.say(f"{said} {say('It is shown this once: keep it now.')}")
    typer.echo(given.key)


def known_scope(word: str) -> str:
    """A scope's word; a usage error names what there is."""
    from domain.member import KeyScope

    if word not in list(KeyScope):
        raise none_of(word, KeyScope, "--scope")
    return word


def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="The id in the key: kams_<id>_…")],
    reason: Reason = "",
    note: Note = None,
    json: Json = False,
) -> None:
    """Make a key useless from now on."""
    from api.cli.calling import Stated
    from domain.claims import Claim
    from domain.member import Member

    with counter() as at:
        holder = at.made.journal.streams.find(Claim("key", "", key_id))
        body = {"key_id": key_id, "reason": reason}
        given = [at.give(Member, "revoke_key", {"id": holder}, body, Stated(note=note))]
    answer(json, given, say("Revoked {key}", key=key_id))


def list_keys(
    member: Annotated[str | None, typer.Argument(metavar="MEMBER", help="Whose; else all that you may see.")] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """List keys that were not revoked: ids, scopes, expiry. For admins and auditors; others see their own."""
    with counter() as at:
        if member is not None:
            holders = [at.access.must_see_member(at.asker, member_id(at, member))]
        elif may_see_all(at.asker):
            holders = key_holders(at)
        else:
            holders = [at.access.must_see_member(at.asker, at.asker.member)]
        now = datetime.now(UTC)
        rows = [row for holder in holders for row in key_rows(holder, now)]
    if json:
        output.print_json({"keys": rows})
        return
    header = ["key_id", "member", "scopes", "expires", "live"]
    lines = [[_cell(row[column]) for column in header] for row in rows]
    if csv:
        output.print_csv(header, lines)
    else:
        output.print_table("Keys", [column.replace("_", " ") for column in header], lines)


def key_holders(at: Counter) -> list[Member]:
    """Every member to whom a key was ever issued."""
    from domain.member import Member

    sql = "select distinct aggregate_id from claims where kind = 'key' order by aggregate_id"
    ids = at.made.journal.streams.read(lambda connection: connection.execute(sql).fetchall())
    return [at.made.newest.state(Member, holder) for (holder,) in ids]


def key_rows(holder: Member, now: datetime) -> list[dict[str, Any]]:
    """A member's keys; never their hashes."""
    return [
        {"key_id": key_id, "member": holder.id, "scopes": [scope.value for scope in key.scopes],
         "expires": key.expires, "live": key.lives(now)}
        for key_id, key in holder.keys.items()
    ]  # fmt: skip


def may_see_all(asker: Any) -> bool:
    """Whether the asker may see other members."""
    from domain.member import Role

    return bool(asker.roles & {Role.ADMIN, Role.AUDITOR})
