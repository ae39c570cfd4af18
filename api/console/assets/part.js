import { NotCome, allThere, question, reason, sayNotCome, tryLater } from "./fetching.js";

/* Whether two addresses ask for the same, in whatever order they say it; whether one is asked for in the head. */
const named = (address) => { const url = new URL(address, location.origin); url.searchParams.sort(); return url.href; };
const atOnce = (address) => [...document.head.querySelectorAll('link[rel="preload"][as="fetch"]')].some((link) => link.getAttribute("href") === address);
const same = (one, other) => one === other || (one && other && named(one) === named(other));

/* <kams-part src every>: a part of a page that is asked for by itself, when it comes into view (at once if the head says
   that it is seen first), when its address changes, and every so many seconds while somebody looks. The first may be there
   before htmx is, and before the page's end. What it had stays until the new one is there. A part that has an element
   with `data-soon` (seconds) is asked for again after that. While time moves,
   what is on its way comes, and then the newest: so that charts glide. What is folded is not on paper, and not asked for. */
class Part extends HTMLElement {
  static observedAttributes = ["src"];
  connectedCallback() {
    this.setAttribute("aria-busy", "true");
    this.near = new IntersectionObserver((seen) => {
      this.inView = seen.at(-1).isIntersecting;
      if (this.inView && !same(this.had, this.getAttribute("src"))) this.ask();
    }, { rootMargin: "400px" });
    this.near.observe(this);
    if (atOnce(this.getAttribute("src"))) this.ask();
    const every = Number(this.getAttribute("every"));
    if (every) this.clock = setInterval(() => this.inView && document.visibilityState === "visible" && !this.asking && this.ask(), every * 1000);
    this.back = () => every && document.visibilityState === "visible" && this.inView && this.ask();
    document.addEventListener("visibilitychange", this.back);
    this.printed = () => this.had === undefined && !this.closest("details:not([open])") && this.ask();
    addEventListener("beforeprint", this.printed);
  }
  disconnectedCallback() {
    this.near.disconnect();
    clearInterval(this.clock);
    clearTimeout(this.soon);
    this.giveUp?.();
    document.removeEventListener("visibilitychange", this.back);
    removeEventListener("beforeprint", this.printed);
    this.asking?.abort();
  }
  attributeChangedCallback(name, before, src) { if (before !== null && this.inView && !same(this.had, src)) this.asking && this.dataset.loaded ? (this.next = true) : this.ask(); }
  /* As of another day ("": now): asked for together with the page that will say so, not after it. */
  move(day) {
    const url = new URL(this.getAttribute("src"), location.origin);
    day ? url.searchParams.set("as_of", day) : url.searchParams.delete("as_of");
    this.setAttribute("src", url.pathname + url.search);
  }
  async ask({ pressed = false } = {}) {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const src = (this.had = this.getAttribute("src"));
    clearTimeout(this.soon);
    this.giveUp?.();
    this.setAttribute("aria-busy", "true");
    try {
      const { ok, text } = await question(src, { signal: asking.signal, pressed });
      await allThere(this);
      if (asking.signal.aborted) return;
      if (!ok) throw new NotCome(reason(text), false);
      if (window.htmx) await htmx.swap({ text, target: this, sourceElement: this, swap: this.dataset.loaded ? "innerMorph" : "innerHTML" });
      else this.innerHTML = text;
      this.dataset.loaded = "true";
      this.tries = 0;
      delete this.dataset.broken;
      const soon = this.querySelector("[data-soon]");
      if (soon) this.soon = setTimeout(() => this.isConnected && this.ask(), Number(soon.dataset.soon) * 1000);
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof NotCome)) throw error;
      this.fail(error);
    } finally {
      if (this.asking === asking) { this.asking = null; this.setAttribute("aria-busy", "false"); }
      if (this.next && !this.asking) { this.next = false; this.ask(); }
    }
  }
  /* What stands there stays; that it is from before, or not there, is said, and why. */
  fail(error) {
    this.dataset.broken = "true";
    if (!this.dataset.loaded) this.replaceChildren(...this.querySelectorAll(":scope > .not-come"));
    sayNotCome(this, this.dataset.failed, error, this.dataset.again, () => this.ask({ pressed: true }));
    if (error.later) this.giveUp = tryLater(() => this.isConnected && this.ask(), (this.tries = (this.tries ?? 0) + 1));
  }
}
customElements.define("kams-part", Part);
