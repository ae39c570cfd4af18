"""From what a page found to HTML: one environment, escaping everything; links that keep the clocks; the nav."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from uuid import uuid4

from api.console import assets, formats
from api.console.addresses import plain
from api.console.forms.asked import Doing
from api.console.forms.menu import menu_of, words_of
from api.console.forms.wording import form_address, presets
from api.console.frame import Frame
from api.console.just_recorded import just_recorded
from api.console.moments import TimeBar, permalink, stated_in
from api.console.nav import entries
from api.reader import theme_in
from domain.language.catalogue import event_words, field_words, say, term, worded
from domain.language.languages import spoken

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

WHY = "/console/why"
WHY_TITLE = "Why? The events behind it"
_WORD = re.compile(r"[A-Za-z0-9_.~,:-]*")
_QUOTED = str.maketrans({chr(code): quote_plus(chr(code), safe=",:") for code in range(128)})
MOST_POSITIONS, LONGEST_POSITIONS = 200, 1_500


def render(frame: Frame[Any], name: str, template: str, shown: Mapping[str, Any]) -> bytes:
    """A page as the browser takes it."""
    links = Links(frame)
    session = frame.call.session
    made = environment().get_template(template)
    return made.render(
        page=name,
        frame=frame,
        asker=frame.call.asker,
        session=session,
        csrf=session.csrf if session else "",
        url=links.url,
        here=links.here,
        to_why=links.to_why,
        nav=entries(frame, name),
        time=TimeBar.of(frame),
        permalink=permalink(frame),
        theme=theme_in(frame.call.reader),
        own_css=_own(name, "css"),
        own_js=_own(name, "js"),
        whole=is_whole(frame),
        form=formats.Formats(frame),
        doing=Doing(frame.call),
        just=just_recorded(frame),
        **shown,
    ).encode()


def is_whole(frame: Frame[Any]) -> bool:
    """Whether a browser asks for a page to show it; a script asks for what is in its middle, and lays nothing by."""
    headers = frame.call.headers
    return headers.get("hx-request") != "true" and headers.get("sec-fetch-mode", "navigate") == "navigate"


def _own(name: str, ending: str) -> str:
    """The file of a page, or of the page of which it is a part (`today_changes` is one of `today`); empty without."""
    found = (f"pages/{each}.{ending}" for each in (name, name.partition("_")[0]))
    return next((path for path in found if assets.has(path)), "")


def render_bare(template: str, **shown: Any) -> bytes:
    """A page without nav and clocks, such as signing in and what went wrong."""
    return environment().get_template(template).render(**shown).encode()


@cache
def environment() -> Environment:
    """The templates; what is not defined is a fault, not an empty place."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("api.console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        _=_sentence,
        asset=assets.url,
        imports=assets.imports,
        language=lambda: spoken().value,
        term=term,
        labelled=_labelled,
        zip=zip,
        key_of_form=lambda: str(uuid4()),
    )
    made.globals["options_of"] = _options_of
    made.globals.update(form_address=form_address, presets=presets, words_of=words_of, menu_of=menu_of)
    filters = {**formats.FILTERS, "event": event_words, "field": field_words}
    made.filters.update({name: _said_to_each(each) for name, each in filters.items()})
    return made


def _labelled(kind: str, key: str) -> str:
    """A value of an enumeration as a label begins."""
    return formats.capital(term(kind, key))


def _sentence(template: str, /, **values: Any) -> str:
    """A sentence in the reader's language; a number in it that answers "why?" stays the link that it is."""
    from markupsafe import Markup, escape

    if not any(isinstance(value, Markup) for value in values.values()):
        return say(template, **values)
    return Markup(escape(worded(template, values))).format(**values)


def _options_of(choices: Iterable[tuple[str, str]], chosen: str) -> Markup:
    """What a select offers: values and their names, one of them chosen. A list of all of ours is made in one go."""
    from markupsafe import Markup, escape

    lines = [
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(name)}</option>'
        for value, name in choices
    ]
    return Markup("".join(lines))


def _said_to_each(filtering: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is asked whenever a page is made: Jinja works out what is done to constants once, in the language
    of whoever comes first."""
    from jinja2 import pass_context

    @pass_context
    def filtered(_: Any, *values: Any, **named: Any) -> Any:
        return filtering(*values, **named)

    return filtered


def _quoted(text: str) -> str:
    """A value as it stands in an address; most are words, days and numbers, which stand as they are."""
    if _WORD.fullmatch(text):
        return text
    return text.translate(_QUOTED) if text.isascii() else quote_plus(text, safe=",:")


def _joined(parameters: Mapping[str, Any]) -> str:
    """Parameters as an address states them, without those that say nothing."""
    return "&".join(
        [f"{key}={_quoted(text)}" for key, value in parameters.items() if value is not False and (text := plain(value))]
    )


class Links:
    """Addresses within the console that keep the clocks of the page they stand on."""

    def __init__(self, frame: Frame[Any]) -> None:
        from markupsafe import Markup, escape

        query = frame.query
        self._markup, self._escape = Markup, escape
        self._clocks = {"as_of": query.as_of, "known_at": query.known_at}
        self._of_clocks = _joined(self._clocks)
        self._why = f"{WHY}?{self._of_clocks}&" if self._of_clocks else f"{WHY}?"
        self._query = query
        self._title = escape(say(WHY_TITLE))

    def url(self, path: str, /, **parameters: Any) -> str:
        """A path with parameters and the page's clocks; None and empty ones are left out, lists stand as commas."""
        if self._clocks.keys().isdisjoint(parameters):
            query = "&".join(filter(None, (self._of_clocks, _joined(parameters))))
        else:
            query = _joined({**self._clocks, **parameters})
        return f"{path}?{query}" if query else path

    def to_why(
        self,
        text: str,
        positions: Collection[int] | None = None,
        explain: str | None = None,
        label: str = "",
        **more: str,
    ) -> Markup:
        """A number that answers "why?": `positions` of the events behind it, or the `explain` address of the API (such
        as "funnel?stage=proposal&cell=amount", without the clocks), which the panel shows in words. `label` says to
        those who do not see where it stands what it is the number of; more is its `class`."""
        escape = self._escape
        look = escape(more["class"]) if more else ""
        if not (explain or positions):
            return self._markup(f'<span class="{look}">{escape(text)}</span>')
        spoken_of = f'<span class="hidden"> {escape(label)}</span>' if label else ""
        address = self.behind(positions, explain).replace("&", "&amp;")  # what else HTML minds is quoted
        return self._markup(
            f'<a class="why {look}" data-timed href="{address}" title="{self._title}">{escape(text)}{spoken_of}</a>'
        )

    def behind(self, positions: Iterable[int] | None, explain: str | None) -> str:
        """Where a number is explained: by an explanation's address, else by the newest of these events, so many that
        the address stays short."""
        if explain:
            return f"{self._why}explain={_quoted(explain)}"
        every = sorted(set(positions or ()), reverse=True)
        shown, length = list[int](), 0
        for position in every[:MOST_POSITIONS]:
            length += len(str(position)) + 1
            if length > LONGEST_POSITIONS:
                break
            shown.append(position)
        of = f"&of={len(every)}" if len(shown) < len(every) else ""
        return f"{self._why}positions={','.join(map(str, shown[::-1]))}{of}"

    def here(self, path: str, /, **changed: Any) -> str:
        """A path with this page's own parameters, some of them changed."""
        return self.url(path, **{**stated_in(self._query), **changed})
