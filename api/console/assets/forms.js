/* Forms of commands: sent without leaving the page, what was typed is never lost, one goes on where one was. */
import { addressed, openPanel, show, tell } from "./app.js";
import { Draft, fill } from "./drafts.js";
import { NotCome, exchange, question, reason, send as post, tryLater } from "./fetching.js";
import { moment } from "./formats.js";
import { addRow, dropRow, unfold } from "./rows.js";

const toast = document.getElementById("toast");
const panel = document.getElementById("panel");
const within = (form) => panel?.contains(form);

/* The form again, as the server shows it: in place of the one that was sent. */
function replace(form, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector("form.command");
  if (!fresh) return trouble(form, reason(text) || toast.dataset.unsent);
  const made = document.importNode(fresh, true);
  Object.assign(made.dataset, { draft: form.dataset.draft, begun: "true" });
  form.replaceWith(made);
  focusFault(made);
  return made;
}

/* To the first thing that was wrong, in view, under the cursor. Whether there is one. */
export function focusFault(form) {
  const fault = form.querySelector("[data-fault], .fault");
  if (!fault) return false;
  unfold(fault);
  const fields = [...(fault.closest(".field, fieldset")?.querySelectorAll("input:not([type=hidden]), select, textarea") ?? [])];
  (fields.find((each) => each.getAttribute("aria-invalid") === "true") ?? fields[0] ?? fault).focus();
  fault.scrollIntoView({ block: "center" });
  return true;
}
for (const form of document.querySelectorAll("form.command, form[data-typed]")) focusFault(form);

/* What went wrong beside the rules: said on top, everything stays as it was typed. */
function trouble(form, text) {
  const place = form.querySelector("[data-trouble]");
  place.textContent = text;
  place.hidden = false;
  place.focus();
}

async function send(form, pressed) {
  if (form.dataset.sending) return;
  form.dataset.sending = "true";
  form.setAttribute("aria-busy", "true");
  const button = pressed ?? form.querySelector(".command-end button");
  const label = button.textContent;
  const typed = new FormData(form, pressed); // what is disabled is not sent
  button.disabled = true;
  button.textContent = button.dataset.sending;
  try {
    const answer = await post(form.getAttribute("action"), typed);
    const told = answer.headers.get("Kams-Recorded");
    if (told) return await recorded(form, JSON.parse(told));
    replace(form, await answer.text());
  } catch (error) {
    if (!(error instanceof NotCome)) throw error;
    trouble(form, error.message);
  } finally {
    button.textContent = label;
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
    button.disabled = false;
  }
}

/* Recorded: the page that one looked at, with what was recorded; from a page of its own to where it is seen. */
async function recorded(form, told) {
  forget(form);
  const back = form.elements._back.value;
  document.dispatchEvent(new CustomEvent("kams:recorded", { detail: told }));
  if (!within(form)) return location.assign(told.place);
  if (back.startsWith("/console/do/")) await openPanel(back);
  else panel.close();
  tell(told.say);
  await show(addressed({ wait_for: String(told.position), recorded: String(told.recorded) }), { keep: false });
  if (panel.open) panel.querySelector("h1, form")?.focus();
}

/* Another choice asks for another form, with what was typed. */
function askAgain(form, by) {
  const stated = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (!name.startsWith("_") && value && !/[.\[]/.test(name)) stated.set(name, stated.has(name) ? `${stated.get(name)},${value}` : value);
  return ask(form, stated, by);
}

/* Where a form came from, or comes with what is stated. */
function addressOf(form, stated = null) {
  const { pathname: path, searchParams: query } = new URL(form.dataset.draft, location.origin);
  if (stated) query.set("preset", stated);
  for (const name of ["back", "as_of"]) if (form.elements[`_${name}`].value) query.set(name, form.elements[`_${name}`].value);
  return `${path}?${query}`;
}

/* The form as it comes from there. */
async function ask(form, stated = null, by = "") {
  const before = new Map([...form.elements].map((each) => [each, each.value]));
  let answer;
  try { answer = await question(addressOf(form, stated), { pressed: true }); } catch (error) { return trouble(form, error.message); }
  if (!answer.ok || !form.isConnected) return;
  const focused = document.activeElement;
  const lost = form.contains(focused) || focused === document.body;
  const made = replace(form, answer.text);
  if (!made) return;
  const same = (name) => name && made.querySelector(`:is(input:not([type=hidden], [type=radio], [type=checkbox]), textarea, select)[name="${CSS.escape(name)}"]`);
  for (const [each, value] of before) if (each.value !== value && same(each.name)) same(each.name).value = each.value; // typed while it was on its way
  if (lost) (same(focused.name) || made.querySelector(`[name="${CSS.escape(focused.name || by)}"]`))?.focus();
  return made;
}

/* ---- drafts ---- */
const OPEN = "kams.panel";
const placeOf = (form) => `kams.form.${document.querySelector('meta[name="kams-member"]')?.content}.${form.dataset.draft}`;

/* What was typed, and that the panel stands open with it on this page. */
function keep(form) {
  new Draft(sessionStorage, placeOf(form)).write(form);
  try { if (within(form)) sessionStorage.setItem(OPEN, JSON.stringify([location.pathname, addressOf(form)])); } catch { /* it is kept on the page alone */ }
}
function forget(form) {
  new Draft(sessionStorage, placeOf(form)).drop();
  closed();
}
const closed = () => { try { sessionStorage.removeItem(OPEN); } catch { /* nothing was kept */ } };

/* What was typed before stands in a form that came. */
async function begin(form) {
  form.dataset.begun = "true";
  const draft = new Draft(sessionStorage, placeOf(form)).read();
  if (!draft) return;
  fill(form, draft);
  let shown = form;
  if (draft.touched.some((name) => form.querySelector(`[data-ask-again][name="${CSS.escape(name)}"]`))) fill((shown = (await askAgain(form)) ?? form), draft);
  const note = shown.querySelector("[data-draft-note]");
  note.firstElementChild.textContent = note.dataset.draftNote.replace("%s", moment(draft.at));
  note.hidden = false;
}
const beginAll = () => { for (const form of document.querySelectorAll("form.command[data-draft]:not([data-begun])")) begin(form); };
document.addEventListener("htmx:after:swap", beginAll);
panel?.addEventListener("close", closed);
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form.command[data-draft]");
  if (form) keep(form);
});
function openAgain() {
  let open = null;
  try { open = JSON.parse(sessionStorage.getItem(OPEN)); } catch { /* nothing was kept */ }
  if (open?.[0] === location.pathname) openPanel(open[1]);
}
beginAll();
openAgain();

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.command")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.command");
  if (form) form.dataset.typed = "true";
  if (event.target.matches("[data-ask-again]")) askAgain(form, event.target.name);
});
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (close) forget(close.closest("form.command"));
  if (close && within(close)) { event.preventDefault(); panel.close(); }
  const unwanted = event.target.closest("form.command [data-draft-drop]")?.closest("form");
  if (unwanted) { forget(unwanted); ask(unwanted); }
  const add = event.target.closest("[data-add-row]");
  if (add) addRow(add).querySelector("input, select, textarea")?.focus();
  const drop = event.target.closest("[data-drop-row]");
  if (drop) {
    const form = drop.closest("form.command");
    dropRow(drop.closest(".form-row"));
    if (form) { form.dataset.typed = "true"; keep(form); }
  }
});

/* A choice among many: the server is asked for what is typed, again where it does not come. */
async function offer(field, tries = 0) {
  const name = field.value.trim();
  let ok, text;
  try { ({ ok, text } = await question(`${field.dataset.choose}?${new URLSearchParams({ name })}`, { pressed: true })); }
  catch (error) { return notYet(error, tries, () => field.value.trim() === name && offer(field, tries + 1)); }
  if (!ok || field.value.trim() !== name || !field.list) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  field.list.replaceChildren(...[...page.querySelectorAll("option")].map((each) => document.importNode(each, true)));
}

/* A list that shows what is typed above it. */
async function find(form, tries = 0) {
  const asked = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
  try { await exchange(document.getElementById(form.dataset.finds), asked, { kind: "part", select: `#${form.dataset.finds}`, swap: "outerMorph" }); }
  catch (error) { notYet(error, tries, () => find(form, tries + 1)); }
}

function notYet(error, tries, again) {
  if (!(error instanceof NotCome)) throw error;
  tell(error.message);
  if (error.later) tryLater(again, tries);
}

document.addEventListener("input", (event) => {
  const field = event.target.closest?.("[data-choose]"), form = event.target.closest?.("[data-finds]");
  clearTimeout((field ?? form)?.asking);
  if (form) form.asking = setTimeout(() => find(form), 160);
  if (field && ![...field.list.options].some((each) => each.value === field.value)) field.asking = setTimeout(() => offer(field), 160);
});

/* Finding what to do: by typing, by arrow keys. */
document.addEventListener("input", (event) => {
  if (!event.target.matches(".do-find")) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const group of event.target.parentElement.querySelectorAll(".do-group")) {
    for (const link of group.querySelectorAll("a")) link.hidden = !link.textContent.toLowerCase().includes(wanted);
    group.hidden = !group.querySelector("a:not([hidden])");
    if (group.matches("details")) group.open = Boolean(wanted);
  }
});
document.addEventListener("keydown", (event) => {
  const body = event.target.closest?.(".do-menu .menu-body");
  if (!body || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  const links = [...body.querySelectorAll("a")].filter((link) => link.offsetParent);
  if (event.key === "Enter") { if (event.target.matches(".do-find")) { event.preventDefault(); links[0]?.click(); } return; }
  event.preventDefault();
  const at = links.indexOf(document.activeElement);
  (links[event.key === "ArrowDown" ? Math.min(at + 1, links.length - 1) : at - 1] ?? body.querySelector(".do-find")).focus();
});
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".do-menu") && event.target.open) event.target.querySelector(".do-find").focus();
}, true);
document.addEventListener("click", (event) => {
  const link = event.target.closest(".do-menu .menu-body a");
  if (link) link.closest("details").open = false;
});
