"""The company's policies on the command line: each is a document to show and to set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import output
from api.cli.asking import AsOf, Csv, Json, KnownAt
from api.cli.options import Note, On, none_of
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.calling import Counter
    from api.cli.session import System
    from domain.policies.policy import Policy

KINDS = (
    "company, territories, price-list, rate-card, sales-process, service-policy, selection-model, exchange-rates,"
    " sales-target, visit-template, forecast"
    " or skill-model"
)
Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of {KINDS}.")]
File = Annotated[
    str, typer.Argument(metavar="FILE", help="TOML or JSON in the shape that `show` prints; - for standard input.")
]
DEFAULT_KEYS = {"sales-process": "four-funnel", "selection-model": "key-accounts"}


def add(app: typer.Typer) -> None:
    """Add `kams company` and `kams policy`."""
    company = typer.Typer(help="The company (公司): name, currency, calendar, limits.", no_args_is_help=True)
    company.command("show")(show_company)
    company.command("set")(set_company)
    app.add_typer(company, name="company")
    policy = typer.Typer(help="Policies (制度): dated documents that decisions use.", no_args_is_help=True)
    for name, command in (("list", list_policies), ("show", show), ("set", define)):
        policy.command(name)(command)
    app.add_typer(policy, name="policy")


def show_company(as_of: AsOf = None, known_at: KnownAt = None, json: Json = False) -> None:
    """Print the company's document, as of any moment."""
    show("company", "", as_of, known_at, json)


def set_company(
    file: File,
    on: Annotated[
        str | None, typer.Option("--from", "--on", metavar="D", help="Since when it holds; else now.")
    ] = None,
    note: Note = None,
    json: Json = False,
) -> None:
    """Set the company from a document."""
    define("company", file, on, note, json)


def show(
    kind: Kind,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Which one, where there are several.")] = "",
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: Json = False,
) -> None:
    """Print a policy's document as it held at a moment: what `set` takes, as TOML or (--json) JSON."""
    from api.cli.documents import toml_text
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.member import KeyScope

    with system(Settings.from_environment()) as made:
        made.asker().must_have(KeyScope.READ)
        state = policy_as_of(made, kind, key, as_of, known_at)
        document = state.to_document()
    if json:
        output.print_json(document)
        return
    output.say(f"{kind}: {described(state)}")
    typer.echo(toml_text(document), nl=False)


def define(kind: Kind, file: File, on: On = None, note: Note = None, json: Json = False) -> None:
    """Set a policy from a document; what is already so is not recorded again."""
    from api.cli.calling import Counter, Stated
    from api.cli.documents import read_document
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.errors import Fault, Malformed

    with system(Settings.from_environment()) as made:
        counter = Counter(made)
        policy = kind_of(kind)
        document = read_document(file)
        if policy.keyed_by and not isinstance(document.get("key"), str):
            raise Malformed(
                Fault(
                    "key", str(document.get("key", "")), say("required: the {keyed_by}'s key", keyed_by=policy.keyed_by)
                )
            )
        key = str(document["key"]) if policy.keyed_by else ""
        answer = counter.give(policy, "define", {"key": key} if key else {}, document, Stated(on, note))
        found = set_answer(counter, kind, key, answer)
    if json:
        output.print_json(found)
    elif found["unchanged"]:
        output.say(f"{kind} {key}".strip() + ": unchanged, nothing was recorded.")
    else:
        output.say(
            f"{kind} {key}".strip()
            + say(": set, {what}, position {position}.", what=described_set(found), position=found["position"])
        )


def list_policies(json: Json = False, csv: Csv = False) -> None:
    """List the policies: kind, key, edition, and since when each holds."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.member import KeyScope

    with system(Settings.from_environment()) as made:
        made.asker().must_have(KeyScope.READ)
        found = policies(made)
    if json:
        output.print_json({"policies": found})
        return
    header = ["kind", "key", "edition", "version", "since"]
    rows = [(line.kind, line.key, line.edition, line.version, line.since) for line in found]
    if csv:
        output.print_csv(header, rows)
    else:
        output.print_table("Policies", header, rows)


@dataclass(frozen=True)
class PolicyLine:
    """A policy in a list. Edition and version are 0 where it is as shipped; `edition` is null where the kind
    has no editions; `since` is the moment of its newest fact, null where nothing was recorded."""

    kind: str
    key: str
    edition: int | None
    version: int
    since: datetime | None


def policies(made: System) -> list[PolicyLine]:
    """Every policy there is, those shipped with the program included."""
    from api.policies import POLICIES
    from domain.policies.policy import policy_id

    found = []
    for kind, policy in POLICIES.items():
        for key in _keys(made, policy) if policy.keyed_by else [""]:
            state = made.newest.state(policy, policy_id(policy.__name__, key))
            since = state.latest if state.version else None
            found.append(PolicyLine(kind, key, getattr(state, "edition", None), state.version, since))
    return found


def _keys(made: System, policy: type[Policy]) -> list[str]:
    """The keys of all policies of a kind: those shipped first, then those defined."""
    from domain.policies.shipped_processes import SHIPPED
    from domain.policies.shipped_selection import SHIPPED_MODELS

    shipped: dict[str, list[str]] = {
        "SalesProcess": [definition.key for definition in SHIPPED.values()],
        "SelectionModel": [definition.key for definition in SHIPPED_MODELS.values()],
    }
    keys = shipped.get(policy.__name__, [])
    facts = made.journal.streams.facts(0, 10_000, [f"{policy.__name__}.Defined"])
    defined = {fact.event.definition.key for fact in facts}  # type: ignore[attr-defined]
    return [*keys, *sorted(defined - set(keys))]


def kind_of(word: str) -> type[Policy]:
    """The policy that a word names; a usage error names what there is."""
    from api.policies import POLICIES

    if word not in POLICIES:
        raise none_of(word, POLICIES, "KIND")
    return POLICIES[word]


def policy_as_of(made: System, kind: str, key: str, as_of: str | None, known_at: str | None) -> Policy:
    """A policy as of both clocks. Raises NotFound for a key under which there is none."""
    from domain.errors import NotFound
    from domain.policies.policy import policy_id
    from projections.engine.query import clock
    from projections.view import NotYetRecorded

    policy = kind_of(kind)
    wanted = (key or DEFAULT_KEYS.get(kind, "")) if policy.keyed_by else ""
    moment = made.calendar.moment("as_of", as_of) or datetime.now(UTC)
    known = int(known_at) if known_at and known_at.isdigit() else made.calendar.moment("known_at", known_at)
    if isinstance(known, int) and known > made.journal.streams.head():
        raise NotYetRecorded(position=known, head=made.journal.streams.head())
    position = made.journal.streams.read(lambda connection: clock(connection, moment, known)).known_at
    state = made.journal.streams.state_at(policy, policy_id(policy.__name__, wanted), moment, position)
    if (key and not policy.keyed_by) or (wanted and not state.is_there()):
        raise NotFound(kind=kind, key=key or wanted)
    return state


def described(state: Policy) -> str:
    """Which edition a policy is, and since when."""
    if not state.version:
        return "as shipped, nothing recorded"
    edition = getattr(state, "edition", None)
    words = (
        say("edition {edition}", edition=edition)
        if edition is not None
        else say("version {version}", version=state.version)
    )
    return say("{words}, since {latest}", words=words, latest=state.latest.isoformat())


def set_answer(counter: Counter, kind: str, key: str, answer: Any) -> dict[str, Any]:
    """What a command answered, and which policy it set to which edition."""
    import msgspec

    from domain.policies.policy import policy_id

    policy = kind_of(kind)
    state = counter.made.newest.state(policy, policy_id(policy.__name__, key))
    about = {"kind": kind, "key": key, "edition": getattr(state, "edition", None), "unchanged": not answer.positions}
    return {**msgspec.structs.asdict(answer), **about}


def described_set(found: dict[str, Any]) -> str:
    """The edition of what was set, or its version."""
    return (
        say("edition {edition}", edition=found["edition"])
        if found["edition"] is not None
        else say("version {version}", version=found["version"])
    )
