import { compact } from "../formats.js";

/* A waterfall: bars from where the one before ended. `bars` are {name, value, text, whole, total, tone, href, panel}: a
   total stands on zero, others are signed changes; `text` stands on the bar, `whole` in the tip; `tone` is good, bad or
   empty. Narrow windows lay it on its side, as do names with a word too long for its place. */
export default function waterfall({ bars }, look) {
  const each = Math.floor((look.width - 96) / bars.length) - 8;
  const longest = Math.ceil(LETTER * Math.max(...bars.map((bar) => longestWord(bar.name))));
  const sideways = matchMedia("(max-width: 720px)").matches || longest > each;
  let level = 0;
  const steps = bars.map((bar) => {
    const from = bar.total ? 0 : level;
    level = bar.total ? bar.value : level + bar.value;
    return { from, to: level };
  });
  const colour = (bar) => (bar.total ? look["ink-3"] : bar.tone === "bad" ? look.bad : bar.tone === "good" ? look.good : bar.value < 0 ? look.series[1] : look.series[0]);
  const names = { type: "category", data: bars.map((bar) => bar.name), inverse: sideways, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } },
    axisLabel: { color: look["ink-2"], interval: 0, hideOverlap: false, width: !sideways ? each : look.width < 600 ? Math.max(84, longest) : 170, overflow: "break" } };
  const amounts = { type: "value", splitNumber: sideways ? 3 : 5, axisLabel: { color: look["ink-3"], formatter: compact }, splitLine: { lineStyle: { color: look["line-2"] } } };
  return {
    grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
    tooltip: { trigger: "item", backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink }, confine: true,
      formatter: ({ dataIndex }) => `${escaped(bars[dataIndex].name)}<br><b>${escaped(bars[dataIndex].whole ?? bars[dataIndex].text)}</b>` },
    xAxis: sideways ? amounts : names,
    yAxis: sideways ? names : amounts,
    series: [{
      type: "custom", id: "steps", encode: sideways ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
      data: bars.map((bar, at) => ({ value: [at, steps[at].from, steps[at].to], name: bar.name, href: bar.href || undefined, panel: bar.panel })),
      renderItem: (params, api) => {
        const at = api.value(0), bar = bars[at], { from, to } = steps[at], next = steps[at + 1];
        const point = (place, value) => (sideways ? api.coord([value, place]) : api.coord([place, value]));
        const thick = Math.min(64, (sideways ? api.size([0, 1])[1] : api.size([1, 0])[0]) * 0.62);
        const [x0, y0] = point(at, from), [x1, y1] = point(at, to);
        const shape = sideways
          ? { x: Math.min(x0, x1), y: y0 - thick / 2, width: Math.max(Math.abs(x1 - x0), 1), height: thick, r: 3 }
          : { x: x0 - thick / 2, y: Math.min(y0, y1), width: thick, height: Math.max(Math.abs(y1 - y0), 1), r: 3 };
        const children = [{ type: "rect", shape, transition: ["shape"], style: { fill: colour(bar) } }];
        if (next) {
          const [nx, ny] = point(at + 1, to);
          children.push({ type: "line", silent: true, transition: ["shape"], style: { stroke: look["ink-3"], lineDash: [3, 3] },
            shape: sideways ? { x1, y1: y1 + thick / 2, x2: nx, y2: ny - thick / 2 } : { x1: x1 + thick / 2, y1, x2: nx - thick / 2, y2: ny } });
        }
        const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
        const beyond = right > params.coordSys.x + params.coordSys.width * 0.72, within = beyond && right - left > 90;
        const label = sideways
          ? { x: within ? right - 6 : beyond ? left - 6 : right + 6, y: y0, align: beyond ? "right" : "left", verticalAlign: "middle", fill: within ? look.paper : look.ink }
          : { x: x0, y: Math.min(y0, y1) - 6, align: "center", verticalAlign: "bottom", fill: look.ink };
        children.push({ type: "text", silent: true, style: { text: bar.text, fontFamily: look.font, fontSize: 11, ...label } });
        return { type: "group", children };
      },
    }],
  };
}

const LETTER = 7.4; // pixels, of no font more in the mean letter of a label

/* Letters of the longest word; Chinese may be broken anywhere. */
const longestWord = (name) => Math.max(0, ...name.match(/[\p{L}\p{M}]+/gu)?.map((word) => (/\p{Script=Han}/u.test(word) ? 1 : word.length)) ?? []);

const escaped = (text) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
