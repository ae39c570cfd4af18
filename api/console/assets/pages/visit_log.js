/* Logging a visit: what is typed is kept in this browser until it is recorded, however the connection, the session or
   the tab ends; sent twice it is recorded once, since the form has a key. Once recorded, the visit takes the form's place
   in the history: one does not come back to it, to send it again under a new key. */
import { hush, tell } from "../app.js";
import { day, moment } from "../formats.js";
import { focusFault } from "../forms.js";
import { NotCome, reason, send as post, tryLater } from "../fetching.js";

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
const KEPT_DAYS = 14;
let form = null;
let sending = false, later;

const place = () => `kams.visit.${meta("kams-member")}.${form.dataset.draft}`;
const kept = () => { try { return JSON.parse(localStorage.getItem(place())); } catch { return null; } };
const OWN = ["_csrf", "_as_of", "_sure"];

function keep(unsent = kept()?.unsent ?? false) {
  const fields = [...new FormData(form)].filter(([name]) => !OWN.includes(name));
  try { localStorage.setItem(place(), JSON.stringify({ at: Date.now(), name: form.dataset.name, address: location.pathname + location.search, fields, unsent })); } catch { /* a full or closed store: the page itself still has it */ }
}
const drop = () => { try { localStorage.removeItem(place()); } catch { /* nothing was kept */ } };

function restore(draft) {
  const values = new Map();
  for (const [name, value] of draft.fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of form.elements) {
    if (!field.name || OWN.includes(field.name)) continue;
    const typed = values.get(field.name) ?? [];
    if (field.type === "checkbox" || field.type === "radio") field.checked = typed.includes(field.value);
    else if (field.name === "account" || field.name === "visit") continue;
    else if (typed.length) field.value = typed[0];
  }
  for (const field of form.querySelectorAll("details input, details textarea")) if (differs(field)) unfold(field);
  showDay();
  showSteps();
}

/* What was typed is to be seen, and what is wrong to be reached, though its part of the form was folded up. */
function unfold(field) {
  for (let part = field.closest("details:not([open])"); part; part = part.parentElement.closest("details:not([open])")) part.open = true;
}
const differs = (field) => field.matches('[type="checkbox"], [type="radio"]') ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;

function note(text) {
  document.getElementById("draft-text").textContent = text;
  document.getElementById("draft-note").hidden = false;
}

/* The foot says the day that is chosen. */
function showDay() {
  const said = document.getElementById("dated"), chosen = form.elements.occurred_on.value;
  if (chosen) said.textContent = said.dataset.says.replace("%s", day(chosen));
}

function showSteps() {
  const kind = form.querySelector('input[name="what"]:checked')?.value;
  for (const steps of form.querySelectorAll(".steps")) steps.hidden = steps.dataset.kind !== kind;
  const within = form.querySelector('input[name="next_in"]:checked');
  form.elements.next_step_on.disabled = Boolean(within?.value);
}

async function send(tries = 0) {
  if (sending) return;
  later?.();
  sending = true;
  const save = document.getElementById("save");
  save.disabled = true;
  keep();
  tell(form.dataset.sending);
  try {
    const answer = await post(form.getAttribute("action"), new FormData(form), {});
    if (answer.status >= 500) throw new NotCome("", true);
    if (answer.redirected && answer.ok) { drop(); location.replace(answer.url); return; }
    hush();
    refused(await answer.text());
  } catch (error) {
    if (!(error instanceof NotCome)) throw error;
    if (!error.later) return tell(error.message);
    keep(true);
    hush();
    note(form.dataset.unsent);
    later = tryLater(() => send(tries + 1), tries);
  } finally {
    sending = false;
    save.disabled = false;
  }
}

/* The page that says what was wrong takes the place of the form; it has what was typed. */
function refused(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const said = page.getElementById("log") ? page.querySelector("#main") : null;
  if (!said) { tell(reason(text)); return; }
  const csrf = meta("csrf-token");
  document.getElementById("main").replaceChildren(...said.childNodes);
  begin(false);
  form.elements._csrf.value = csrf;
  keep(false);
  if (!focusFault(form)) document.getElementById("refused")?.focus();
}

function begin(fresh = true) {
  form = document.getElementById("log");
  if (!form) return;
  form.addEventListener("input", () => keep());
  form.addEventListener("change", showSteps);
  form.elements.occurred_on.addEventListener("input", showDay);
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  for (const all of form.querySelectorAll("[data-all]"))
    all.addEventListener("click", () => {
      for (const box of all.closest("fieldset").querySelectorAll('input[type="checkbox"]')) box.checked = true;
      keep();
    });
  document.getElementById("draft-drop").addEventListener("click", () => { drop(); location.reload(); });
  const draft = fresh ? kept() : null;
  if (!draft) return showSteps();
  if (Date.now() - draft.at > KEPT_DAYS * 86_400_000) return drop();
  restore(draft);
  note(draft.unsent ? form.dataset.unsent : form.dataset.restored.replace("%s", moment(draft.at)));
  if (draft.unsent) later = tryLater(send, 0);
}

begin();
