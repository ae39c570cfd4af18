"""Hundreds of routes whose handlers all take a request and give a response: entered at once, and their signature read
once for all, for the framework, which knows neither, needs most of the time in which a server starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from litestar import Litestar, MediaType, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.utils.signature import ParsedSignature


class Handler(HTTPRouteHandler):
    """A handler of requests; nothing else is handed to it."""

    @property
    def parsed_fn_signature(self) -> ParsedSignature:
        """That of every such handler."""
        return _first().parsed_fn_signature

    @property
    def signature_model(self) -> Any:
        """That of every such handler."""
        return _first().signature_model

    def create_kwargs_model(self, path_parameters: dict[str, Any]) -> Any:
        """That of every such handler whose path has parameters of these names."""
        return _handed(frozenset(path_parameters.items()))


class Application(Litestar):
    """An application that routes can be entered into at once."""

    def enter(self, handlers: Iterable[HTTPRouteHandler]) -> None:
        """Let in what these handle; none of their paths may have been entered before."""
        by_path = defaultdict[str, list[HTTPRouteHandler]](list)
        for handler in handlers:
            handler.owner = self
            for path in handler.paths:
                by_path[path].append(handler)
        for path, found in by_path.items():
            route = _Route(path=path, route_handlers=found)
            for handler in route.route_handlers:
                handler.on_registration(self)
            route.create_handler_map()
            self.routes.append(route)
        self.asgi_router.construct_routing_trie()


class _Route(HTTPRoute):
    """A route that says in the same way which methods it has."""

    def create_options_handler(self, path: str) -> HTTPRouteHandler:
        async def handle(request: Request[Any, Any, Any]) -> Response[Any]:  # noqa: ARG001
            allowed = {"Allow": ", ".join(sorted(self.methods))}
            return Response(None, status_code=204, headers=allowed, media_type=MediaType.TEXT)

        return Handler(path, http_method="OPTIONS", include_in_schema=False)(handle)


@cache
def _first() -> HTTPRouteHandler:
    async def handle(request: Request[Any, Any, Any]) -> Response[Any]:
        raise NotImplementedError

    return HTTPRouteHandler(http_method="GET")(handle)


@cache
def _handed(path_parameters: frozenset[tuple[str, Any]]) -> Any:
    return _first().create_kwargs_model(dict(path_parameters))
