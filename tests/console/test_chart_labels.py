"""What is written in a chart can be read: no label lies over another, and none beneath a point."""

import json

import pytest

from tests.console.serving import visit

ADD = """async ([kind, data, width]) => {
    const chart = document.createElement("kams-chart");
    chart.setAttribute("kind", kind);
    chart.setAttribute("data", data);
    chart.style.cssText = `display: block; height: 320px; width: ${width}px`;
    document.getElementById("main").prepend(chart);
}"""
DRAWN = """chart => {
    const found = [...chart.shadowRoot.querySelectorAll("text")].filter(each => each.textContent.trim());
    const at = each => { const box = each.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; };
    const points = [...chart.shadowRoot.querySelectorAll("path, text")];
    const isAbove = each => points.slice(points.indexOf(each)).every(next => next.tagName === "text");
    return found.map(each => [each.textContent, ...at(each), isAbove(each)]);
}"""
LEADING = 5
"""By so many pixels the boxes of two lines of one label may overlap: letters do not fill them."""
STEPS = (
    *("Then", "New", "Won", "Larger", "Smaller", "Pulled in", "Chance changed", "Lost", "Disqualified"),
    *("Not opened yet", "Correction of the model", "Now"),
)
BARS = [
    {"name": name, "value": 40 if at in (0, 11) else (-1) ** at, "text": "1m", "total": at in (0, 11)}
    for at, name in enumerate(STEPS)
]
CELLS = ["question mark", "star", "dog", "cash cow"]
POINTS = [
    {"name": f"Customer {n}", "class": "A", "cell": "dog", "size": 1, "x": 0.02 + n / 20, "y": -1 + n / 9}
    for n in range(20)
]
MATRIX = {
    "x": {"name": "share", "cuts": [0.35]},
    "y": {"name": "growth", "cuts": [0.1]},
    "cells": CELLS,
    "points": POINTS,
}


def drawn(page, served, kind, data, width):
    """The texts of a chart with their places: left, top, right, bottom, and whether nothing is drawn over them."""
    visit(page, served, "/console/forecast")
    page.evaluate(ADD, [kind, json.dumps(data), width])
    chart = page.locator("#main > kams-chart").first
    chart.and_(page.locator("[data-drawn]")).wait_for()
    return chart.evaluate(DRAWN)


def over_each_other(texts):
    return [
        (one[0], other[0])
        for at, one in enumerate(texts)
        for other in texts[at + 1 :]
        if one[1] < other[3] - 1
        and other[1] < one[3] - 1
        and one[2] < other[4] - LEADING
        and other[2] < one[4] - LEADING
    ]


@pytest.mark.parametrize("width", [1400, 990, 620, 320])
def test_the_steps_of_a_waterfall_are_written_beside_each_other_in_whole_words(browser_page, served, width):
    texts = drawn(browser_page, served, "waterfall", {"bars": BARS}, width)
    words = {word for each in texts for word in each[0].split()}
    assert {word for step in STEPS for word in step.split()} <= words
    assert over_each_other(texts) == []


def test_chinese_steps_stand_upright_where_english_ones_would_not_fit(browser_page, served):
    bars = [bar | {"name": "不合格并且不再跟进"} for bar in BARS]
    texts = [each for each in drawn(browser_page, served, "waterfall", {"bars": bars}, 990) if each[0] == "1m"]
    assert len({round(each[1]) for each in texts}) == len(BARS)


@pytest.mark.parametrize("width", [520, 300])
def test_the_cells_of_a_matrix_are_written_beside_each_other_above_the_points(browser_page, served, width):
    texts = drawn(browser_page, served, "matrix", MATRIX, width)
    words = [each for each in texts if any(each[0].strip() in cell for cell in CELLS)]
    assert {word for each in words for word in each[0].split()} == {word for cell in CELLS for word in cell.split()}
    assert over_each_other(words) == []
    assert all(is_above for *_, is_above in words)
