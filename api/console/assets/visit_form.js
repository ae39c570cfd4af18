/* A form about a visit: what is typed is kept in this browser until it is recorded, however the connection, the session
   or the tab ends; sent twice it is recorded once, since the form has a key. Once recorded, the visit takes the form's
   place in the history: one does not come back to it, to send it again under a new key. */
import { hush, tell } from "./app.js";
import { Draft, fill } from "./drafts.js";
import { NotCome, reason, send as post, tryLater } from "./fetching.js";
import { moment } from "./formats.js";
import { focusFault } from "./forms.js";

const KEPT_DAYS = 14;
const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
let form = null, prepare = () => {}, sending = false, later;

const draft = () => new Draft(localStorage, `${form.dataset.kept}.${meta("kams-member")}.${form.dataset.draft}`);

/* Keep what is typed; `unsent` where it is to be sent as soon as the server answers. */
export function keep(unsent = draft().read()?.unsent ?? false) {
  draft().write(form, { all: true, more: { name: form.dataset.name, address: location.pathname + location.search, unsent } });
}

function note(text) {
  document.getElementById("draft-text").textContent = text;
  document.getElementById("draft-note").hidden = false;
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
    if (answer.redirected && answer.ok) { draft().drop(); location.replace(answer.url); return; }
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
  const said = page.querySelector("#main form.log") ? page.querySelector("#main") : null;
  if (!said) { tell(reason(text)); return; }
  const csrf = meta("csrf-token");
  document.getElementById("main").replaceChildren(...said.childNodes);
  attach();
  form.elements._csrf.value = csrf;
  keep(false);
  if (!focusFault(form)) document.getElementById("refused")?.focus();
}

function attach() {
  form = document.querySelector("#main form.log");
  if (!form) return;
  form.addEventListener("input", () => keep());
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  document.getElementById("draft-drop").addEventListener("click", () => { draft().drop(); location.reload(); });
  prepare(form);
}

/* The form of the page, with what was typed before; `prepared` is told the form whenever one comes, and once it is
   filled. */
export function begin(prepared = () => {}) {
  prepare = prepared;
  attach();
  const typed = form && draft().read();
  if (!typed) return;
  if (Date.now() - typed.at > KEPT_DAYS * 86_400_000) return draft().drop();
  fill(form, typed);
  form.dispatchEvent(new Event("change"));
  note(typed.unsent ? form.dataset.unsent : form.dataset.restored.replace("%s", moment(typed.at)));
  if (typed.unsent) later = tryLater(send, 0);
}
