"""The documents that describe the whole: OpenAPI for requests, AsyncAPI for what is streamed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from api.contract.asyncapi import asyncapi
from api.contract.webhooks import webhooks
from api.endpoints import Call, Endpoint, Reply
from api.openapi import document

ANY: dict[str, Any] = {"type": "object"}


def document_endpoints(contents: list[Endpoint]) -> list[Endpoint]:
    """Both documents; each is made when it is first asked for: a server is there sooner."""

    def openapi() -> dict[str, Any]:
        return document([*contents, *made], webhooks)

    made = [
        _document("/openapi.json", "openapi", "What can be asked and given: OpenAPI 3.1.", openapi),
        _document("/asyncapi.json", "asyncapi", "What is streamed: AsyncAPI 3.0.", asyncapi),
    ]
    return made


def _document(path: str, name: str, about: str, make: Callable[[], Any]) -> Endpoint:
    written = cache(lambda: msgspec.json.encode(make()))

    def handle(_: Call) -> Reply:
        return Reply(written())

    return Endpoint("GET", path, name, about, handle, ANY)
