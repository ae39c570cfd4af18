/* The parts of the page that take longer come after it, and again when the day that is looked at changes; the first,
   which is seen first, before the others. */
import { NotCome, allThere, question, reason, sayNotCome, tryLater } from "../fetching.js";

const AHEAD = 1_000, came = location.search;
let asked = null;

async function fill(part, signal, { pressed = false, tries = 0 } = {}) {
  part.setAttribute("aria-busy", "true");
  try {
    const link = part.querySelector(":scope > .waiting > a"), address = part.dataset.part + location.search;
    const { ok, text } = await question(link && location.search === came ? link.href : address, { signal, pressed });
    if (!ok) throw new NotCome(reason(text), false);
    const page = new DOMParser().parseFromString(text, "text/html");
    const found = page.querySelector("#main > .part");
    if (found) await put(part, found);
    if (signal.aborted) return;
    const soon = found?.querySelector("[data-soon]");
    if (soon) setTimeout(() => signal.aborted || fill(part, signal), Number(soon.dataset.soon) * 1000);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof NotCome)) throw error;
    failed(part, error, tries);
  } finally {
    if (!signal.aborted) part.removeAttribute("aria-busy");
  }
}

/* What somebody folded or unfolded stays so, and what stands unfolded until it is asked for again. */
async function put(part, found) {
  if (!window.htmx || !part.querySelector(":scope > .part")) return part.replaceChildren(document.adoptNode(found));
  for (const each of found.querySelectorAll("details[id]")) {
    const there = part.querySelector(`details#${CSS.escape(each.id)}`);
    if (there) each.open = there.open;
  }
  await htmx.swap({ text: found.outerHTML, target: part, sourceElement: part, swap: "innerMorph" });
}

/* What stands there stays; that it is old, or not there, is said, with a way to ask again. */
function failed(part, error, tries) {
  const { signal } = asked;
  sayNotCome(part, part.dataset.failed, error, part.dataset.again, () => fill(part, signal, { pressed: true }));
  if (error.later) tryLater(() => signal.aborted || fill(part, signal, { tries: tries + 1 }), tries);
}

async function fillAll() {
  asked?.abort();
  const { signal } = (asked = new AbortController());
  const parts = () => document.querySelectorAll("[data-part]");
  await allThere(parts()[0]);
  const first = parts()[0];
  if (first) await Promise.race([fill(first, signal), new Promise((done) => setTimeout(done, AHEAD))]);
  await allThere();
  if (!signal.aborted) for (const part of parts()) if (part !== first) fill(part, signal);
}

let waiting;
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail?.ctx?.target?.id !== "main") return;
  clearTimeout(waiting);
  waiting = setTimeout(fillAll, 120);
});
fillAll();

/* Visits that were typed in this browser and not recorded yet. */
function drafts() {
  const own = `kams.visit.${document.querySelector('meta[name="kams-member"]')?.content}.`;
  const place = document.getElementById("drafts-of");
  if (!place) return;
  const links = [];
  for (let at = 0; at < localStorage.length; at += 1) {
    const name = localStorage.key(at);
    if (!name.startsWith(own)) continue;
    try {
      const draft = JSON.parse(localStorage.getItem(name));
      links.push(Object.assign(document.createElement("a"), { href: draft.address, textContent: draft.name }));
    } catch { localStorage.removeItem(name); }
  }
  place.replaceChildren(...links.flatMap((link, at) => (at ? [" · ", link] : [link])));
  document.getElementById("drafts").hidden = links.length === 0;
}
allThere().then(drafts).catch(() => { /* a browser that keeps nothing has no drafts */ });
