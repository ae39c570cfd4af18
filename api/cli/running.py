"""Commands that run the system: up, down, migrate, work, serve."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import output
from api.cli.asking import ANCHORS_HELP
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.cli.session import System
    from domain.journal.roles import Separation

Host = Annotated[str, typer.Option(help="The address to serve on.")]
Port = Annotated[int, typer.Option(help="The port to serve on; 0 takes any that is free.")]
BehindProxy = Annotated[bool, typer.Option("--behind-proxy", help="A proxy with TLS stands before this address.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def add(app: typer.Typer) -> None:
    """Add the running commands."""
    app.command(epilog=ANCHORS_HELP)(up)
    app.command()(down)
    app.command()(migrate)
    app.command(epilog=ANCHORS_HELP)(work)
    app.command()(serve)


@contextmanager
def ended_by_signals(end: Callable[[], object]) -> Iterator[None]:
    """SIGTERM and Ctrl-C call `end` and nothing else, for the time of the context."""
    before = {number: signal.signal(number, lambda *_: end()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def up(host: Host = "127.0.0.1", port: Port = 8000, behind_proxy: BehindProxy = False, json: Json = False) -> None:
    """Start everything on this machine: servers, workers, API. Ctrl-C ends it."""
    from api.cli.freshness import bring_up_to_date
    from api.cli.serving import opened_door
    from api.cli.session import system
    from api.cli.settings import Settings
    from api.cli.signing_in import own_address
    from api.serving import is_loopback

    settings = Settings.from_environment()
    with system(settings, want_valkey=True) as made, opened_door(made, host, port, behind_proxy=behind_proxy) as door:
        bring_up_to_date(made)
        with ended_by_signals(door.stop), working(made, door.stop):
            entry = own_address(made, door.url) if is_loopback(host) else None
            if json:
                output.print_json({"url": door.url, "home": str(settings.home), "sign_in": entry})
            output.say(say("KAMS is up at {url}. Ctrl-C ends it.", url=door.url))
            if entry:
                output.say(say("Sign in, once, within {minutes} minutes (another address: kams sign-in):", minutes=15))
                output.say(entry)
            if settings.database_url is None:
                output.say(
                    say(
                        "The admin's key is in {path}; the command line uses it by itself.",
                        path=settings.home / "key",
                    )
                )
            door.serve()


@contextmanager
def working(made: System, end: Callable[[], None]) -> Iterator[None]:
    """Workers in this process, and embedded servers that are started again when they are killed.

    `end` is called when `kams down` stops the servers.
    """
    from api.cli.delivering import delivering
    from api.cli.digesting import digests_if_set
    from api.cli.seal_key import seal_work
    from api.cli.watch import Watch
    from workers.work import WorkerProcess

    url, redis_url = made.addresses.database_url, made.addresses.redis_url
    workers = WorkerProcess(
        url, redis_url, made.engine, made.journal, seal=seal_work(made), register=made.register,
        webhooks=delivering(made), digests=digests_if_set(made),
    )  # fmt: skip
    watch = Watch(made.settings, end)
    workers.start()
    watch.start()
    try:
        yield
    finally:
        watch.stop()
        workers.stop()


def down(json: Json = False) -> None:
    """Stop the embedded servers of this home, whoever uses them."""
    from api.cli.embedded import EmbeddedServers
    from api.cli.settings import Settings
    from api.cli.watch import note_end

    settings = Settings.from_environment()
    servers = EmbeddedServers(settings)
    before = servers.running()
    note_end(settings)
    servers.stop()
    stopped = [name for name, ran in (("postgresql", before.postgres), ("valkey", before.valkey)) if ran]
    if json:
        output.print_json({"stopped": stopped})
    else:
        output.say(say("Stopped: {stopped}", stopped=", ".join(stopped) or "nothing ran"))


def migrate(json: Json = False) -> None:
    """Bring the database to this program's schema, read models included. Safe to repeat.

    In a database without any member it makes the first admin, whose key goes into the home.
    """
    from api.cli.embedded import servers
    from api.cli.people_key import ready_people_key
    from api.cli.seal_key import make_seal_key
    from api.cli.session import make_first_admin, make_tables, system
    from api.cli.settings import Settings
    from domain.journal.forgetting import complete

    settings = Settings.from_environment()
    with servers(settings, want_valkey=False) as addresses:
        applied, separation, publication = make_tables(addresses.database_url)
        ready_people_key(settings, addresses.database_url, make=True)
        with system(settings) as made:
            key = settings.home / "key"
            first = str(key) if make_first_admin(made) else None
            make_seal_key(settings, made.addresses.database_url)
            complete(made.journal, made.register)
    if settings.database_url is not None:
        say_who_shall_work(settings.database_url, separation)
        if publication.reader:
            output.say("Reporting tools read the views of the schema reporting: kams projections views.")
    if json:
        output.print_json({"applied": applied, "first_admin_key": first, "people_key": str(settings.people_key_path)})
        return
    output.say(say("Applied: {applied}", applied=", ".join(applied) or "nothing was missing"))
    if first:
        output.say(say("The first admin's key is in {first}; the command line uses it by itself.", first=first))
    if settings.database_url is not None:
        output.say(
            say(
                "The people key is in {path}: copy it to every machine that runs KAMS, and keep a copy apart from the "
                "database's backups. Without it nobody reads personal data.",
                path=settings.people_key_path,
            )
        )


def say_who_shall_work(database_url: str, separation: Separation) -> None:
    """With which address the program works from now on, where the server let its role be made."""
    from api.cli.doctor import masked
    from domain.journal.roles import APPLICATION, as_role

    if separation.done:
        output.say(
            say(
                "The program's role is {role}: it may add events, and neither change nor delete them. Give it a "
                "password (alter role {role} password '…') and put {url} with it into KAMS_DATABASE_URL; this address "
                "is for `kams migrate` and `kams restore` alone.",
                role=APPLICATION,
                url=masked(as_role(database_url)),
            )
        )
    elif separation.reason:
        output.say(
            say(
                "The program's role was not separated from the owner of the tables: {reason}.", reason=separation.reason
            )
        )


def work(
    threads: Annotated[int, typer.Option(help="Tasks done at once.", min=1)] = 2,
) -> None:
    """Run a worker: follow the journal, take tasks, watch timers. SIGTERM finishes the batch in hand."""
    from api.cli.delivering import delivering
    from api.cli.digesting import digests_if_set
    from api.cli.seal_key import seal_work
    from api.cli.session import system
    from api.cli.settings import Settings
    from workers.work import WorkerProcess

    stopping = threading.Event()
    with ended_by_signals(stopping.set), system(Settings.from_environment(), want_valkey=True) as made:
        url, redis_url = made.addresses.database_url, made.addresses.redis_url
        worker = WorkerProcess(
            url, redis_url, made.engine, made.journal, threads, seal=seal_work(made), register=made.register,
            webhooks=delivering(made), digests=digests_if_set(made),
        )  # fmt: skip
        output.say("Working. SIGTERM or Ctrl-C ends it after the batch in hand.")
        worker.run_until(stopping)


def serve(host: Host = "127.0.0.1", port: Port = 8000, behind_proxy: BehindProxy = False) -> None:
    """Serve the HTTP API alone; workers run elsewhere."""
    from api.cli.serving import opened_door
    from api.cli.session import system
    from api.cli.settings import Settings

    with (
        system(Settings.from_environment()) as made,
        opened_door(made, host, port, behind_proxy=behind_proxy) as door,
        ended_by_signals(door.stop),
    ):
        output.say(say("Serving at {url}. SIGTERM or Ctrl-C ends it.", url=door.url))
        door.serve()
