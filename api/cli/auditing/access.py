"""`kams audit access`: what a member could see and change on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import AccountKey, AsOf, Csv, Json, KnownAt, NoWait, opened
from api.cli.auditing.trail_output import must_audit
from api.cli.options import MemberArgument
from api.cli.zones import local, titled
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from api.access_then import AccessThenAnswer, AccountThen, Lacking, Right
    from api.cli.session import System
    from projections.view import View

HEADER = ("account", "external id", "by", "changes")
WHY_HEADER = ("position", "occurred", "recorded", "what")
EVERYTHING = 1_000_000
KEY_READS = "read"


def add(audit: typer.Typer) -> None:
    """Add the command."""
    audit.command()(access)


def access(
    member: MemberArgument,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    account: AccountKey = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many accounts of a table or of --json.")] = 200,
    json: Json = False,
    csv: Csv = False,
    no_wait: NoWait = False,
) -> None:
    """What a member could see and change on a day (当时可见), by which right; with --account why.

    By the assignments of that day as they are known now; --known-at says what the system went by then.
    """
    from api.access_then import access_then
    from api.names import find_account
    from api.trail_lines import TrailTeller

    with opened(as_of, known_at, no_wait) as (made, view):
        must_audit(made)
        who = _member(made, view, member)
        wanted = find_account(view, account) if account else None
        name = TrailTeller(made.journal, view).name_of(who)
        many = EVERYTHING if csv else limit
        answer = access_then(made.journal, view, who, name=name, account=wanted, limit=many)
        if json:
            output.print_json(answer)
        elif csv:
            output.print_csv(HEADER, [_row(each) for each in answer.accounts])
        else:
            show(answer, why=wanted is not None)


def _member(made: System, view: View, text: str) -> UUID:
    """A member by id or external id, also one who came later; else by the name that he has then."""
    from api.named import named
    from api.names import find_member

    try:
        return named(UUID(text))
    except ValueError:
        claimed = made.journal.streams.claimed("member", "", [text]).get(text)
        return named(claimed) if claimed else find_member(made.journal, view, text)


def show(answer: AccessThenAnswer, *, why: bool) -> None:
    """The rights, and the accounts that they opened."""
    from api.cli.funnel_output import stamp

    paper = output.console()
    roles = ", ".join(term("Role", role.value) for role in answer.roles) or say("none")
    title = say("{member} as of {stamp}", member=answer.member_name or answer.member, stamp=stamp(answer))
    paper.print(title, style="bold", markup=False)
    lines = [
        say("Roles: {roles}", roles=roles),
        say("Territories: {own}; directed: {directed}", own=", ".join(answer.territories) or say("none"),
            directed=", ".join(answer.directed) or say("none")),
        say("Live keys: {keys}", keys=", ".join(_key(each) for each in answer.keys) or say("none")),
        say("Personal data: {personal}", personal=say("yes" if answer.personal else "no")),
        _could_see(answer),
    ]  # fmt: skip
    for line in [*lines, *_warnings(answer)]:
        paper.print(line, markup=False)
    if answer.accounts:
        output.print_table("", HEADER, [_row(each) for each in answer.accounts])
    elif answer.lacking:
        paper.print(_why_not(answer, answer.lacking), markup=False)
    for each in answer.accounts if why else ():
        rows = [
            (one.position, local(one.occurred_at), local(one.recorded_at) if one.recorded_at else None, one.text)
            for one in each.because
        ]
        output.print_table(titled(say("Because of")), WHY_HEADER, rows)


def _why_not(answer: AccessThenAnswer, lacking: Lacking) -> str:
    """How an account stood that could not be seen, against what the member held."""
    if not lacking.there:
        return say("This account could not be seen: it was not there yet.")
    none = say("none")
    return say(
        "This account could not be seen: its manager was {manager} (territories: {managers}), its territory "
        "{territory}; {member} held the roles {roles} and directed {directed}; keys that could read: {keys}.",
        manager=lacking.manager_name or none,
        managers=", ".join(lacking.managers_territories) or none,
        territory=lacking.territory or none,
        member=answer.member_name or answer.member,
        roles=", ".join(term("Role", role.value) for role in answer.roles) or none,
        directed=", ".join(answer.directed) or none,
        keys=", ".join(_key(each) for each in answer.keys if KEY_READS in each.scopes) or none,
    )


def _could_see(answer: AccessThenAnswer) -> str:
    """What could be seen; without a key that reads nothing, whatever the assignments say."""
    sees, changes = answer.sees, answer.changes
    if answer.reads:
        return say("Could see {sees} accounts and change {changes}.", sees=sees, changes=changes)
    why = say("no live key could read") if answer.keys else say("no key was live")
    if not sees:
        return say("Could see nothing: {why}, and by his assignments there was nothing to see.", why=why)
    return say(
        "Could see nothing: {why}; by his assignments he would have seen {sees} accounts and changed {changes}.",
        why=why, sees=sees, changes=changes,
    )  # fmt: skip


def _warnings(answer: AccessThenAnswer) -> list[str]:
    found = []
    if answer.left:
        found.append(say("He had left the company."))
    elif answer.locked_out:
        found.append(say("He was locked out: no key of his was taken."))
    elif not answer.there:
        found.append(say("He was not there yet."))
    if any(one.recorded_at and one.recorded_at > answer.as_of for each in answer.accounts for one in each.because):
        found.append(say("Some of it was recorded only later: --known-at says what the system went by then."))
    return found


def _key(key: object) -> str:
    scopes = "/".join(scope.value for scope in getattr(key, "scopes", ()))
    return f"{getattr(key, 'key_id', '')} ({scopes})"


def _row(each: AccountThen) -> tuple[str, str, str, str]:
    by = "; ".join(right_words(right) for right in each.rights)
    return (each.name, each.external_id, by, say("yes" if each.changes else "no"))


def right_words(right: Right) -> str:
    """A right as people say it."""
    words = {
        "role": say("role {detail}", detail=right.detail),
        "own": say("own account"),
        "territory": say("its territory {detail}", detail=right.detail),
        "managers_territory": say("its manager's territory {detail}", detail=right.detail),
        "merged": say("merged into {detail}", detail=right.detail),
    }
    return words[right.kind]
