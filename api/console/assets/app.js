/* Every page: time in the address, the panel that answers "why?", the link that stays true, what went wrong. */
import "./chart.js";
import "./signed-out.js";
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

/* The page at another address: only what changed is exchanged, so that bars and charts move. What was said to be recorded
   stays said. */
export async function show(address, { keep = true } = {}) {
  show.wanted = address;
  const said = document.getElementById("recorded")?.cloneNode(true);
  await htmx.ajax("GET", address, { target: "#main", select: "#main", swap: "outerMorph", headers: { "X-Console": "main" } });
  if (said && !document.getElementById("recorded")) main().prepend(said);
  if (show.wanted === address && keep) history.replaceState(null, "", address);
}

/* The address of this page, some parameters changed; empty ones are left out. */
export function addressed(changes, path = location.pathname) {
  const query = new URLSearchParams(location.search);
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
      if (main().dispatchEvent(event)) await show(addressed({ as_of: day === time.dataset.today ? "" : day }));
      else history.replaceState(null, "", addressed({ as_of: day === time.dataset.today ? "" : day }));
      retime();
      document.dispatchEvent(new CustomEvent("kams:shown", { detail: { day } }));
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

/* ---- the panel: why?, forms ---- */
const panel = document.getElementById("panel");
export async function openPanel(address) {
  await htmx.ajax("GET", address, { target: "#panel-body", select: "#main > *", swap: "innerHTML", headers: { "X-Console": "panel" } });
  if (!panel.open) panel.showModal();
}
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
document.addEventListener("htmx:error", () => tell(toast.dataset.offline));
document.addEventListener("htmx:before:request", () => main()?.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:finally:request", () => main()?.removeAttribute("aria-busy"));
