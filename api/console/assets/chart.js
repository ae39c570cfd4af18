/* <kams-chart kind data label>: draws with ECharts, which is loaded when the first chart comes into view. A kind is a
   module of charts/ whose default export makes ECharts' option from the data and the theme. When the data changes, the
   chart moves to it; colours follow the light. A click on a datum with an `href` opens it (in the panel: `panel`). */
let library;
const load = () => (library ??= import("./vendor/echarts.esm.min.mjs"));
const kinds = new Map();
const kindOf = (kind) => kinds.get(kind) ?? kinds.set(kind, import(`./charts/${kind}.js`)).get(kind);

export function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["ink", "ink-2", "ink-3", "line", "line-2", "paper", "raised", "accent", "good", "warn", "bad", "cold", "cool", "mild", "warm", "hot", "sunk"];
  return { ...Object.fromEntries(names.map((name) => [name, colour(name)])), series: [1, 2, 3, 4, 5, 6].map((n) => colour(`series-${n}`)), font: style.fontFamily,
    still: matchMedia("(prefers-reduced-motion: reduce)").matches };
}

class Chart extends HTMLElement {
  static observedAttributes = ["data", "kind"];
  connectedCallback() {
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", this.getAttribute("label") ?? "");
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" }).innerHTML = "<div></div>";
      this.place = this.shadowRoot.firstChild;
      this.place.style.cssText = "width:100%;height:100%";
    }
    this.seen = new IntersectionObserver(([entry]) => entry.isIntersecting && (this.seen.disconnect(), this.draw()), { rootMargin: "200px" });
    this.seen.observe(this);
    this.sized = new ResizeObserver(() => this.chart?.resize());
    this.sized.observe(this);
    this.light = () => this.draw();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", this.light);
    this.printed = () => this.chart?.resize();
    addEventListener("beforeprint", this.printed);
  }
  disconnectedCallback() {
    this.seen.disconnect();
    this.sized.disconnect();
    matchMedia("(prefers-color-scheme: dark)").removeEventListener("change", this.light);
    removeEventListener("beforeprint", this.printed);
    this.chart?.dispose();
    this.chart = undefined;
  }
  attributeChangedCallback() { if (this.chart) this.draw(); }
  async draw() {
    const [echarts, { default: option }] = await Promise.all([load(), kindOf(this.getAttribute("kind"))]);
    if (!this.isConnected) return;
    const look = theme();
    if (!this.chart) {
      this.chart = echarts.init(this.place, null, { renderer: "svg" });
      this.chart.on("click", (what) => what.data?.href && this.follow(what.data));
    }
    const common = { useUTC: true, textStyle: { fontFamily: look.font, color: look["ink-2"] }, animation: !look.still, animationDurationUpdate: 260, color: look.series };
    const made = option(JSON.parse(this.getAttribute("data")), look, echarts);
    this.chart.setOption({ ...common, ...made }, { replaceMerge: ["series"] });
    this.dataset.drawn = String(Number(this.dataset.drawn ?? 0) + 1);
  }
  follow(datum) {
    if (datum.panel) import("./app.js").then(({ openPanel }) => openPanel(datum.href));
    else location.assign(datum.href);
  }
}
customElements.define("kams-chart", Chart);
