/* <kams-chart kind data label>: draws with ECharts, which is loaded when the first chart comes into view. A kind is a
   module of charts/ whose default export makes ECharts' option from the data and the theme. When the data changes, the
   chart moves to it; colours follow the light. A click on a datum with an `href` opens it (in the panel: `panel`). */
import { tryLater } from "./fetching.js";

/* A module, once it came. One that did not come is asked for under another address, since browsers remember that. */
const modules = new Map(), failed = new Map();
function load(path) {
  const again = failed.get(path), begun = modules.get(path) ?? import(again ? `${path}?again=${again}` : path);
  modules.set(path, begun);
  return begun.catch((error) => { if (modules.delete(path)) failed.set(path, (again ?? 0) + 1); throw error; });
}

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
    this.sized = new ResizeObserver(() => this.chart && (this.chart.resize(), this.place.clientWidth !== this.drawnAt && this.draw()));
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
    this.giveUp?.();
    this.chart?.dispose();
    this.chart = undefined;
  }
  attributeChangedCallback() { if (this.chart) this.draw(); }
  async draw() {
    let echarts, option;
    try { [echarts, { default: option }] = await Promise.all([load("./vendor/echarts.esm.min.mjs"), load(`./charts/${this.getAttribute("kind")}.js`)]); }
    catch { return this.later(); }
    if (!this.isConnected) return;
    delete this.dataset.broken;
    this.drawnAt = this.place.clientWidth;
    const look = { ...theme(), width: this.drawnAt };
    if (!this.chart) {
      this.chart = echarts.init(this.place, null, { renderer: "svg" });
      this.chart.on("click", (what) => what.data?.href && this.follow(what.data));
    }
    const common = { useUTC: true, textStyle: { fontFamily: look.font, color: look["ink-2"] }, animation: !look.still, animationDurationUpdate: 260, color: look.series };
    const made = option(JSON.parse(this.getAttribute("data")), look, echarts);
    this.chart.setOption({ ...common, ...made }, { replaceMerge: ["series"] });
    this.dataset.drawn = String(Number(this.dataset.drawn ?? 0) + 1);
  }
  /* Its library did not come: the table beside it says the same; it is drawn as soon as it comes. */
  later() {
    if (!this.isConnected) return;
    this.dataset.broken = "true";
    this.giveUp?.();
    this.giveUp = tryLater(() => this.draw(), (this.tries = (this.tries ?? -1) + 1));
  }
  follow(datum) {
    if (datum.panel) import("./app.js").then(({ openPanel }) => openPanel(datum.href));
    else location.assign(datum.href);
  }
}
customElements.define("kams-chart", Chart);
