"""What explained figures are called, and how each is made, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from domain.language.catalogue import field_words, say, term
from projections.explained_learned import CHANCES, QUANTILES

Told = tuple[str, str]
"""What a figure is called, and how it is made."""


def told(figure: str, stated: Mapping[str, str]) -> Told:
    """A figure in words; `stated` are the parameters of its address."""
    return _FIGURES[figure](stated)


def _funnel(stated: Mapping[str, str]) -> Told:
    outcome, measure = stated.get("outcome", "open"), stated.get("measure", "amount")
    if outcome != "open":
        since = date.fromisoformat(stated["from"]) if stated.get("from") else say("the beginning of the year")
        name = say("{outcome} since {day}", outcome=term("Outcome", outcome), day=since)
        if measure == "count":
            return name, say("How many opportunities ended so since that day.")
        if measure == "cycle":
            made = say("Of what was won since that day the middle one by days from opening to winning.")
            return say("From opening to winning"), made
        if outcome == "won":
            return name, say("The sum of the signed amounts, each at the rate of the day on which it was won.")
        return name, say("The sum of the amounts that they had, each at the rate of the day on which they ended.")
    match measure:
        case "count":
            return say("Open opportunities"), say("How many opportunities are open.")
        case "weighted":
            made = say("The sum of amount × chance of the stage, over the opportunities that are open.")
            return say("Weighted amount"), made
        case "age":
            return say("Age"), say("Of the open opportunities the middle one by days since it was opened.")
        case "days_in_stage":
            return say("Days in stage"), say("Of the open opportunities the middle one by days at its stage.")
        case "pushes":
            made = say("How often the close dates of the open opportunities were moved to a later day.")
            return say("Pushes"), made
    return say("Open amount"), say("The sum of the amounts of the open opportunities, at the rates of the day.")


def _forecast(stated: Mapping[str, str]) -> Told:
    cell = stated.get("cell", "commit")
    if cell in (*QUANTILES, *CHANCES):
        return learned_told(cell)
    match cell:
        case "closed" | "cumulative_closed":
            return say("Closed"), say("The sum of the signed amounts of what was won in the period.")
        case "weighted":
            made = say("What was won in the period, and amount × chance of the stage of what should close in it.")
            return say("Weighted forecast"), made
        case "undated":
            return say("Without a close date"), say("The open amounts for which no close date is recorded.")
        case "target":
            return say("Target"), say("The sum of the targets that were set for the period.")
        case "gap":
            return say("Gap"), say("The target less what is closed, never below 0.")
        case "coverage":
            return say("Coverage"), say("The open amounts of the period divided by the gap.")
    category = term("ForecastCategory", cell.removeprefix("cumulative_"))
    if cell.startswith("cumulative_"):
        made = say("Closed, and the open amounts of the period in this category and all that are surer.")
        return say("{category} and surer", category=category), made
    return category, say(
        "The open amounts of the period in this category: what the owner said, else what the stage says."
    )


def learned_told(cell: str) -> Told:
    """What a learned figure is called, and how it is made."""
    if cell == "p_win":
        return say("Chance of winning"), say("Learned from how earlier opportunities like this one went on.")
    if cell == "p_win_within":
        made = say("Learned from how earlier opportunities like this one went on, and how fast.")
        return say("Chance of winning within the period"), made
    made = say("10,000 courses of the period are drawn by the chances of the opportunities; so many brought no more.")
    return say("Most likely") if cell == "p50" else cell.upper(), made


def _conversion(stated: Mapping[str, str]) -> Told:
    match stated.get("cell", "entered"):
        case "went_on":
            return say("Went on"), say("Stays at the stage that ended with a later stage, or with winning.")
        case "ended":
            return say("Ended"), say("Stays at the stage that ended with losing or disqualifying.")
        case "days":
            return say("Days, the middle one"), say("Of the stays at the stage that have ended the middle one by days.")
        case "still_there":
            return say("Still there"), say("Stays at the stage that have not ended.")
    return say("Entered"), say("All stays of opportunities at the stage.")


def _buying(stated: Mapping[str, str]) -> Told:
    match stated.get("cell", "revenue"):
        case "margin":
            return say("Margin"), say("The sum of the margins of the purchases, each at the rate of its day.")
        case "with_margin":
            made = say("The sum of the purchases of which a margin is stated, each at the rate of its day.")
            return say("Revenue whose margin is known"), made
        case "documents":
            return say("Documents"), say("How many purchases and credit notes are recorded.")
    return say("Revenue"), say("The sum of the purchases, less credit notes, each at the rate of its day.")


def _cost(stated: Mapping[str, str]) -> Told:
    match stated.get("cell", "cost"):
        case "person_days":
            return say("Person-days"), say("The sum of the days that our people spent on it.")
        case "conceded":
            return say("Conceded"), say("The sum of what our concessions are worth, each at the rate of its day.")
        case "concessions":
            return say("Concessions"), say("How many concessions were made.")
        case "for_nothing":
            return say("Conceded for nothing"), say("Concessions with nothing received in return.")
        case "samples_out":
            return say("Samples lent"), say("Samples that have not come back.")
        case "samples_overdue":
            return say("Samples overdue"), say("Samples that have not come back by the day agreed.")
        case "won_amount":
            return say("Won amount"), say("The sum of the signed amounts of what was won.")
    made = say("The sum of the resources spent, each by the rate card of its day.")
    return say("Cost of winning"), made


def _balance(stated: Mapping[str, str]) -> Told:
    side, _, name = stated.get("cell", "given.total").partition(".")
    match side:
        case "given" | "received":
            who = say("What we gave") if side == "given" else say("What the customer gave")
            made = {
                "total": say("Value given and what was put into joint activities, at the rates of their days."),
                "value": say("The value given, as it was reckoned when it was recorded."),
                "acknowledged": say("The value that the customer confirmed."),
                "cost": say("What it cost to give it."),
                "inputs": say("What was put into joint activities."),
                "input_days": say("The days that people put into joint activities."),
            }.get(name, "")
            return f"{who}: {field_words(name)}", made
        case "ours" | "theirs":
            who = say("Our commitments") if side == "ours" else say("The customer's commitments")
            return f"{who}: {field_words(name)}", say("How many commitments of this side are so.")
        case "needs":
            return f"{say('Needs')}: {field_words(name)}", say("How many needs of the customer are so.")
        case "gifts":
            return say("Gifts"), say("Gifts that were declared, with their worth at the rate of the day.")
        case "activities":
            return say("Joint activities"), say("How many activities both sides did together.")
    return _buying({"cell": name})


def _visits(stated: Mapping[str, str]) -> Told:
    name = stated.get("cell", "planned")
    made = {
        "planned": say("Visits of the period that were planned."),
        "logged": say("Planned visits of the period that were logged."),
        "cancelled": say("Planned visits of the period that were cancelled."),
        "outstanding": say("Planned visits whose day is over without a log."),
        "ahead": say("Planned visits that lie ahead."),
        "moved": say("Planned visits of which the time was moved."),
        "ad_hoc": say("Logged visits that were not planned."),
        "measured": say("Logged visits of which the time between visit and log is known."),
        "late": say("Visits that were logged later than the policy asks."),
        "met": say("Visits that reached their objective."),
        "partly": say("Visits that reached part of their objective."),
        "not_met": say("Visits that did not reach their objective."),
        "unstated": say("Visits of which it is not said whether they reached their objective."),
    }.get(name, "")
    return f"{say('Visits')}: {field_words(name)}", made


def _portfolio(stated: Mapping[str, str]) -> Told:
    cell = stated.get("cell", "overall")
    if cell in ("revenue", "margin"):
        return _buying({"cell": cell})
    if cell == "share":
        return say("Share of all customers"), say("What this customer brings, divided by what all bring that you see.")
    made = say("The score of each criterion × its weight, divided by the weight of all criteria.")
    name = say("Score") if cell == "overall" else say("Score: {group}", group=term("CriterionGroup", cell))
    return name, made


def _health(_: Mapping[str, str]) -> Told:
    made = say("The weighted mean of the components that have facts: each adds its score × its share of the weights.")
    return say("Relationship health"), made


def _rows(stated: Mapping[str, str]) -> Told:
    name = field_words(stated["field"]) if stated.get("field") else say("Everything that is kept of it")
    return name[:1].upper() + name[1:], say("Each field holds what the last event that changed it gave it.")


def _events(_: Mapping[str, str]) -> Told:
    return say("The events behind it"), ""


_FIGURES: dict[str, Callable[[Mapping[str, str]], Told]] = {
    "funnel": _funnel,
    "forecast": _forecast,
    "conversion": _conversion,
    "buying": _buying,
    "cost": _cost,
    "balance": _balance,
    "visits": _visits,
    "portfolio": _portfolio,
    "health": _health,
    "rows": _rows,
    "events": _events,
}
