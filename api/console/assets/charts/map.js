/* The decision map: people on levels by their role, their stance by colour, sign and shape, arrows for reporting and
   influence. A person keeps the place as time moves: by level, and within it by identifier. */
export default (data, look) => {
  const levels = [...new Set(data.nodes.map((node) => node.level))].sort((a, b) => a - b);
  const rows = levels.map((level) => data.nodes.filter((node) => node.level === level).sort((a, b) => (a.id < b.id ? -1 : 1)));
  const places = new Map(rows.flatMap((nodes, row) => nodes.map((node, at) => [node.id, [(at + 0.5) / nodes.length, rows.length > 1 ? row / (rows.length - 1) : 0.5]])));
  const widest = Math.max(1, ...rows.map((nodes) => nodes.length)), most = Math.max(6, Math.floor((innerWidth < 720 ? 44 : 78) / widest));
  const beside = ({ from, to, kind }) => kind !== "reports_to" && places.get(from)?.[1] === places.get(to)?.[1];
  const colours = { mentor: look.good, supporter: look.series[0], neutral: look["ink-3"], non_supporter: look.series[1], enemy: look.bad };
  const shapes = { mentor: "diamond", supporter: "circle", neutral: "roundRect", non_supporter: "triangle", enemy: "rect" };
  const axis = (more) => ({ type: "value", min: 0, max: 1, show: false, ...more });
  return {
    grid: { left: 16, right: 16, top: data.edges.some(beside) ? 64 : 30, bottom: 54 }, xAxis: axis(), yAxis: axis({ inverse: true }),
    tooltip: { confine: true, renderMode: "richText", backgroundColor: look.raised, borderColor: look.line, textStyle: { color: look.ink },
      formatter: (what) => what.dataType === "edge" ? what.data.words : [what.data.name, what.data.title, `${what.data.role} · ${what.data.stance}`, what.data.key ? data.words.key : "", what.data.days === null ? data.words.never : data.words.days.replace("{days}", what.data.days)].filter(Boolean).join("\n") },
    series: [{
      id: "map", type: "graph", coordinateSystem: "cartesian2d", layout: "none", edgeSymbol: ["none", "arrow"], edgeSymbolSize: 8, emphasis: { focus: "adjacency" },
      label: { show: true, position: "bottom", color: look.ink, fontSize: 12, lineHeight: 15, formatter: (what) => `${what.data.sign} ${cut(what.data.name, most)}\n{faint|${what.data.role}}`, rich: { faint: { color: look["ink-2"], fontSize: 11 } } },
      data: data.nodes.map((node) => ({
        ...node, value: places.get(node.id), symbol: shapes[node.support] ?? "circle", symbolSize: (node.key ? 32 : 24) + node.near * 2, panel: true,
        itemStyle: { color: node.support ? colours[node.support] : look.paper, borderColor: node.key ? look.ink : node.support ? look.paper : look["ink-3"], borderWidth: node.key ? 3 : 2 },
      })),
      links: data.edges.map((edge) => ({
        source: edge.from, target: edge.to, words: edge.words,
        lineStyle: { color: edge.kind === "blocks" ? look.bad : edge.kind === "reports_to" ? look.line : look.accent, width: edge.kind === "reports_to" ? 1.5 : 0.5 + edge.strength, type: edge.political ? "dashed" : "solid", curveness: edge.kind === "reports_to" ? 0 : beside(edge) ? 0.16 : 0.22, opacity: 0.9 },
        label: edge.kind === "reports_to" ? { show: false } : { show: true, formatter: edge.words, fontSize: 10, color: look["ink-2"] },
      })),
    }],
  };
};
const cut = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);
