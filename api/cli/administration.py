"""Administration: the company, its policies, its people and their keys; the doctor; and every command by its name."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from api.cli import doctor, lock_commands, member_commands, output, people_commands, policy_commands, signing_in
from api.cli.asking import Json
from api.cli.options import Note, On
from domain.decodable import decodable
from domain.language.catalogue import either, field_words, say, term, terms

if TYPE_CHECKING:
    from api.endpoints import Endpoint

NEW = "new"
WORDS = {"str": "text", "int": "number", "bool": "true|false", "datetime": "moment", "date": "day"}


def add(app: typer.Typer) -> None:
    """Add the commands of administration."""
    policy_commands.add(app)
    lock_commands.add(member_commands.add(app))
    people_commands.add(app)
    signing_in.add(app)
    app.command()(command)
    doctor.add(app)


def command(
    root: Annotated[
        str, typer.Argument(metavar="ROOT", help="account, opportunity, member, or a policy such as price-list.")
    ] = "",
    aggregate: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Id or external id; `new` (or an id to be used) for what opens; a policy's key, or `-`."
        ),
    ] = "",
    name: Annotated[str, typer.Argument(metavar="NAME", help="The command: visits.log, advance, set_price …")] = "",
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="A field of the command, repeatable. Parts by dots (amount.currency=EUR); lists by repetition; "
            'FIELD:=JSON takes JSON (amount:={"amount":"10","currency":"EUR"}).',
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="The fields as JSON or TOML; - for standard input.")
    ] = None,
    on: On = None,
    note: Note = None,
    once: Annotated[
        str | None, typer.Option("--once", metavar="KEY", help="Given again with the same key, it is done only once.")
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", help="Refuse unless the newest version is still this one.")
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the commands [of ROOT] with their fields.")] = False,
    batch: Annotated[
        str | None,
        typer.Option(
            "--batch",
            metavar="FILE",
            help="Give many: a JSON object a line, as POST /commands takes them; - for standard input. "
            "The same file again records nothing.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Give any command of the domain (命令), with all its rules.

    kams command account new register --set name="Harbour Foods" --set external_id=A-17 --set territory=north

    kams command opportunity D-204 advance --set to=proposal --on 2026-03-31
    """
    if listing:
        show_commands(root, json)
        return
    if batch is not None:
        from api.cli.batching import give_batch

        give_batch(batch, once, json=json)
        return
    if not (root and aggregate and name):
        raise typer.BadParameter("state ROOT, ID and NAME; `kams command --list` names them all")
    from api.cli.calling import Stated

    give(root, aggregate, name, values or (), file, Stated(on, note, once, version), json)


def give(
    root: str, aggregate: str, name: str, values: Sequence[str], file: str | None, stated: Any, json: bool
) -> None:
    """Give the command and print its answer."""
    import msgspec

    from api.cli.calling import path_to, stated_id
    from api.cli.documents import read_document
    from api.cli.naming import stated_by_name
    from api.given import root_of

    kind = root_of(root)
    with member_commands.counter() as at:
        endpoint = at.endpoint(kind, name)
        path = path_to(at, kind, endpoint.name.partition(".")[2], aggregate)
        body, made = fields_of(endpoint, values, read_document(file) if file else {})
        body = stated_by_name(at, kind, endpoint.name.partition(".")[2], path, body)
        if not path and "id" in (endpoint.body.__struct_fields__ if endpoint.body else ()):
            body = {**stated_id(aggregate), **body}
        answer = at.give(kind, name, path, body, stated)
    if json:
        output.print_json({**msgspec.structs.asdict(answer), "new": made} if made else answer)
        return
    if getattr(answer, "key", None):
        typer.echo(answer.key)
    said = (
        say("Recorded at position {position}", position=answer.position)
        if answer.positions
        else "Unchanged, it was so already"
    )
    output.say(
        say("{said}: {root} {id}, version {version}.", said=said, root=root, id=answer.id, version=answer.version)
    )
    for name, new in made.items():
        output.say(say("New: {name} {id}.", name=name, id=new))


# Fields


def fields_of(
    endpoint: Endpoint, values: Sequence[str], document: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The body from a document and from FIELD=VALUE, which comes on top; and the ids made for what is `new`."""
    import msgspec

    kinds = {each.name: each.type for each in msgspec.structs.fields(endpoint.body)} if endpoint.body else {}
    body = dict(document)
    stated: dict[str, list[Any]] = {}
    for each in values:
        name, sign, text = each.partition("=")
        if not sign or not name.strip(":"):
            raise typer.BadParameter(say("{each}: state FIELD=VALUE", each=each), param_hint="--set")
        if name.endswith(":"):
            body[name[:-1]] = _json(each, text)
        else:
            stated.setdefault(name, []).append(text)
    made: dict[str, str] = {}
    for name, texts in stated.items():
        first, *rest = name.split(".")
        if not rest and _is_json_list(kinds.get(first), texts):
            value = _json(f"{name}={texts[0]}", texts[0])
        else:
            value = _value(kinds.get(first), texts, nested=bool(rest))
        if texts == [NEW] and value != NEW:
            made[name] = value
        _put(body, [first, *rest], value)
    return body, made


def _json(option: str, text: str) -> Any:
    try:
        return json_module.loads(text)
    except ValueError as error:
        raise typer.BadParameter(
            say("{option}: not JSON ({error})", option=option, error=error), param_hint="--set"
        ) from None


def _put(body: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *above, last = path
    for name in above:
        inner = body.get(name)
        body[name] = body = dict(inner) if isinstance(inner, dict) else {}
    body[last] = value


def _is_json_list(kind: Any, texts: list[str]) -> bool:
    """Whether a field that takes a list, and no text, was stated as a list in JSON."""
    is_list = len(texts) == 1 and texts[0].lstrip().startswith("[")
    return is_list and kind is not None and _fits(kind, []) and not _fits(kind, texts[0])


def _value(kind: Any, texts: list[str], *, nested: bool) -> Any:
    """What the text of a field means: itself where the field takes a text, else a list or a JSON value."""
    if nested:
        return texts[-1]
    if texts == [NEW] and _fits(kind, str(made := uuid4())) and not _fits(kind, NEW):
        return str(made)
    for value in (texts[-1], texts, _number(texts[-1])):
        if kind is not None and _fits(kind, value):
            return value
    by_name = kind is not None and _fits(kind, [str(uuid4()) for _ in texts])
    return texts if by_name else texts[-1]


def _number(text: str) -> Any:
    try:
        return json_module.loads(text)
    except ValueError:
        return text


def _fits(kind: Any, value: Any) -> bool:
    import msgspec

    try:
        msgspec.convert(value, decodable(kind))
    except (msgspec.ValidationError, ValueError, OverflowError):
        return False
    return True


# The list


def show_commands(root: str, json: bool) -> None:
    """List the commands, of one kind of aggregate or of all."""
    from api.given import commands_by_name, root_of, word_of

    only = word_of(root_of(root)) if root else ""
    found = [described(endpoint) for endpoint in commands_by_name().values()]
    found = [each for each in found if only in ("", each["root"])]
    if json:
        output.print_json({"commands": found})
        return
    rows = [(each["root"], _command_text(each), _fields_text(each["fields"])) for each in found]
    output.print_table("Commands (* required)", ["root", "name", "fields"], rows)


def described(endpoint: Endpoint) -> dict[str, Any]:
    """A command as the list shows it, without what `--on` and `--note` state."""
    import msgspec

    from api.cli.calling import ENVELOPE
    from api.given import ROOTS, word_of

    kind, _, name = endpoint.name.partition(".")
    root = next(each for each in ROOTS.values() if each.__name__ == kind)
    fields = msgspec.structs.fields(endpoint.body) if endpoint.body else ()
    return {
        "root": word_of(root),
        "name": name,
        "opens": "{" not in endpoint.path and endpoint.status == 201,
        "about": " ".join(endpoint.about.split()),
        "fields": [
            {"name": each.name, "type": type_text(each.type), "required": each.required}
            for each in fields
            if each.name not in ENVELOPE
        ],
    }


def _command_text(command: dict[str, Any]) -> str:
    """The command's name; in Chinese with what it does."""
    kind = "".join(word.title() for word in command["root"].split("-"))
    key = f"{kind}.{command['name']}"
    return either(command["name"], f"{command['name']} {term('commands', key)}" if key in terms("commands") else "")


def _fields_text(fields: Sequence[dict[str, Any]]) -> str:
    def named(name: str) -> str:
        return either(name, f"{name}（{field_words(name)}）" if name in terms("fields") else "")

    return ", ".join(
        f"{named(each['name'])}{'*' * each['required']}: {each['type'].replace('|', ' | ')}" for each in fields
    )


def type_text(kind: Any) -> str:
    """A field's type in words that fit the command line."""
    import enum
    import types
    import typing

    import msgspec

    if kind in (types.NoneType, msgspec.UnsetType):
        return ""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return type_text(inner[0])
    if origin in (typing.Union, types.UnionType):
        return " | ".join(filter(None, map(type_text, inner)))
    if origin is dict:
        return f"{{{type_text(inner[0])}: {type_text(inner[1])}}}"
    if origin is not None:
        return say("list of ({known})", known=", ".join(type_text(each) for each in inner if each is not Ellipsis))
    if issubclass(kind, enum.Enum):
        return "|".join(str(each.value) for each in kind)
    if issubclass(kind, msgspec.Struct):
        return f"{{{', '.join(each.name for each in msgspec.structs.fields(kind))}}}"
    name = str(kind.__name__)
    return WORDS.get(name, name.lower())
