"""`kams up` and `kams serve`: the system of a command behind an address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.cli.session import System
from domain.errors import Refused

if TYPE_CHECKING:
    from api.cli.settings import Settings
    from api.serving import Server
    from api.signing_in.sessions import Timeouts

BACKLOG = 512


class AddressNotFree(Refused):
    """{host}:{port} cannot be served on: {reason}. Name another with --host and --port."""


@dataclass(frozen=True)
class Door:
    """An address that is ours already: who connects waits until `serve` begins."""

    listening: socket.socket
    server: Server

    @property
    def url(self) -> str:
        """Where people find it."""
        host, port = self.listening.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def serve(self) -> None:
        """Serve until SIGTERM, Ctrl-C or `stop`; requests in hand are finished."""
        self.server.run(sockets=[self.listening])

    def stop(self) -> None:
        """End `serve`, from another thread."""
        self.server.stop()


@contextmanager
def opened_door(made: System, host: str, port: int, *, behind_proxy: bool = False) -> Iterator[Door]:
    """The HTTP API at an address. Raises AddressNotFree, NotThisMachineOnly."""
    from api.app import LOCAL_HOSTS, create_app
    from api.cli.company_sign_in import client_of
    from api.serving import is_loopback, make_server, must_be_allowed
    from projections.members import admin_exists

    has_admin = is_loopback(host) or made.journal.streams.read(admin_exists)
    must_be_allowed(host, behind_proxy=behind_proxy, has_admin=has_admin)
    stopping = threading.Event()
    with listening(host, port) as taken:
        # Behind a proxy the public name is the proxy's affair; alone, no other name leads here.
        hosts = ("*",) if behind_proxy else (*LOCAL_HOSTS, host)
        app = create_app(
            made.journal, made.engine, made.reader, hosts=hosts, stopping=stopping, register=made.register,
            wake_workers=waker(made.addresses.redis_url), valkey_answers=asking(made.addresses.redis_url),
            webhooks_private=made.settings.webhooks_private,
            behind_proxy=behind_proxy, public_url=made.settings.public_url,
            timeouts=timeouts_of(made.settings), company=client_of(made.settings, behind_proxy=behind_proxy),
        )  # fmt: skip
        server = make_server(
            app, host, port, stopping=stopping, behind_proxy=behind_proxy, has_admin=has_admin,
            proxies=made.settings.proxies,
        )  # fmt: skip
        yield Door(taken, server)


def timeouts_of(settings: Settings) -> Timeouts:
    """How long sessions of the console last."""
    from api.signing_in.sessions import Timeouts

    usual = Timeouts()
    return Timeouts(settings.session_idle or usual.idle, settings.session_whole or usual.whole)


def waker(redis_url: str | None) -> Callable[[], object]:
    """What wakes the workers; nothing where there is no Valkey: they look every minute."""
    if redis_url is None:
        return lambda: None
    from workers.actors import waking
    from workers.broker import make_broker

    return waking(make_broker(redis_url))


def asking(redis_url: str | None) -> Callable[[], bool] | None:
    """What asks Valkey whether it is there, for half a second; None where there is none."""
    if redis_url is None:
        return None
    import redis

    client = redis.Redis.from_url(redis_url, socket_timeout=0.5, socket_connect_timeout=0.5)

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    return answers


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that takes connections at an address. Raises AddressNotFree."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise AddressNotFree(host=host, port=port, reason=error.strerror or str(error)) from error
    with taken:
        yield taken
