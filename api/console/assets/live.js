/* Changes come by themselves: one stream for each tab that is looked at. What concerns the page is fetched anew and
   morphed in; over a form that is open only a bar says what happened. */
import { addressed, show } from "./app.js";
import { leave, signInAgain, signedOut, typed } from "./signed-out.js";
import { time } from "./formats.js";

const main = () => document.getElementById("main");
const panel = document.getElementById("panel");
const lost = document.getElementById("live-lost");
const own = document.querySelector('meta[name="kams-member"]')?.content;
const LONGEST = 30_000, PAUSE = 1_500;
let stream = null, again = 1_000, retry = 0, seen = null, waiting = null, quietUntil = 0, recorded = 0;

const now = () => main()?.dataset.live === "now";

function follow() {
  if (stream || document.hidden || !now()) return;
  seen ??= Number(main().dataset.position) || null;
  stream = new EventSource(seen === null ? "/console/live" : `/console/live?after=${seen}`);
  stream.addEventListener("start", begun);
  stream.addEventListener("event", (event) => { seen = Number(event.lastEventId); heard(seen, JSON.parse(event.data)); });
  stream.addEventListener("examined", (event) => { seen = Number(event.lastEventId) || seen; });
  stream.addEventListener("dropped", lose);
  stream.addEventListener("error", lose);
}

function begun() {
  const wasLost = again > 1_000;
  again = 1_000;
  lost.hidden = true;
  main().dataset.following = "true";
  if (wasLost) document.dispatchEvent(new CustomEvent("kams:back"));
}

function rest() { stream?.close(); stream = null; clearTimeout(retry); }

async function lose() {
  const refused = stream?.readyState === EventSource.CLOSED;
  rest();
  if (lost.hidden) {
    lost.textContent = lost.dataset.lost.replace("%", time(new Date()));
    lost.hidden = again <= 1_000;
  }
  retry = setTimeout(follow, again);
  again = Math.min(again * 2, LONGEST);
  if (refused && (await signedOut())) {
    clearTimeout(retry);
    if (!typed()) return leave();
    if (await signInAgain({ pressed: false })) follow();
  }
}

/* Whether what happened concerns what is shown: a page of one thing names it, a list shows many. */
function concerns({ account, subject }) {
  const of = location.pathname.match(/[0-9a-f]{8}-[0-9a-f-]{27}/i);
  if (!of) return true;
  return [account, subject].some((id) => id && (id === of[0].toLowerCase() || main().innerHTML.includes(id)));
}

function heard(position, what) {
  if (!now() || !concerns(what)) return;
  waiting = { position, what };
  if (formOpen()) { if (!(what.actor === own && (sending() || position <= recorded))) bar(position); return; }
  schedule();
}

function schedule() {
  clearTimeout(schedule.timer);
  schedule.timer = setTimeout(refresh, Math.max(120, quietUntil - performance.now()));
}

const formOpen = () => (panel?.open && panel.querySelector("form.command")) || main().querySelector("form.command, form[data-typed]") || main().contains(document.activeElement) && document.activeElement.matches("input:not([type=range]), textarea");

/* What one records here is no news here; what one records in another tab is. */
const sending = () => document.querySelector("form[aria-busy=true], #save:disabled");

async function refresh() {
  if (!waiting || document.hidden || !now()) return;
  if (formOpen()) return bar(waiting.position);
  const { position } = waiting;
  waiting = null;
  quietUntil = performance.now() + PAUSE;
  if (!(await show(addressed({ wait_for: String(position) }), { keep: false }))) return;
  main().dataset.following = "true";
  main().dataset.shows = String(position);
}

/* What happened, said over a form; what was typed stays. */
async function bar(position) {
  const answer = await fetch(`/console/live/line?position=${position}`).catch(() => null);
  if (!answer?.ok) return;
  const place = panel.open ? document.getElementById("panel-body") : main();
  document.querySelector(".live-bar")?.remove();
  place.prepend(document.getElementById("live-bar").content.cloneNode(true));
  const made = place.querySelector(".live-bar");
  made.querySelector("span").textContent = await answer.text();
  made.querySelector("button").addEventListener("click", async () => {
    made.remove();
    waiting = null;
    if (main().querySelector("form.command")) return location.reload();
    await show(addressed({ wait_for: String(position) }), { keep: false });
  });
}

panel?.addEventListener("close", () => { document.querySelector(".live-bar")?.remove(); if (waiting) schedule(); });
document.addEventListener("kams:recorded", ({ detail }) => {
  recorded = detail.position;
  if (waiting && waiting.position <= recorded) waiting = null;
});
document.addEventListener("kams:shown", () => (now() ? follow() : rest()));
document.addEventListener("visibilitychange", () => { if (document.hidden) rest(); else { again = 1_000; follow(); if (waiting) schedule(); } });
addEventListener("pagehide", rest);
addEventListener("pageshow", follow);
follow();
