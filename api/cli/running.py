"""Commands that run the system: up, down, migrate, work, serve."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Annotated

import typer

from api.cli import output

Json = Annotated[bool, typer.Option("--json", help="Print JSON alone on standard output.")]


def add(app: typer.Typer) -> None:
    """Add the running commands."""
    for command in (up, down, migrate, work, serve):
        app.command()(command)


def stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def up(
    host: Annotated[str, typer.Option(help="The address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8000,
    json: Json = False,
) -> None:
    """Start everything on this machine: servers, workers, API. Ctrl-C ends it."""
    from api.cli.freshness import bring_up_to_date
    from api.cli.serving import serve_until_stopped
    from api.cli.session import system
    from api.cli.settings import Settings
    from workers.work import WorkerProcess

    with system(Settings.from_environment(), want_valkey=True) as made:
        bring_up_to_date(made)
        workers = WorkerProcess(made.addresses.database_url, made.addresses.redis_url, made.engine)
        workers.start()
        try:
            if json:
                output.print_json({"url": f"http://{host}:{port}", "home": str(made.settings.home)})
            output.say(f"KAMS is up at http://{host}:{port}. Ctrl-C ends it.")
            output.say(f"The admin's key is in {made.settings.home / 'key'}; the command line uses it by itself.")
            serve_until_stopped(made, host, port)
        finally:
            workers.stop()


def down(json: Json = False) -> None:
    """Stop the embedded servers of this home, whoever uses them."""
    from api.cli.embedded import EmbeddedServers
    from api.cli.settings import Settings

    servers = EmbeddedServers(Settings.from_environment())
    before = servers.running()
    servers.stop()
    stopped = [name for name, ran in (("postgresql", before.postgres), ("valkey", before.valkey)) if ran]
    if json:
        output.print_json({"stopped": stopped})
    else:
        output.say(f"Stopped: {', '.join(stopped) or 'nothing ran'}")


def migrate(json: Json = False) -> None:
    """Bring the database to this program's schema, read models included. Safe to repeat."""
    from api.cli.embedded import servers
    from api.cli.session import make_tables
    from api.cli.settings import Settings

    with servers(Settings.from_environment(), want_valkey=False) as addresses:
        applied = make_tables(addresses.database_url)
    if json:
        output.print_json({"applied": applied})
    else:
        output.say(f"Applied: {', '.join(applied) or 'nothing was missing'}")


def work(threads: Annotated[int, typer.Option(help="Tasks done at once.")] = 2) -> None:
    """Run a worker: follow the journal, take tasks, watch timers. SIGTERM finishes the batch in hand."""
    from api.cli.session import system
    from api.cli.settings import Settings
    from workers.work import WorkerProcess

    stopping = stopped_by_signals()
    with system(Settings.from_environment(), want_valkey=True) as made:
        output.say("Working. SIGTERM or Ctrl-C ends it after the batch in hand.")
        worker = WorkerProcess(made.addresses.database_url, made.addresses.redis_url, made.engine, threads)
        worker.run_until(stopping)


def serve(
    host: Annotated[str, typer.Option(help="The address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8000,
    behind_proxy: Annotated[bool, typer.Option(help="A proxy with TLS stands before this address.")] = False,
) -> None:
    """Serve the HTTP API alone; workers run elsewhere."""
    from api.cli.serving import serve_until_stopped
    from api.cli.session import system
    from api.cli.settings import Settings

    with system(Settings.from_environment()) as made:
        print(f"Serving at http://{host}:{port}", file=sys.stderr, flush=True)
        serve_until_stopped(made, host, port, behind_proxy=behind_proxy)
