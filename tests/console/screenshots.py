"""Pictures of every page of the console on the sample company: `make screenshots` puts them into build/screenshots.

The three that the README shows go to docs/pictures. Each is what a real Chromium drew of what `kams demo` imported.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Error, Page, sync_playwright

from api.cli.demonstration import make_sample_company
from api.cli.freshness import bring_up_to_date
from api.cli.serving import opened_door
from api.cli.session import system
from api.cli.settings import Settings
from api.cli.signing_in import own_address
from api.demo import LAST_DAY
from tests.console.browsers import ARGUMENTS, MISSING, chromium

ROOT = Path(__file__).parents[2]
ALL, SHOWN = ROOT / "build" / "screenshots", ROOT / "docs" / "pictures"
WIDTHS = {"desk": (1360, 900), "phone": (390, 844)}
STORY = "A-01"
ALL_LAID_OUT = """() => {
  const style = new CSSStyleSheet();
  style.replaceSync("* { content-visibility: visible !important; }");
  document.adoptedStyleSheets.push(style);
}"""
"""A picture shows more of a page than a window does, which leaves out what is far below."""


class Shot(NamedTuple):
    """A page, by the name of its pictures; `readme` is the name of the one that the README shows of it."""

    name: str
    path: str
    readme: str = ""


SHOTS = (
    Shot("today", "/console/", "today"),
    Shot("funnel-board", "/console/funnel?show=board"),
    Shot("funnel-picture", "/console/funnel?show=picture", "funnel"),
    Shot("funnel-bridge", "/console/funnel?show=bridge"),
    Shot("forecast", "/console/forecast"),
    Shot("accounts", "/console/accounts"),
    Shot("account", f"/console/account/{STORY}", "account"),
    Shot("opportunity", "/console/opportunity/O-LH-2"),
    Shot("visits", "/console/visits"),
    Shot("visit-log", f"/console/visits/log?account={STORY}"),
    Shot("issues", "/console/issues"),
    Shot("issue", "/console/issue/K-LH-1"),
    Shot("plans", "/console/plans"),
    Shot("plan", "/console/plan/A-01:2026"),
    Shot("audit", "/console/audit"),
    Shot("streams", "/console/streams"),
    Shot("system", "/console/system"),
    Shot("guide", "/console/guide"),
)


def main(only: list[str]) -> int:
    """Take them all, or those whose names begin as stated."""
    path = chromium()
    if path is None:
        print(MISSING, file=sys.stderr)
        return 1
    ALL.mkdir(parents=True, exist_ok=True)
    SHOWN.mkdir(parents=True, exist_ok=True)
    wanted = [shot for shot in SHOTS if not only or shot.name.startswith(tuple(only))]
    with sample_console() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        state = signed_in(browser, address)
        base = address.partition("/console/")[0]
        for language in ("en", "zh"):
            for light in ("light", "dark"):
                for width, size in WIDTHS.items():
                    if light == "dark" and width == "phone":
                        continue
                    context = browser.new_context(
                        viewport={"width": size[0], "height": size[1]},
                        color_scheme=light,  # type: ignore[arg-type] a literal of playwright's
                        locale={"en": "en-GB", "zh": "zh-CN"}[language],
                        storage_state=state,  # type: ignore[arg-type] as it was given
                        device_scale_factor=1,
                    )
                    page = context.new_page()
                    for shot in wanted:
                        look_at(page, base, shot)
                        page.screenshot(path=ALL / f"{shot.name}-{width}-{language}-{light}.png", full_page=True)
                        if shot.readme and (language, light, width) == ("en", "light", "desk"):
                            page.screenshot(path=SHOWN / f"{shot.readme}.png")
                        if shot.readme and (language, light, width) == ("zh", "light", "desk"):
                            page.screenshot(path=SHOWN / f"{shot.readme}.zh.png")
                    context.close()
        browser.close()
    print(f"{len(wanted)} pages: {ALL}")
    return 0


def signed_in(browser: Browser, address: str) -> object:
    """The cookie of a session: an address signs in once."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    state = context.storage_state()
    context.close()
    return state


def look_at(page: Page, base: str, shot: Shot) -> None:
    """The page on the sample's last day, once everything on it is drawn."""
    joined = "&" if "?" in shot.path else "?"
    page.goto(f"{base}{shot.path}{joined}as_of={LAST_DAY}")
    page.wait_for_load_state("networkidle")
    for _ in range(2):  # what comes when it is seen may bring more below
        for place in page.locator("[aria-busy=true], kams-chart").all():
            with suppress(Error):  # it has come and was exchanged
                place.scroll_into_view_if_needed(timeout=2_000)
        page.wait_for_load_state("networkidle")
    page.evaluate(ALL_LAID_OUT)
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(900)  # charts move to their places; a picture has no other sign of it


@contextmanager
def sample_console() -> Iterator[str]:
    """The console of the sample company in KAMS_HOME; an address that signs in there."""
    with system(Settings.from_environment(), want_valkey=True) as made:
        make_sample_company(made)
        bring_up_to_date(made)
        with opened_door(made, "127.0.0.1", 0) as door:
            serving = threading.Thread(target=door.serve)
            serving.start()
            try:
                address = own_address(made, door.url)
                assert address is not None
                yield address
            finally:
                door.stop()
                serving.join(30)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
