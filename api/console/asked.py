"""Questions of the API, put by a page in the name of whoever asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from api.console.addresses import plain
from api.endpoints import Call, Endpoint
from api.questions import question_endpoints


@cache
def questions() -> dict[str, Endpoint]:
    """Every question by its name."""
    return {each.name: each for each in question_endpoints()}


def put(call: Call, endpoint: Endpoint, path: Mapping[str, str], query: Mapping[str, Any]) -> Any:
    """The answer to a question with the asker's rights. That names were opened for it is noted. Raises what the
    question raises."""
    stated = {name: plain(value) for name, value in query.items()}
    inner = replace(call, path=dict(path), raw_query=urlencode(stated).encode(), opened_personal=False)
    reply = endpoint.handle(inner)
    call.opened_personal = call.opened_personal or inner.opened_personal
    return reply.content


def answer_to(call: Call, name: str, /, query: Mapping[str, Any], **path: str) -> Any:
    """The answer to the question of a name; parameters that are None or empty are not stated."""
    stated = {key: value for key, value in query.items() if value not in (None, "", False)}
    return put(call, questions()[name], path, stated)
