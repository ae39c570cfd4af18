/* Every page: time in the address, the panel that answers "why?", the link that stays true, what went wrong. */
import "./chart.js";
import { NotCome, exchange, sayNotCome, tryLater } from "./fetching.js";
import "./part.js";
import { day as dayInWords } from "./formats.js";

const main = () => document.getElementById("main");
const toast = document.getElementById("toast");

export function tell(text) {
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => toast.classList.remove("shown"), 5000);
}

export const hush = () => toast.classList.remove("shown");

/* Where the page is, or is on its way to. */
const going = () => show.to ?? location.pathname + location.search;

/* The page at another address, which it keeps or not: only what changed is exchanged, so that bars and charts move. What
   does not come is said and tried again, until something newer is wanted; what was recorded is said by whatever comes, and
   stays said. Whether it came. */
export function show(address, { keep = true } = {}) {
  const asked = new URL(address, location.origin);
  show.recorded = asked.searchParams.get("recorded") ?? show.recorded;
  if (show.recorded) asked.searchParams.set("recorded", show.recorded);
  return come(asked.pathname + asked.search, (show.to = keep ? address : going()), 0);
}

async function come(address, kept, tries) {
  show.giveUp?.();
  const said = document.getElementById("recorded")?.cloneNode(true);
  let came = false;
  try { came = await exchange(main(), address, { kind: "main", select: "#main", swap: "outerMorph" }); }
  catch (error) {
    if (!(error instanceof NotCome)) throw error;
    if (!error.later) { show.to = show.recorded = null; tell(error.message); }
    else { show.giveUp = tryLater(() => come(address, kept, tries + 1), tries); tries || tell(toast.dataset.offline); }
  }
  if (came && said && !document.getElementById("recorded")) main().prepend(said);
  if (came) arrived(kept, tries);
  return came;
}

function arrived(address, tries = 0) {
  show.to = show.recorded = null;
  history.replaceState(null, "", address);
  retime();
  if (tries) hush();
  showCurrent();
  document.dispatchEvent(new CustomEvent("kams:shown"));
}

/* A way that is wider than the window shows where one stands on it. */
function showCurrent() {
  for (const step of document.querySelectorAll(".path [aria-current]")) {
    const way = step.parentElement;
    way.scrollLeft = step.offsetLeft - (way.clientWidth - step.offsetWidth) / 2;
  }
}
showCurrent();

/* The address of this page, some parameters changed; empty ones are left out. */
export function addressed(changes) {
  const { pathname: path, searchParams: query } = new URL(going(), location.origin);
  for (const [name, value] of Object.entries(changes)) value ? query.set(name, value) : query.delete(name);
  return query.size ? `${path}?${query}` : path;
}

/* Links that keep the clocks follow them when the slider moves. */
function retime() {
  const here = new URLSearchParams(location.search);
  for (const link of document.querySelectorAll("a[data-timed]")) {
    if (link.closest("#main")) continue;
    const url = new URL(link.href);
    for (const name of ["as_of", "known_at"]) here.get(name) ? url.searchParams.set(name, here.get(name)) : url.searchParams.delete(name);
    link.href = url.pathname + url.search;
  }
}

/* ---- time ---- */
const time = document.getElementById("time");
const slider = document.getElementById("time-slider");
const asOf = document.getElementById("as-of");

const dayAt = (step) => {
  const day = new Date(`${time.dataset.first}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + Number(step));
  return day.toISOString().slice(0, 10);
};

/* What the control says of the day it stands at. */
function say(day) {
  asOf.value = day;
  slider.setAttribute("aria-valuetext", dayInWords(day));
  document.getElementById("time-now").hidden = day === time.dataset.today && !document.getElementById("known-at")?.value;
}

let moving = false;
async function moveTo(step) {
  say(dayAt(step));
  moveTo.wanted = step;
  if (moving) return;
  moving = true;
  try {
    while (moveTo.wanted !== null) {
      const next = moveTo.wanted;
      moveTo.wanted = null;
      const day = dayAt(next);
      const event = new CustomEvent("kams:time", { bubbles: true, cancelable: true, detail: { day } });
      const as_of = day === time.dataset.today ? "" : day, address = addressed({ as_of });
      if (main().dispatchEvent(event)) {
        for (const part of document.querySelectorAll("#main kams-part")) part.move(as_of);
        await show(address);
      }
      else { show.giveUp?.(); main().asking?.abort(); arrived(address); }
    }
  } finally { moving = false; }
}

if (slider) {
  slider.addEventListener("input", () => moveTo(slider.value));
  asOf.addEventListener("change", () => asOf.value && time.requestSubmit());
  time.addEventListener("submit", (event) => {
    event.preventDefault();
    const known = document.getElementById("known-at");
    location.assign(addressed({ as_of: asOf.value === time.dataset.today ? "" : asOf.value, known_at: known ? known.value.trim() : new URLSearchParams(location.search).get("known_at") }));
  });
  const play = document.getElementById("time-play");
  play.addEventListener("click", async () => {
    const running = play.getAttribute("aria-pressed") === "true";
    play.setAttribute("aria-pressed", String(!running));
    if (running) return;
    if (Number(slider.value) >= Number(slider.max)) slider.value = 0;
    while (play.getAttribute("aria-pressed") === "true" && Number(slider.value) < Number(slider.max)) {
      slider.value = Math.min(Number(slider.value) + 7, Number(slider.max));
      const begun = performance.now();
      await moveTo(slider.value);
      await new Promise((done) => setTimeout(done, Math.max(0, 220 - (performance.now() - begun))));
    }
    play.setAttribute("aria-pressed", "false");
  });
}

/* ---- a page that says `data-soon` (seconds) asks for itself again after that, unless somebody is typing ---- */
function again() {
  clearTimeout(again.timer);
  const note = [...document.querySelectorAll("#main [data-soon]")].find((each) => !each.closest("kams-part, [data-part]"));
  if (!note) return;
  const typing = () => main().contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  again.timer = setTimeout(() => (document.hidden || typing() ? again() : show(addressed({}), { keep: false })), Number(note.dataset.soon) * 1000);
}
document.addEventListener("kams:shown", again);
again();

/* ---- the panel: why?, forms ---- */
const panel = document.getElementById("panel");
const within = document.getElementById("panel-body");

/* What stands at an address, beside the page; what takes its time says that it comes. */
export async function openPanel(address) {
  if (!panel.open) within.replaceChildren();
  const soon = setTimeout(() => panel.open || waitInPanel(), 150);
  try {
    const came = await exchange(within, address, { kind: "panel", select: "#main > *", swap: "innerHTML ignoreTitle:true" });
    if (came && !panel.open) panel.showModal();
  } catch (error) {
    if (!(error instanceof NotCome)) throw error;
    within.querySelector(":scope > .loading")?.remove();
    sayNotCome(within, "", error, within.dataset.again, () => openPanel(address));
    if (!panel.open) panel.showModal();
  } finally { clearTimeout(soon); }
}
function waitInPanel() {
  within.replaceChildren(document.getElementById("panel-loading").content.cloneNode(true));
  panel.showModal();
}
panel?.addEventListener("close", () => within.asking?.abort());
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.why, a[data-panel]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button || main().matches(".page-why")) return;
  event.preventDefault();
  openPanel(link.href);
});
panel?.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });

/* ---- menus close when one looks elsewhere ---- */
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

/* ---- the link that stays true ---- */
document.getElementById("copy-link")?.addEventListener("click", async () => {
  const link = `${location.origin}${location.pathname}?${main().dataset.permalink}`;
  try { await navigator.clipboard.writeText(link); tell(toast.dataset.copied); }
  catch { tell(link); }
});

/* ---- what went wrong ---- */
