"""The console: pages for people."""

from __future__ import annotations

from api.console.signing_in import sign_in_endpoints
from api.endpoints import Endpoint


def console_endpoints() -> list[Endpoint]:
    """Every page, form and file of the console."""
    return [*sign_in_endpoints()]
