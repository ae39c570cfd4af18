"""Real PostgreSQL and real Valkey, started by ourselves: what a machine without servers runs on."""

from api.cli.embedded.errors import ServerError
from api.cli.embedded.servers import Addresses, EmbeddedServers, Running, servers

__all__ = ["Addresses", "EmbeddedServers", "Running", "ServerError", "servers"]
