import { dates } from "../formats.js";

/* Health over a year: a line from 0 to 100, the band of red below it, and signs for what happened. */
export default (data, look) => {
  const narrow = innerWidth < 720;
  const signs = data.kinds.filter((kind) => kind.marks.length).map((kind) => ({
    id: kind.key, name: kind.name, type: "scatter", symbol: kind.shape, symbolSize: 13, z: 4,
    itemStyle: { color: look.series[kind.colour], borderColor: look.paper, borderWidth: 1.5 },
    emphasis: { scale: 1.6 },
    data: kind.marks.map((mark) => ({ value: [mark.at, mark.score], words: mark.words, href: mark.href, panel: true })),
  }));
  return {
    grid: { left: 34, right: 12, top: narrow ? 64 : 40, bottom: 26 },
    legend: { type: "scroll", top: 0, left: 0, textStyle: { color: look["ink-2"] }, itemWidth: 14, itemHeight: 12 },
    tooltip: {
      trigger: "item", confine: true, backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink },
      renderMode: "richText",
      formatter: (what) => what.data.words ? `${day(what.value[0])}\n${cut(what.data.words)}` : `${day(what.value[0])}  ${what.value[1]}`,
    },
    xAxis: { type: "time", min: data.from, max: data.to, axisLabel: { color: look["ink-2"], hideOverlap: true, formatter: (at) => (new Date(at).getUTCMonth() ? month(at) : january(at)) }, axisLine: { lineStyle: { color: look.line } }, splitLine: { show: false } },
    yAxis: { type: "value", min: 0, max: 100, interval: 25, axisLabel: { color: look["ink-2"] }, splitLine: { lineStyle: { color: look["line-2"] } } },
    series: [
      {
        id: "line", name: data.words.health, type: "line", smooth: 0.25, showSymbol: data.points.length < 20, symbolSize: 6, lineStyle: { width: 3, color: look.accent }, itemStyle: { color: look.accent },
        areaStyle: { color: look.accent, opacity: 0.08 }, connectNulls: false, z: 3, data: data.points,
        markArea: { silent: true, itemStyle: { color: look.bad, opacity: 0.07 }, data: [[{ yAxis: 0 }, { yAxis: data.red }]] },
        markLine: { silent: true, symbol: "none", lineStyle: { color: look.bad, type: "dashed", opacity: 0.6 }, label: { formatter: data.words.red, color: look.bad, position: "insideStartTop" }, data: [{ yAxis: data.red }] },
      },
      ...signs,
    ],
  };
};
const day = dates({ day: "numeric", month: "short", year: "numeric" });
const month = dates({ month: "short" }, "UTC");
const january = dates({ month: "short", year: "2-digit" }, "UTC");
const cut = (words) => words.replace(/(.{60}\S*)\s/g, "$1\n");
