"""The decision map as people and machines read it: the formal organisation as a tree, influence as arrows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from api.cli import output
from api.cli.funnel_output import stamp
from domain.language.catalogue import in_context, say, term, terms

if TYPE_CHECKING:
    from uuid import UUID

    from projections.decision_map import DecisionMap
    from projections.map_changes import Change
    from projections.map_picture import MapEdge, MapNode, StandNode

ROLES = {"approver": "※", "decision_maker": "＋", "evaluator": "＝", "user": "－"}
SUPPORT = {"mentor": "※", "supporter": "＋", "neutral": "＝", "non_supporter": "－", "enemy": "×"}
ATTITUDES = {"innovator": "※", "visionary": "＋", "pragmatist": "＝", "conservative": "－", "laggard": "×"}
POLITICS = {"inner_circle": "inner", "political_structure": "structure", "outside": "outside"}
SECTIONS = (
    "BuyerRole", "Support", "Attitude", "PoliticalStatus", "Level", "Coverage", "Orientation", "InfluenceKind",
    "InfluenceNature",
)  # fmt: skip
KEY = "★"
LINES = {"formal": "─", "political": "┄"}
CSV_HEADER = [
    "id", "name", "title", "department", "reports_to", "attitude", "political", "orientation", "opportunity", "role",
    "support", "key_player", "wants", "met", "contacted",
]  # fmt: skip


def show(answer: DecisionMap, json: bool, csv: bool, stages: Mapping[str, str]) -> None:
    """Tree, legend, influence, wishes, gaps, changes; CSV: a line per person and opportunity. `stages` are names by
    key."""
    if json:
        output.print_json(answer)
    elif csv:
        output.print_csv(CSV_HEADER, _csv_rows(answer))
    else:
        _Drawing(answer, stages).print()


def _csv_rows(answer: DecisionMap) -> Iterator[Sequence[Any]]:
    for node in answer.nodes:
        about = (node.id, node.name, node.title, node.department, node.reports_to)
        thinks = (node.attitude, node.political, node.orientation)
        stands: list[tuple[Any, ...]] = [
            (each.opportunity, each.role, each.support, "yes" if each.key_player else "no", each.wants)
            for each in node.stands
        ]
        for stand in stands or [(None,) * 5]:
            yield (*about, *thinks, *stand, node.met, node.contacted)


class _Drawing:
    """One map on paper."""

    def __init__(self, answer: DecisionMap, stages: Mapping[str, str]) -> None:
        self._answer = answer
        self._stages = stages
        self._nodes = {node.id: node for node in answer.nodes}
        self._one = answer.opportunities[0] if answer.opportunity else None
        self._names: dict[UUID, str | None] = {node.id: node.name for node in answer.nodes}
        for change in answer.changes:
            self._names.setdefault(change.stakeholder, change.name)

    def print(self) -> None:
        """All of it."""
        self._title()
        if not self._nodes:
            output.console().print(say("No people recorded."))
        else:
            self._tree()
            self._stands()
            self._influence()
            self._wishes()
        self._gaps()
        if self._answer.since:
            self._changes()

    def _title(self) -> None:
        answer, deal = self._answer, self._one
        about = f"{answer.account_name} ({answer.external_id or answer.account})"
        if deal:
            ended = say(", {outcome}", outcome=term("Outcome", deal.outcome)) if deal.outcome else ""
            stage = self._stages.get(deal.stage, deal.stage)
            about = f"{deal.title} ({deal.external_id or deal.id}), {stage}{ended} · {about}"
        output.console().print(
            "[bold]"
            + say("Decision map of {about} as of {stamp}", about=output.shown(about), stamp=stamp(answer))
            + "[/bold]"
        )

    def _tree(self) -> None:
        rows = [self._row(*each) for each in self._branches([n for n in self._nodes.values() if self._is_root(n)], "")]
        header = ["person", "title", "role", "supp.", "att.", "politics", "ours", "met"]
        if not self._one:
            header, rows = _without(header, 2, 3), [_without(row, 2, 3) for row in rows]
        _print_people(header, rows)
        legend = (
            [("attitude", ATTITUDES)]
            if not self._one
            else [("role", ROLES), ("support", SUPPORT), ("attitude", ATTITUDES)]
        )
        for about, symbols in legend:
            words = " ".join(f"{symbol} {_word(value)}" for value, symbol in symbols.items())
            output.console().print(f"[dim]{output.label(about)}: {words}[/dim]")
        output.console().print(
            "[dim]" + say("{key} key player · ours: level → desired level, coverage (who of ours)", key=KEY) + "[/dim]"
        )

    def _is_root(self, node: MapNode) -> bool:
        return node.reports_to not in self._nodes

    def _branches(self, nodes: list[MapNode], before: str) -> Iterator[tuple[str, MapNode]]:
        """Each person with what is drawn before the name, superiors before those who report to them."""
        for place, node in enumerate(nodes):
            last, is_top = place == len(nodes) - 1, self._is_root(node)
            yield (before if is_top else before + ("└ " if last else "├ ")), node
            below = [each for each in self._nodes.values() if each.reports_to == node.id]
            yield from self._branches(below, before if is_top else before + ("  " if last else "│ "))

    def _row(self, before: str, node: MapNode) -> list[Any]:
        stand = next(iter(node.stands), None) if self._one else None
        key = f" {KEY}" if any(each.key_player for each in node.stands) else ""
        title = ", ".join(part for part in (node.title, node.department) if part)
        return [
            f"{before}{self._name(node.id)}{key}",
            title,
            ROLES[stand.role] if stand else "",
            SUPPORT[stand.support] if stand else "",
            ATTITUDES[node.attitude] if node.attitude else "",
            say(POLITICS[node.political]) if node.political else "",
            _ours(node),
            f"{node.met:%Y-%m-%d}" if node.met else say("never"),
        ]

    def _stands(self) -> None:
        """Roles and support on several opportunities."""
        if self._one:
            return
        titles = {deal.id: f"{deal.title} ({deal.external_id})" if deal.external_id else deal.title
                  for deal in self._answer.opportunities}  # fmt: skip
        found: list[tuple[str, MapNode, StandNode]] = [
            (titles[stand.opportunity], node, stand)
            for deal in self._answer.opportunities
            for node in self._nodes.values()
            for stand in node.stands
            if stand.opportunity == deal.id
        ]
        rows = [
            (title, self._name(node.id) + (f" {KEY}" if stand.key_player else ""),
             f"{ROLES[stand.role]} {_word(stand.role)}", f"{SUPPORT[stand.support]} {_word(stand.support)}")
            for title, node, stand in found
        ]  # fmt: skip
        if rows:
            output.print_table("\nOpen opportunities", ["opportunity", "person", "role", "support"], rows)

    def _influence(self) -> None:
        rows = [self._arrow(edge) for edge in self._answer.edges if edge.strength]
        if rows:
            output.print_table("\nInfluence", ["who", "", "on whom", "how", "strength", "", "positions"], rows)
            output.console().print(
                "[dim]"
                + say(
                    "{formal}▶ formal · {political}▶ political; longer is stronger",
                    formal=LINES["formal"],
                    political=LINES["political"],
                )
                + "[/dim]"
            )
        else:
            output.console().print("\n" + say("No influence recorded."))

    def _arrow(self, edge: MapEdge) -> list[Any]:
        arrow = LINES[edge.nature] * (edge.strength or 1) + "▶"
        how = (_word(edge.kind), edge.strength, _word(edge.nature), _positions(edge.positions))
        return [self._name(edge.from_), arrow, self._name(edge.to), *how]

    def _wishes(self) -> None:
        rows = [
            (self._name(node.id), stand.wants) for node in self._nodes.values() for stand in node.stands if stand.wants
        ]
        if rows:
            output.print_table("\nWhat they want to win", ["person", "wants"], rows)

    def _gaps(self) -> None:
        rows = [
            (
                say(gap.rule.replace("_", " ")),
                self._name(gap.stakeholder) if gap.stakeholder else "",
                gap.reason,
                _positions(gap.positions),
            )
            for gap in self._answer.gaps
        ]
        if rows:
            output.print_table("\nGaps", ["gap", "who", "why", "positions"], rows)
        else:
            output.console().print("\n" + say("No gaps."))

    def _changes(self) -> None:
        since = f"{self._answer.since:%Y-%m-%d %H:%M} UTC"
        rows = [self._change(change) for change in self._answer.changes]
        if rows:
            output.print_table(
                ("\n" + say("Changed since {since}", since=since)),
                ["who", "what", "before", "after", "positions"],
                rows,
            )
        else:
            output.console().print("\n" + say("Nothing changed since {since}.", since=since))

    def _change(self, change: Change) -> list[Any]:
        what = _changed(change.what) + (f" {self._name(change.to)}" if change.to else "")
        before, after = self._value(change, change.before), self._value(change, change.after)
        return [self._name(change.stakeholder), what, before, after, _positions(change.positions)]

    def _value(self, change: Change, value: str | None) -> str | None:
        if value is None or change.what in ("title", "department", "joined", "left"):
            return value
        if change.what == "reports_to":
            return next((self._name(who) for who in self._names if str(who) == value), value[:8])
        if change.to:
            strength, _, nature = value.partition(" ")
            return f"{strength} {_word(nature)}"
        return say("yes") if value == "yes" else _word(value)

    def _name(self, who: UUID) -> str:
        return self._names.get(who) or f"({str(who)[:8]})"


def _print_people(header: list[Any], rows: list[list[Any]]) -> None:
    """A line per person, whatever the width: titles and closeness are cut."""
    from rich.cells import cell_len
    from rich.table import Table

    console, table = output.console(), Table(header_style="dim", box=None, pad_edge=False)
    header = [output.label(name, "map") for name in header]
    widths = [max(map(cell_len, column)) for column in zip(header, *rows, strict=True)]
    rest = console.width - sum(widths) - 2 * (len(header) - 1) + widths[1] + widths[-2]
    widths[1] = min(widths[1], max(rest * 2 // 5, 8))
    widths[-2] = min(widths[-2], max(rest - widths[1], 8))
    for name, width in zip(header, widths, strict=True):
        table.add_column(name, no_wrap=True, min_width=width)
    for row in rows:
        table.add_row(*(output.shown(output.cut(cell, width)) for cell, width in zip(row, widths, strict=True)))
    console.print(table)


def _ours(node: MapNode) -> str:
    """Of ours the one who is nearest, and how many more there are."""
    levels = ["vendor", "credible_source", "problem_solver", "trusted_adviser"]
    nearest = sorted(node.relationships, key=lambda each: -levels.index(each.level))
    if not nearest:
        return "–"
    first, more = nearest[0], f" +{len(nearest) - 1}" if len(nearest) > 1 else ""
    wanted = f" → {_word(first.desired)}" if first.desired and first.desired != first.level else ""
    covered = f", {_word(first.coverage)}" if first.coverage else ""
    who = f" ({first.member_name})" if first.member_name else ""
    return f"{_word(first.level)}{wanted}{covered}{who}{more}"


def _without(cells: list[Any], first: int, last: int) -> list[Any]:
    return [cell for n, cell in enumerate(cells) if not first <= n <= last]


def _positions(positions: list[int]) -> str:
    return ", ".join(map(str, positions[:4])) + (" …" if len(positions) > 4 else "")


def _changed(what: str) -> str:
    """What changed: a kind of influence, or a field of the person, of the stand or of the relationship."""
    if what in terms("InfluenceKind"):
        return term("InfluenceKind", what)
    words = what.replace("_", " ")
    found = in_context("map", words)
    return found if found != words else output.label(words)


def _word(value: str) -> str:
    """What a value of one of the map's enumerations says, in the spoken language."""
    found = next((terms(section)[value] for section in SECTIONS if value in terms(section)), None)
    return str(found) if found else str(value).replace("_", " ")
