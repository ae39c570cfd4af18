"""`kams people`: forgetting somebody, saying what is held about him, and the key that keeps personal data apart."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.cli import output
from api.cli.asking import Json
from domain.language.catalogue import event_words, field_words, say

if TYPE_CHECKING:
    from api.people import ForgettingAnswer, Place
    from api.person_report import PersonReport
    from api.shared_texts import TextToDecide

Who = Annotated[
    str, typer.Argument(metavar="WHO", help="A person of a customer or of ours: id, external id or exact name.")
]
MENTIONS = ["position", "what happened", "field", "about"]
FACTS = ["position", "recorded", "occurred", "what happened", "how", "texts"]


def add(app: typer.Typer) -> None:
    """Add the group."""
    people = typer.Typer(no_args_is_help=True, help="Personal data (个人数据): forget a person, report what is held.")
    people.command()(forget)
    people.command("report")(report_on)
    people.command()(key)
    app.add_typer(people, name="people")


def forget(
    who: Who,
    reason: Annotated[str, typer.Option("--reason", help="Why, kept for ever: do not name the person in it.")],
    also_shared: Annotated[
        list[str] | None,
        typer.Option("--also-shared", metavar="TEXT", help="A text about others, too, that goes with him; repeatable."),
    ] = None,
    all_shared: Annotated[bool, typer.Option("--all-shared", help="All texts about others, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be forgotten.")] = False,
    json: Json = False,
) -> None:
    """Forget a person (遗忘): destroys the keys of his data and of texts about him alone. It cannot be undone.

    Texts about others, too, are listed, and stay until they are named. What happened stays, with identifiers.
    """
    from datetime import UTC, datetime

    from api.cli.asking import up_to_date
    from api.people import find_person, forget_somebody
    from api.shared_texts import people_names
    from domain.journal.context import Context
    from domain.member import KeyScope, Role
    from domain.visibility import Visibility

    shared = [_identifier(each) for each in also_shared or ()]
    with up_to_date(no_wait=False) as (made, asker):
        asker.must_have(KeyScope.ADMIN)
        asker.must_be(Role.ADMIN)
        with made.reader.view(Visibility.whole(asker.member)) as view:
            one = find_person(made.journal, view, who)

        def names(people: Collection[UUID]) -> dict[UUID, str]:
            with made.reader.view(asker.visibility) as view:
                return people_names(made.journal, view, people)

        def forgotten(dry_run: bool) -> ForgettingAnswer:
            context = Context(at=datetime.now(UTC), actor=asker.member)
            return forget_somebody(
                made.journal,
                one,
                context,
                reason=reason,
                also=shared,
                all_shared=all_shared,
                register=made.register,
                dry_run=dry_run,
                names=names,
                personal=asker.visibility.personal,
            )

        answer = forgotten(True)
        if not dry_run:
            if not (yes or json):
                show_forgetting(answer)
                typer.confirm(say("Forget this person for ever?"), abort=True, err=True)
            answer = forgotten(False)
        if json:
            output.print_json(answer)
        else:
            show_forgetting(answer)


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(
            say("{text} is no identifier of a text: `--dry-run` lists them", text=text), param_hint="--also-shared"
        ) from None


def show_forgetting(answer: ForgettingAnswer) -> None:
    """What was, or would be, forgotten, and what is left for a decision."""
    if not answer.done:
        output.say(say("{count} keys would be destroyed; nothing is yet.", count=len(answer.keys)))
    elif answer.positions:
        known = ", ".join(map(str, answer.positions))
        output.say(say("Forgotten: {count} keys destroyed, position {known}.", count=len(answer.keys), known=known))
    else:
        output.say("Unchanged, nothing of this person was left.")
    if answer.same_as:
        output.say(say("The same person, by merged accounts: {known}.", known=", ".join(map(str, answer.same_as))))
    if answer.texts_left:
        output.console().print(say("About others, too: left until named with --also-shared"), style="bold")
    for each in answer.texts_left:
        _show_text(each)
    show_mentions(answer.mentioned_in)


def _show_text(text: TextToDecide) -> None:
    """A text about others, too: its identifier, who these are, and what it says where."""
    paper = output.console()
    others = ", ".join(one.name or str(one.person) for one in text.about)
    paper.print(str(text.key), markup=False)
    paper.print("  " + say("also about {count}: {others}", count=text.others, others=others), markup=False)
    for place in text.places:
        said = say(
            "{day}, {fact} (position {position}), {field}: {text}",
            day=place.occurred_at.date(),
            fact=event_words(place.fact),
            position=place.position,
            field=field_words(place.field),
            text=place.text or say("(closed)"),
        )
        paper.print(f"  {said}", markup=False)


def show_mentions(places: list[Place]) -> None:
    """Where texts that no key of the person seals mention him, for a decision by people."""
    if places:
        rows = [(each.position, event_words(each.fact), field_words(each.field), each.subject) for each in places]
        output.print_table("Texts that mention the name, filed under nobody", MENTIONS, rows)


def report_on(
    who: Who,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it as JSON into this file.")] = None,
    json: Json = False,
) -> None:
    """Report everything held about a person (个人数据报告): every fact that concerns him, opened, and who read it.

    Texts about others, too, are marked: look through them before you hand the report over.
    """
    from api.cli.asking import opened
    from api.people import find_person
    from api.person_report import report
    from domain.member import Role

    with opened(None, None, no_wait=False) as (made, view):
        made.asker().must_be(Role.ADMIN, Role.AUDITOR)
        answer = report(made.journal, view, find_person(made.journal, view, who))
    if out:
        import msgspec

        from api.files import whole

        with whole(out) as file:
            file.write(msgspec.json.format(msgspec.json.encode(answer)))
        output.say(say("Written: {path}", path=out))
    elif json:
        output.print_json(answer)
    else:
        show_report(answer)


def show_report(answer: PersonReport) -> None:
    """For people: particulars, facts, where he appears, who read it."""
    forgotten = say("(forgotten)")
    if answer.forgotten_at:
        output.say(say("Forgotten on {day}.", day=answer.forgotten_at.date()))
    particulars = [(field_words(field), text or forgotten) for field, text in answer.particulars.items()]
    output.print_table("Particulars", ["field", "value"], particulars)
    facts = [
        (
            each.position,
            each.recorded_at.date() if each.recorded_at else None,
            each.occurred_at.date(),
            each.said,
            ", ".join(map(output.label, each.how)),
            "; ".join(f"{field_words(text.field)}: {text.text or forgotten}" for text in each.texts),
        )
        for each in answer.facts
    ]
    output.print_table("Facts that concern this person", FACTS, facts)
    if answer.recorded:
        rows = [(event_words(fact), count) for fact, count in answer.recorded.items()]
        output.print_table("Recorded by this person", ["what happened", "count"], rows)
    output.print_table("Appears in", ["read model", "rows"], list(answer.appears_in.items()))
    if answer.read_by:
        reads = [(each.at, each.kind, each.member, each.path) for each in answer.read_by]
        output.print_table("Read by", ["at", "kind", "member", "path"], reads)
    show_mentions(answer.mentioned_in)
    if answer.shared:
        output.say(say("{count} texts are about others, too.", count=len(answer.shared)))


def key(
    new: Annotated[bool, typer.Option("--new", help="Exchange it: every secret is wrapped anew.")] = False,
    json: Json = False,
) -> None:
    """Show where the people key is; with --new, exchange it for another.

    Then restart the other processes and copy the file to their machines. What the database's files and dumps still
    hold of older secrets opens nothing without the old key. Keys files of `kams backup` hold the secrets themselves:
    they stay usable, and whoever was forgotten since is still in them.
    """
    from api.cli.people_key import renew_people_key
    from api.cli.session import system
    from api.cli.settings import Settings
    from domain.member import KeyScope, Role

    settings = Settings.from_environment()
    renewed = None
    with system(settings) as made:
        if new:
            made.asker().must_have(KeyScope.ADMIN)
            made.asker().must_be(Role.ADMIN)
            renewed = renew_people_key(settings, made.addresses.database_url)
    path = settings.people_key_path
    if json:
        output.print_json({"path": str(path), "exists": path.exists(), "renewed": renewed})
    elif renewed is not None:
        output.say(say("Exchanged: {count} secrets are wrapped by the new key in {path}.", count=renewed, path=path))
    else:
        output.say(say("The people key is in {path}.", path=path) if path.exists() else "There is no people key.")
