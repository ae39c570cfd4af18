"""Partner programmes in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.funnel_output import say_missing_rates, scope_of, stamp
from domain.language.catalogue import say, term

if TYPE_CHECKING:
    from projections.partner_answer import (
        EditionLine,
        PartnerAnswer,
        PartnerStanding,
        ProgrammeAnswer,
        ProgrammesAnswer,
        ScoredPeriod,
    )

MOST_DOWNSTREAM = 20
PROGRAMMES = [
    "programme", "title", "unit", "edition", "threshold", "partners", "below threshold", "unscored", "left",
    "rewards due",
]  # fmt: skip
PARTNERS = [
    "account", "name", "since", "left", "standing", "period", "partner score", "our score", "threshold", "trend",
    "change", "broken by us", "rewards due", "periods without score", "downstream", "deliveries", "amount", "currency",
]  # fmt: skip
PERIODS = [
    "period", "edition", "partner score", "threshold", "standing", "change", "our score", "broken by us",
    "broken by partner", "rewards due", "rewards granted", "positions",
]  # fmt: skip
SHORT = [
    "name", "since", "standing", "period", "partner score", "our score", "trend", "broken by us", "rewards due",
    "downstream", "amount",
]  # fmt: skip


def show_all(answer: ProgrammesAnswer, json: bool, csv: bool) -> None:
    """A line per programme."""
    rows = [
        [
            each.external_id or str(each.programme),
            each.title,
            term("ScoringUnit", each.unit.value),
            each.edition,
            each.threshold,
            each.partners,
            each.below,
            each.unscored,
            each.left,
            each.rewards_due,
        ]
        for each in answer.programmes
    ]
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(PROGRAMMES, rows)
    elif not rows:
        output.say("No partner programmes recorded: `kams command programme new open` opens one.")
    else:
        output.print_table(say("Partner programmes as of {stamp}", stamp=stamp(answer)), PROGRAMMES, rows)
        _say_left_out(answer.not_shown)


def _say_left_out(not_shown: int) -> None:
    if not_shown:
        output.say(say("{not_shown} more: state --limit.", not_shown=not_shown))


def show_programme(answer: ProgrammeAnswer, json: bool, csv: bool) -> None:
    """Its terms, and a line per partner."""
    rows = [_partner(each, answer.currency) for each in answer.partners]
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(PARTNERS, rows)
        return
    line = answer.programme
    head = say("{title} as of {stamp}", title=line.title, stamp=stamp(answer))
    output.print_table(head, ["", ""], _about(answer))
    _show_terms(answer.editions)
    if rows:
        short = [
            {**dict(zip(PARTNERS, row, strict=True)), "rewards due": _rewards(each)}
            for row, each in zip(rows, answer.partners, strict=True)
        ]
        output.print_table("\nPartners", SHORT, [[row[name] for name in SHORT] for row in short])
    else:
        output.say("No partners whose accounts you may see.")
    _say_left_out(answer.not_shown)
    say_missing_rates(answer.missing_rates)


def _about(answer: ProgrammeAnswer) -> list[tuple[str, Any]]:
    line = answer.programme
    return [
        ("scored by", term("ScoringUnit", line.unit.value)),
        ("threshold", line.threshold),
        ("partners", line.partners),
        ("below threshold", line.below),
        ("rewards due", line.rewards_due),
        ("counted are", scope_of(answer)),
    ]


def _show_terms(editions: list[EditionLine]) -> None:
    if not editions:
        return
    newest = editions[0]
    title = say("Terms of edition {edition}, from {day} on", edition=newest.edition, day=newest.holds_from)
    owed = [
        (
            term("PartnerSide", each.owed_by.value),
            each.key,
            each.text,
            term("ObligationKind", each.kind.value),
            each.weight,
            each.threshold,
            each.measured_by or None,
        )
        for each in newest.obligations
    ]
    header = ["owed by", "obligation", "text", "kind", "weight", "threshold", "measured by"]
    output.print_table(f"\n{title}", header, owed)
    if newest.rewards:
        rewards = [(each.key, each.text, each.from_score) for each in newest.rewards]
        output.print_table("\nRewards", ["reward", "text", "from score"], rewards)


def _partner(one: PartnerStanding, currency: str) -> list[Any]:
    newest = one.newest
    return [
        one.external_id or str(one.account),
        one.name or str(one.account),
        one.enrolled_on,
        one.left_on,
        term("PartnerState", one.state.value),
        newest and newest.period,
        newest and newest.partner,
        newest and newest.us,
        newest and newest.threshold,
        term("PartnerTrend", one.trend.value),
        newest and newest.change,
        newest and ", ".join(newest.broken_by_us),
        "; ".join(f"{each.period}: {', '.join(each.due)}" for each in one.periods if each.due),
        len(one.unscored),
        one.network.customers,
        one.network.served,
        one.network.amount,
        currency,
    ]


def _rewards(one: PartnerStanding) -> str:
    """How many rewards are due, and of which periods."""
    due = [each for each in one.periods if each.due]
    return f"{sum(len(each.due) for each in due)} ({', '.join(each.period for each in due)})" if due else ""


def show_partner(answer: PartnerAnswer, json: bool, csv: bool) -> None:
    """A line per period, and the downstream customers."""
    one = answer.partner
    if json:
        output.print_json(answer)
        return
    if csv:
        output.print_csv(PERIODS, [_period(each) for each in one.periods])
        return
    title = say(
        "{name} in {title} as of {stamp}",
        name=one.name or one.account,
        title=answer.programme.title,
        stamp=stamp(answer),
    )
    output.print_table(title, ["", ""], _about_partner(one))
    if one.periods:
        output.print_table("\nPeriods", PERIODS[:-1], [_period(each)[:-1] for each in one.periods])
        _show_scores(answer)
    else:
        output.say("No period is scored.")
    _show_downstream(answer)
    say_missing_rates(answer.missing_rates)


def _about_partner(one: PartnerStanding) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = [
        ("standing", term("PartnerState", one.state.value)),
        ("trend", term("PartnerTrend", one.trend.value)),
        ("partner since", one.enrolled_on),
    ]
    if one.left_on:
        lines.append(("left", f"{one.left_on}: {one.leaving_reason}"))
    if one.unscored:
        lines.append(("periods without score", ", ".join(each.period for each in one.unscored)))
    return lines


def _period(each: ScoredPeriod) -> list[Any]:
    standing = "below" if each.below else "kept"
    granted = [reward for reward in each.rewards if reward.status.value == "granted"]
    return [
        each.period,
        each.edition,
        each.partner,
        each.threshold,
        term("PartnerState", standing),
        each.change,
        each.us,
        ", ".join(each.broken_by_us),
        ", ".join(each.broken_by_partner),
        ", ".join(each.due),
        ", ".join(f"{one.reward} ({one.worth} {one.currency})" if one.currency else one.reward for one in granted),
        " ".join(map(str, each.positions)),
    ]


def _show_scores(answer: PartnerAnswer) -> None:
    """The scores of the newest period, obligation by obligation."""
    newest = answer.partner.periods[0]
    terms = next((each for each in answer.editions if each.edition == newest.edition), None)
    if terms is None:
        return
    rows = [
        (
            term("PartnerSide", each.owed_by.value),
            each.text,
            newest.scores.get(each.key),
            each.threshold,
            say("broken") if each.key in {*newest.broken_by_us, *newest.broken_by_partner} else say("kept"),
        )
        for each in terms.obligations
    ]
    title = say("Obligations in {period}", period=newest.period)
    output.print_table(f"\n{title}", ["owed by", "obligation", "score", "threshold", ""], rows)


def _show_downstream(answer: PartnerAnswer) -> None:
    found, network = answer.partner.downstream, answer.partner.network
    if not found:
        output.say("No downstream customers recorded.")
        return
    rows = [
        (
            each.name or (str(each.customer) if each.customer else say("(sealed)")),
            each.served,
            each.last_on,
            each.amount,
        )
        for each in found[:MOST_DOWNSTREAM]
    ]
    title = say(
        "Downstream customers ({customers}), {currency}", customers=network.customers, currency=answer.currency or "–"
    )
    output.print_table(f"\n{title}", ["name", "deliveries", "last on", "amount"], rows)
    if len(found) > MOST_DOWNSTREAM:
        output.say(say("{not_shown} more: state --json.", not_shown=len(found) - MOST_DOWNSTREAM))
    if network.unvalued:
        output.say(say("Deliveries without an amount or a rate, in no sum: {count}.", count=network.unvalued))
