/* What a page asks for after it came. Of two that were asked for one place only the newer one comes there. Who was signed
   out meanwhile signs in and goes on. What does not come says why, and what may come later is tried again. */
import { leave, signInAgain, tokenRenewed, typed } from "./signed-out.js";

const PATIENCE = 30_000, FIRST = 1_000, LONGEST = 30_000;
const words = () => document.getElementById("toast").dataset;

/* Once all of the page is there, or all of a place in it: the first scripts run while it is still being read. */
export const allThere = (place) => place?.nextSibling || document.readyState !== "loading" ? Promise.resolve() : new Promise((done) => document.addEventListener("readystatechange", done, { once: true }));

/* It did not come; `later` where it may come if one tries again. */
export class NotCome extends Error {
  constructor(why, later) { super(why); this.later = later; }
}

/* What the server says was wrong, of the page that says it. */
export const reason = (text) => new DOMParser().parseFromString(text, "text/html").querySelector(".lead")?.textContent.trim() ?? "";

async function heard(address, kind, signal) {
  const patience = AbortSignal.timeout(PATIENCE);
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html", "X-Console": kind, "HX-Request": "true" }, signal: signal ? AbortSignal.any([signal, patience]) : patience });
    return { answer, text: await answer.text() };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new NotCome(words().silent, true);
  }
}

/* What the server answers to a question. `kind`: what it is for (main, panel, part); `pressed`: somebody waits for it, who
   is asked to sign in though he did not want to before. */
export async function question(address, { kind = "part", signal, pressed = false } = {}) {
  const { answer, text } = await heard(address, kind, signal);
  if (answer.status === 401) {
    if (!typed()) return leave();
    if (!(await signInAgain({ pressed: pressed || kind !== "part" }))) throw new NotCome(words().signedOut, false);
    return question(address, { kind, signal, pressed });
  }
  if (answer.status >= 500) throw new NotCome(answer.status === 503 && reason(text) || words().silent, true);
  return { ok: answer.ok, text };
}

/* What the server answers to a form: sent again, with the token that holds now, once one has signed in again. */
export async function send(address, fields, headers = { "HX-Request": "true" }) {
  const body = new URLSearchParams(fields);
  for (;;) {
    body.set("_csrf", document.querySelector('meta[name="csrf-token"]').content);
    let answer;
    try { answer = await fetch(address, { method: "POST", body, headers: { Accept: "text/html", ...headers }, signal: AbortSignal.timeout(PATIENCE) }); }
    catch { throw new NotCome(words().unsent, true); }
    if (answer.status === 401) {
      if (!(await signInAgain())) throw new NotCome(words().signedOut, false);
    } else if (answer.status !== 403 || !(await tokenRenewed())) return answer;
  }
}

/* What is asked for comes to a place; whether it came, since something newer may have been asked for there meanwhile. */
export async function exchange(place, address, { kind, select, swap }) {
  place.asking?.abort();
  const asking = (place.asking = new AbortController());
  place.setAttribute("aria-busy", "true");
  try {
    const { text } = await question(address, { kind, signal: asking.signal });
    if (asking.signal.aborted) return false;
    await htmx.swap({ text, target: place, sourceElement: place, select, swap });
    return !asking.signal.aborted;
  } catch (error) {
    if (asking.signal.aborted) return false;
    throw error;
  } finally {
    if (place.asking === asking) { place.asking = null; place.removeAttribute("aria-busy"); }
  }
}

/* Tried again: soon, then more and more seldom, and at once when the server is heard again. Returns what gives it up. */
const waiting = new Set();
export function tryLater(trial, tries) {
  const now = () => { giveUp(); trial(); };
  const timer = setTimeout(now, Math.min(FIRST * 2 ** tries, LONGEST));
  const giveUp = () => { clearTimeout(timer); waiting.delete(now); };
  waiting.add(now);
  return giveUp;
}
const tryNow = () => { for (const trial of [...waiting]) trial(); };
addEventListener("online", tryNow);
document.addEventListener("kams:back", tryNow);

/* At the head of a place: that something did not come and why, with a way to ask again. Where it says so already it
   stays as it is, under the finger that is about to press. */
export function sayNotCome(place, what, error, again, ask) {
  const said = Object.assign(document.createElement("div"), { className: "notice bad row not-come" });
  said.setAttribute("role", "alert");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: again, onclick: ask });
  said.append(Object.assign(document.createElement("span"), { textContent: [what, error.message].filter(Boolean).join(" ") }), button);
  const before = place.querySelector(":scope > .not-come");
  if (before?.isEqualNode(said)) { before.querySelector("button").onclick = ask; return; }
  before?.remove();
  place.prepend(said);
}
