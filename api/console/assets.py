"""What pages load: files of the distribution, without the remarks in our own, compressed once, under an address that
changes when they do."""

from __future__ import annotations

import gzip
import posixpath
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

MEDIA = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
IMPORT = re.compile(r'^import [^"\n]*"(\.[^"]+)";', re.MULTILINE)
OTHERS = "vendor/"
REMARK = re.compile(rb"^ */\*(?:[^*]|\*(?!/))*\*/\n", re.MULTILINE)
"""A remark on lines of its own."""
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    compressed: bytes
    media: str


@cache
def all_assets() -> dict[str, Asset]:
    """Every asset by its path."""
    return dict(_found(files("api.console").joinpath("assets"), ""))


@cache
def version() -> str:
    """Changes whenever any asset does: modules import each other by relative paths, so all change together."""
    digest = sha256()
    for path, asset in sorted(all_assets().items()):
        digest.update(path.encode() + b"\0" + asset.content)
    return digest.hexdigest()[:12]


def url(path: str) -> str:
    """The address of an asset. Raises KeyError for one that is not there."""
    all_assets()[path]
    return f"/console/assets/{version()}/{path}"


@cache
def imports(path: str) -> tuple[str, ...]:
    """The modules that a module needs to begin, and those that they need: a page names them all at once, so that none
    is asked for only when another has come."""
    found: dict[str, None] = {}
    for stated in IMPORT.findall(all_assets()[path].content.decode()):
        one = posixpath.normpath(posixpath.join(posixpath.dirname(path), stated))
        found |= dict.fromkeys((one, *imports(one)))
    return tuple(found)


def has(path: str) -> bool:
    """Whether there is such an asset."""
    return path in all_assets()


def asset_handler() -> HTTPRouteHandler:
    """The route of all assets, for everybody: they hold nothing of anybody's."""

    @get("/console/assets/{version:str}/{path:path}", sync_to_thread=False, name="console.assets")
    def serve(request: Request[Any, Any, Any]) -> Response[bytes]:
        """A file that pages load."""
        asset = all_assets().get(str(request.path_params["path"]).lstrip("/"))
        if asset is None:
            return Response(b"", status_code=404, media_type="text/plain")
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.compressed, media_type=asset.media, headers={**headers, "Content-Encoding": "gzip"})
        return Response(asset.content, media_type=asset.media, headers=headers)

    return serve


def _found(folder: Traversable, prefix: str) -> list[tuple[str, Asset]]:
    found: list[tuple[str, Asset]] = []
    for each in folder.iterdir():
        ending = each.name.rpartition(".")[2]
        if each.is_dir():
            found += _found(each, f"{prefix}{each.name}/")
        elif ending in MEDIA:
            content = each.read_bytes() if prefix.startswith(OTHERS) else REMARK.sub(b"", each.read_bytes())
            found.append((prefix + each.name, Asset(content, gzip.compress(content, 9, mtime=0), MEDIA[ending])))
    return found
