"""What whoever is not signed in is answered where he asks for a page of the console."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from api.signing_in.entrance import Browser
from api.signing_in.leading import is_visit, page_of, sign_in_address


def browser_at(request: Request[Any, Any, Any]) -> Browser:
    """Who knocks."""
    address = request.client.host if request.client else ""
    origin = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return Browser(request.cookies, address, request.headers.get("user-agent", ""), origin)


def led_to_sign_in(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """The way to the sign-in page and back. A part of a page leads the page that it is for; a form that was sent from a
    script, or a stream, gets None: what was typed is not to be lost, so its page says what happened."""
    page = page_of(request.headers)
    if request.headers.get("hx-request") == "true":
        if request.method != "GET":
            return None
        return Response(b"", status_code=401, media_type="text/html", headers={"HX-Redirect": sign_in_address(page)})
    if not is_visit(request.headers):
        return None
    if request.method == "GET":
        query = request.url.query
        page = f"{request.url.path}?{query}" if query else request.url.path
    return Response(b"", status_code=303, media_type="text/html", headers={"Location": sign_in_address(page)})
