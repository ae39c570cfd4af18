/* The decision map: people on levels by their role, their stance by colour, sign and shape, arrows for reporting and
   influence. A person keeps the place as time moves: by level, and within it by identifier. */
const HEIGHT = 96;
export default (data, look) => {
  const levels = [0, 1, 2, 3, 4].map((level) => data.nodes.filter((node) => node.level === level).sort((a, b) => (a.id < b.id ? -1 : 1)));
  const used = levels.map((nodes, level) => ({ nodes, level })).filter(({ nodes }) => nodes.length);
  const places = new Map();
  const widest = Math.max(1, ...used.map(({ nodes }) => nodes.length));
  used.forEach(({ nodes }, row) => nodes.forEach((node, at) => places.set(node.id, [((at + 0.5) / nodes.length) * Math.max(widest, 3) * 130, row * HEIGHT])));
  const colours = { mentor: look.good, supporter: look.series[0], neutral: look["ink-3"], non_supporter: look.series[1], enemy: look.bad };
  const shapes = { mentor: "diamond", supporter: "circle", neutral: "roundRect", non_supporter: "triangle", enemy: "rect" };
  return {
    tooltip: { confine: true, renderMode: "richText", backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink },
      formatter: (what) => what.dataType === "edge" ? what.data.words : `${what.data.name}\n${what.data.title}\n${what.data.role} · ${what.data.stance}\n${what.data.days === null ? data.words.never : data.words.days.replace("{days}", what.data.days)}` },
    series: [{
      id: "map", type: "graph", layout: "none", roam: false, left: 30, right: 30, top: 34, bottom: 44, edgeSymbol: ["none", "arrow"], edgeSymbolSize: 8,
      emphasis: { focus: "adjacency" },
      label: { show: true, position: "bottom", color: look.ink, fontSize: 12, lineHeight: 15, formatter: (what) => `${what.data.sign} ${cut(what.data.name)}\n{faint|${what.data.role}}`, rich: { faint: { color: look["ink-2"], fontSize: 11 } } },
      data: data.nodes.map((node) => ({
        ...node, x: places.get(node.id)[0], y: places.get(node.id)[1], symbol: shapes[node.support] ?? "emptyCircle", symbolSize: (node.key ? 34 : 25) + node.near * 2,
        itemStyle: { color: colours[node.support] ?? look["ink-3"], borderColor: node.key ? look.ink : look.paper, borderWidth: node.key ? 3 : 2 }, panel: true,
      })),
      links: data.edges.map((edge) => ({
        source: edge.from, target: edge.to, words: edge.words,
        lineStyle: { color: edge.kind === "blocks" ? look.bad : edge.kind === "reports_to" ? look.line : look.accent, width: edge.kind === "reports_to" ? 1.5 : 1 + edge.strength, type: edge.political ? "dashed" : "solid", curveness: edge.kind === "reports_to" ? 0 : 0.22, opacity: 0.9 },
        label: edge.kind === "reports_to" ? { show: false } : { show: true, formatter: edge.words, fontSize: 10, color: look["ink-2"] },
      })),
    }],
  };
};
const cut = (name) => (name.length > 22 ? `${name.slice(0, 21)}…` : name);
