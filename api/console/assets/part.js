/* What the server says was wrong with what was asked. */
const reason = (text) => new DOMParser().parseFromString(text, "text/html").querySelector(".lead")?.textContent.trim() ?? "";

/* <kams-part src every>: a part of a page that is asked for by itself, when it comes into view, when its address changes,
   and every so many seconds while somebody looks. What it had stays until the new one is there. A part that has an
   element with `data-soon` (seconds) is asked for again after that. While time moves, what is on its way comes, and then
   the newest: so that charts glide. */
class Part extends HTMLElement {
  static observedAttributes = ["src"];
  connectedCallback() {
    this.setAttribute("aria-busy", "true");
    this.near = new IntersectionObserver((seen) => {
      this.inView = seen.at(-1).isIntersecting;
      if (this.inView && this.had !== this.getAttribute("src")) this.ask();
    }, { rootMargin: "400px" });
    this.near.observe(this);
    const every = Number(this.getAttribute("every"));
    if (every) this.clock = setInterval(() => this.inView && document.visibilityState === "visible" && !this.asking && this.ask(), every * 1000);
    this.back = () => every && document.visibilityState === "visible" && this.inView && this.ask();
    document.addEventListener("visibilitychange", this.back);
    this.printed = () => this.had === undefined && this.ask();
    addEventListener("beforeprint", this.printed);
  }
  disconnectedCallback() {
    this.near.disconnect();
    clearInterval(this.clock);
    clearTimeout(this.soon);
    document.removeEventListener("visibilitychange", this.back);
    removeEventListener("beforeprint", this.printed);
    this.asking?.abort();
  }
  attributeChangedCallback(name, before) { if (before !== null && this.inView) this.asking && this.dataset.loaded ? (this.next = true) : this.ask(); }
  async ask() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const src = (this.had = this.getAttribute("src"));
    clearTimeout(this.soon);
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(src, { headers: { Accept: "text/html", "X-Console": "part", "HX-Request": "true" }, signal: asking.signal, redirect: "manual" });
      const text = await answer.text();
      if (!answer.ok) throw new Error(answer.status < 500 ? reason(text) : "");
      if (asking.signal.aborted) return;
      await htmx.swap({ text, target: this, sourceElement: this, swap: this.dataset.loaded ? "innerMorph" : "innerHTML" });
      this.dataset.loaded = "true";
      delete this.dataset.broken;
      const soon = this.querySelector("[data-soon]");
      if (soon) this.soon = setTimeout(() => this.isConnected && this.ask(), Number(soon.dataset.soon) * 1000);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.fail(error);
    } finally {
      if (this.asking === asking) { this.asking = null; this.setAttribute("aria-busy", "false"); }
      if (this.next && !this.asking) { this.next = false; this.ask(); }
    }
  }
  fail(error) {
    this.dataset.broken = "true";
    if (this.dataset.loaded) return;
    const said = Object.assign(document.createElement("div"), { className: "notice bad row", role: "alert" });
    const again = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: this.dataset.again });
    again.addEventListener("click", () => this.ask());
    said.append(Object.assign(document.createElement("span"), { textContent: error.name === "Error" && error.message ? error.message : this.dataset.failed }), again);
    this.replaceChildren(said);
  }
}
customElements.define("kams-part", Part);
