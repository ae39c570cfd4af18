import { compact, dates } from "../formats.js";

const date = dates({ day: "numeric", month: "short" }, "UTC");

/* A fan: what was won so far and what was forecast week by week, and from today on between what the period will end.
   `points` are [day, won, won and committed, with best case, weighted], `said` are [day, P10, P50, P90] as they were
   said then, `end` is [P10, P50, P90] of the whole period. */
export default function fan({ first, last, today, over, target, end, closed, points, said, words }, look) {
  const [teal, amber, blue] = look.series, day = (text) => Date.parse(`${text}T00:00:00Z`);
  const line = (name, at, colour, more = {}) => ({ type: "line", id: name, name, showSymbol: false, data: points.map((point) => [day(point[0]), point[at]]), lineStyle: { color: colour, width: 2 }, itemStyle: { color: colour }, ...more });
  const fans = !over && end && end[0] !== null && end[2] !== null;
  const band = (id, name, rows, colour, opacity) => [
    { type: "line", id: `${id}-low`, stack: id, silent: true, symbol: "none", lineStyle: { opacity: 0 }, tooltip: { show: false }, data: rows.map(([at, low]) => [at, low]) },
    { type: "line", id, name, stack: id, symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: colour, opacity }, itemStyle: { color: colour, opacity: 0.5 }, data: rows.map(([at, low, , high]) => [at, high - low]) },
  ];
  const ahead = fans ? [[day(today), closed, closed, closed], [day(last), ...end]] : [];
  const back = said.map(([at, ...values]) => [day(at), ...values]);
  const named = [words.won, words.commit, words.weighted, ...(fans ? [words.range] : []), ...(back.length ? [words.said] : []), ...(end && end[1] !== null ? [words.likely] : [])];
  return {
    grid: { left: 8, right: 20, top: 58, bottom: 8, containLabel: true },
    legend: { type: "scroll", top: 0, left: 0, right: 0, itemWidth: 16, itemHeight: 8, itemGap: 12, textStyle: { color: look["ink-2"] }, data: named },
    tooltip: { trigger: "axis", confine: true, backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink },
      formatter: (rows) => {
        const at = rows[0].value[0], near = points.find((point) => day(point[0]) === at), then = back.find((one) => one[0] === at), told = [];
        if (near) told.push([words.won, near[1]], [words.commit, near[2]], [words.weighted, near[4]]);
        if (then) told.push([words.said, `${compact(then[1])} – ${compact(then[3])}`]);
        if (fans && at === day(last)) told.push([words.range, `${compact(end[0])} – ${compact(end[2])}`], [words.likely, end[1]]);
        return `<b>${date(at)}</b>${told.map(([name, value]) => `<br>${name}: ${typeof value === "string" ? value : compact(value)}`).join("")}`;
      } },
    xAxis: { type: "time", min: day(points[0]?.[0] ?? first) < day(first) ? day(points[0][0]) : day(first), max: day(last), axisLine: { lineStyle: { color: look.line } }, axisLabel: { color: look["ink-3"], hideOverlap: true, formatter: date }, splitLine: { show: false } },
    yAxis: { type: "value", min: 0, axisLabel: { color: look["ink-3"], formatter: compact }, splitLine: { lineStyle: { color: look["line-2"] } } },
    series: [
      ...(back.length ? band("said", words.said, back, blue, 0.16) : []),
      ...(fans ? band("fan", words.range, ahead, teal, 0.2) : []),
      line(words.won, 1, teal, { areaStyle: { color: teal, opacity: 0.12 }, lineStyle: { color: teal, width: 3 } }),
      line(words.commit, 2, blue),
      line(words.weighted, 4, amber, { lineStyle: { color: amber, width: 1.5, type: [5, 4] } }),
      ...(end && end[1] !== null ? [{ type: "line", id: "likely", name: words.likely, symbol: "circle", symbolSize: 8, itemStyle: { color: teal }, lineStyle: { color: teal, width: 2, type: "dotted" }, data: [...back.map((one) => [one[0], one[2]]), [day(over ? today : last), end[1]]] }] : []),
      { type: "line", id: "goal", data: [], silent: true, markLine: { symbol: "none", silent: true, animation: false, data: [
        ...(target ? [{ yAxis: target, name: words.target, lineStyle: { color: look.ink, width: 2, type: "solid" }, label: { formatter: `${words.target} ${compact(target)}`, position: "insideStartTop", color: look.ink, fontWeight: 600 } }] : []),
        ...(over ? [] : [{ xAxis: day(today), lineStyle: { color: look["ink-3"], type: "dashed" }, label: { formatter: date(day(today)), color: look["ink-3"], position: "end" } }]),
      ] } },
    ],
  };
}
