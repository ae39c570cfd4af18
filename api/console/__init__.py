"""The console: one web application of server-rendered pages on the same read models, with the same rights, as the API.

A page is a file in `pages/` and a template of the same name in `templates/`. `frame.Frame` is what it works with (who
asks, the two clocks, the view), `rendering` turns what it found into HTML, `assets` serves what pages load. Own CSS and
script of a page stand in `assets/pages/NAME.css` and `NAME.js`, a chart in `assets/charts/KIND.js`, the Chinese of a
page's sentences in `words/NAME.zh.toml`. There is no build step.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from domain.language.catalogue import also_said_in

if TYPE_CHECKING:
    from api.endpoints import Endpoint

also_said_in(files("api.console").joinpath("words"))


def console_endpoints() -> list[Endpoint]:
    """Every page, and every form that pages send."""
    from api.console.company_sign_in import company_sign_in_endpoints
    from api.console.live import live_endpoints
    from api.console.pages import page_endpoints
    from api.console.signing_in import sign_in_endpoints

    return [*sign_in_endpoints(), *company_sign_in_endpoints(), *page_endpoints(), *live_endpoints()]
