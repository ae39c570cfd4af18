/* A matrix of the portfolio: customers as points, the cuts of both axes as lines, the names of the cells in them. */
export default (data, look) => {
  const [wholeX, wholeY] = ["x", "y"].map((axis) => data.points.map((point) => Number(point[axis])));
  const [x, y] = [extent(wholeX, data.x.cuts.map(Number)), extent(wholeY, data.y.cuts.map(Number))];
  const columns = [x[0], ...data.x.cuts.map(Number), x[1]], rows = [y[0], ...data.y.cuts.map(Number), y[1]];
  const cells = [];
  for (let row = rows.length - 2, at = 0; row >= 0; row--) for (let column = 0; column < columns.length - 1; column++, at++)
    cells.push([{ name: data.cells[at], coord: [columns[column], rows[row]], itemStyle: { color: look.accent, opacity: (row + column) * 0.045 } }, { coord: [columns[column + 1], rows[row + 1]] }]);
  const colours = { A: look.series[0], B: look.series[1], C: look["ink-3"] };
  return {
    grid: { left: 46, right: 16, top: 14, bottom: 44 },
    tooltip: { confine: true, renderMode: "richText", backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink },
      formatter: (what) => `${what.data.name} (${what.data.class})\n${data.x.name} ${round(what.data.at[0])} · ${data.y.name} ${round(what.data.at[1])}\n${what.data.cell}` },
    xAxis: { type: "value", name: data.x.name, nameLocation: "middle", nameGap: 28, min: x[0], max: x[1], nameTextStyle: { color: look["ink-2"] }, axisLabel: { color: look["ink-2"] }, splitLine: { show: false } },
    yAxis: { type: "value", name: data.y.name, nameLocation: "middle", nameGap: 34, min: y[0], max: y[1], nameTextStyle: { color: look["ink-2"] }, axisLabel: { color: look["ink-2"] }, splitLine: { show: false } },
    series: [{
      id: "points", type: "scatter", itemStyle: { opacity: 0.85, borderColor: look.paper, borderWidth: 1 },
      data: data.points.map((point) => ({ ...point, value: [held(Number(point.x), x), held(Number(point.y), y)], x: undefined, y: undefined, at: [Number(point.x), Number(point.y)], symbolSize: 10 + 26 * Math.sqrt(Math.max(0, Number(point.size))), itemStyle: { color: colours[point.class] ?? look.series[2] } })),
      markArea: { silent: true, label: { show: false }, data: cells },
      markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: look["ink-3"], type: "dashed" }, data: [...data.x.cuts.map((cut) => ({ xAxis: Number(cut) })), ...data.y.cuts.map((cut) => ({ yAxis: Number(cut) }))] },
    }, {
      id: "cells", type: "custom", silent: true, z: 9, tooltip: { show: false }, encode: { x: [], y: [] },
      data: cells.map(([from, to]) => [from.coord[0], from.coord[1], to.coord[0], to.coord[1]]),
      renderItem: (params, api) => {
        const [left, bottom] = api.coord([api.value(0), api.value(1)]), [right, top] = api.coord([api.value(2), api.value(3)]);
        return { type: "text", x: left + 5, y: Math.min(top, bottom) + 5, style: { text: data.cells[params.dataIndex], fontFamily: look.font, fontSize: 12,
          fill: look["ink-2"], stroke: look.paper, lineWidth: 3, width: Math.max(right - left - 10, 20), overflow: "break" } };
      },
    }],
  };
};
/* The names of the cells lie above the points, with a rim, and break where a cell is narrow. */
const round = (value) => Math.round(value * 100) / 100;
const held = (value, [low, high]) => Math.min(high, Math.max(low, value));
/* The range of an axis: that of nearly all; who lies far outside stands at its edge. */
function extent(values, cuts) {
  const sorted = [...values].sort((a, b) => a - b), at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const least = at(0.04), most = at(0.96), spread = (most - least || 1) * 0.6;
  const low = Math.min(...cuts, ...values.filter((value) => value >= least - spread)), high = Math.max(...cuts, ...values.filter((value) => value <= most + spread)), room = (high - low || 1) * 0.12;
  return [low >= 0 ? Math.max(0, Math.floor((low - room) * 10) / 10) : Math.floor((low - room) * 10) / 10, Math.ceil((high + room) * 10) / 10];
}
