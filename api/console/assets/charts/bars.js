import { compact } from "../formats.js";

/* Bars side by side: `names` are what stands below, `series` are {name, bars}, a bar {value, text, href, panel}; the last
   series is the one that is looked at, those before it stand beside it. Narrow windows lay them on their side. */
export default function bars({ names, series }, look) {
  const narrow = matchMedia("(max-width: 720px)").matches;
  const over = { type: "category", data: names, inverse: narrow, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } }, axisLabel: { color: look["ink-2"], interval: 0, ...(narrow ? {} : { width: 44, overflow: "break" }) } };
  const amounts = { type: "value", splitNumber: narrow ? 3 : 5, axisLabel: { color: look["ink-3"], formatter: compact }, splitLine: { lineStyle: { color: look["line-2"] } } };
  const tint = (at) => (at === series.length - 1 ? look.accent : look["ink-3"]);
  return {
    grid: { left: 8, right: 16, top: 36, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: look["ink-2"] } },
    tooltip: { trigger: "item", confine: true, backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink }, renderMode: "richText",
      formatter: ({ name, seriesName, data }) => `${name}\n${seriesName}: ${data.text}` },
    xAxis: narrow ? amounts : over,
    yAxis: narrow ? over : amounts,
    series: series.map((one, at) => ({
      type: "bar", id: String(at), name: one.name, data: one.bars, barMaxWidth: 36, barGap: "8%",
      itemStyle: { color: tint(at), opacity: at === series.length - 1 ? 1 : 0.45, borderRadius: 3 },
    })),
  };
}
