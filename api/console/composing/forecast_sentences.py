"""What a forecast says in sentences: what it takes to reach the target, and what was said on an earlier day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from api.console import formats
from api.console.composing.asked import Asked
from api.console.composing.forecasts import forecast_frame
from api.console.facts import exact
from api.console.forecast_asked import Asked as Forecast
from api.console.forecast_asked import asked_of, learned_for
from api.console.telling import Group, LineTold, Why
from domain.errors import Fault, Malformed
from domain.language.catalogue import say, term
from projections.forecast import forecast
from projections.forecast_course import kept_of
from projections.forecast_gap import GapAnswer, gap_of
from projections.forecast_quantiles import add_quantiles
from projections.forecasting.kept import Kept

QUANTILES = ("p10", "p50", "p90")


def takes(asked: Asked) -> Why:
    """What it takes to reach the target of a period, number by number. Raises PeriodUnknown, NotFound."""
    frame = forecast_frame(asked)
    with asked_of(frame) as of:
        known = learned_for(frame, of)
        stands = add_quantiles(of.view, forecast(of.view, of.key, of.filters), known, of.filters)
        found = gap_of(of.view, known, stands, of.filters)
        title, made = say("What it takes to reach the target"), " ".join(found.words)
        told = [(say("period"), formats.period(of.key))]
        return asked.why(title, made, exact(found.gap, found.currency), _parts(of, found), asked=told)


def _parts(of: Forecast, found: GapAnswer) -> list[Group]:
    """Every number of the sentences, and how it is made of those before it."""
    pace, currency = found.pace, found.currency
    expected, cell = (found.weighted, "weighted") if found.p50 is None else (found.p50, "p50")
    parts = [
        _amount(say("Target"), found.target, currency, link=of.explain("target")),
        _amount(say("Closed"), found.closed, currency, link=of.explain("closed")),
        _amount(say("Missing"), found.gap, currency, say("The target less what is closed.")),
        _amount(say("Open"), found.open, currency, say("What is open of the period."), of.explain("coverage")),
        _amount(say("Signed"), pace.signed, currency, _lately(found)),
        _amount(say("Sought"), pace.sought, currency, say("What all these were to bring, those lost, too.")),
        _part(say("Own conversion"), formats.percent(pace.by_value, 2), say("Signed, divided by sought.")),
        _amount(say("Needed"), found.pipeline, currency, say("Missing, divided by the own conversion.")),
        _amount(say("Expected"), expected, currency, link=of.explain(cell)),
        _amount(say("Too little"), found.shortfall, currency, say("The target less what is expected.")),
        _amount(
            say("To open today"),
            found.to_open,
            currency,
            say("Too little, divided by the own conversion, and by the share of deals that are won in the time left."),
        ),
        *_deals(found),
        *_last_days(found),
    ]
    return [each for each in parts if each.said != formats.DASH]


def _amount(name: str, amount: Decimal | None, currency: str, note: str = "", link: str = "") -> Group:
    return Group(name=name, said=exact(amount, currency), note=note, link=link, facts=[])


def _part(name: str, said: str, note: str) -> Group:
    return Group(name=name, said=said, note=note, facts=[])


def _lately(found: GapAnswer) -> str:
    pace = found.pace
    return say("What the {won} signed that were won, of {closed} that closed lately.", won=pace.won, closed=pace.closed)


def _deals(found: GapAnswer) -> list[Group]:
    if found.deals is None:
        return []
    note = say("To open today, divided by the usual amount of a deal opened in the last 13 weeks.")
    return [_part(say("Deals of the usual size"), formats.number(found.deals), note)]


def _last_days(found: GapAnswer) -> list[Group]:
    """The last days on which a deal may be opened to be won in time, by the own days from opening to winning."""
    days = (
        (found.most_by, found.pace.most_within, say("80 of 100 that are won are won within {days}.")),
        (found.half_by, found.pace.half_within, say("Half of those that are won are won within {days}.")),
    )
    return [
        _part(say("To be opened by"), formats.day(by), note.format(days=exact(Decimal(within), "days")))
        for by, within, note in days
        if by is not None and within is not None
    ]


def kept_then(asked: Asked) -> Why:
    """A quantile of a forecast as it was kept on a day. Raises Malformed, PeriodUnknown, NotFound."""
    cell, stated = asked.one("cell", "p50"), asked.one("day")
    if cell not in QUANTILES:
        raise Malformed(Fault("cell", cell[:80], say("expected one of {known}", known=", ".join(QUANTILES))))
    with asked_of(forecast_frame(asked)) as of:
        found = {str(day): each for day, each in kept_of(of.view, of.key, of.filters).items()}.get(stated)
        made = say(
            "10,000 courses of the period are drawn by the chances of the opportunities; so many brought no more."
        )
        if found is None:
            return asked.why(cell.upper(), made, formats.DASH, [], notes=[say("Nothing was kept on that day.")])
        kept, figures = found
        currency = kept.content.currency
        groups = [_amount(name.upper(), getattr(figures, name), currency) for name in QUANTILES]
        groups.insert(0, _amount(say("Closed"), figures.closed, currency, link=of.explain("closed", as_of=stated)))
        title = say("{cell}, as it was said on {day}", cell=cell.upper(), day=formats.day(date.fromisoformat(stated)))
        value = exact(getattr(figures, cell), currency)
        return asked.why(
            title, made, value, groups, asked=[(say("period"), formats.period(of.key))], lines=_how(asked, kept)
        )


def _how(asked: Asked, kept: Kept) -> list[LineTold]:
    """When it was kept, why, and on what it rests."""
    reason = say("when it was shown") if kept.reason == "shown" else say("as every week")
    return [
        (say("kept {reason}", reason=reason), formats.Formats(asked.frame).moment(kept.kept_at), []),
        (say("by {model}", model=term("ForecastMethod", kept.model)), kept.model_version, []),
        (say("by what was known at position"), str(kept.position), []),
    ]
