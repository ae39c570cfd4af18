/* What somebody types into a form is kept in this browser until it is recorded: a reload, a closed panel, a session that
   ends take nothing away. */
import { addRow, unfold } from "./rows.js";
import { differs, isBox } from "./signed-out.js";

const OWN = ["_csrf", "_as_of", "_sure", "_version", "_was", "_back"];

/* The draft of one form in a store. `touched` names the fields that somebody typed into, `fields` has what stands there;
   with the key of the form, so that what was sent already is recorded only once. */
export class Draft {
  constructor(store, place) { Object.assign(this, { store, place }); }

  read() { try { return JSON.parse(this.store.getItem(this.place)); } catch { return null; } }

  drop() { try { this.store.removeItem(this.place); } catch { /* nothing was kept */ } }

  /* Keep what is typed, of `all` fields or of those that were touched; `more` is kept beside it. */
  write(form, { all = false, more = {} } = {}) {
    const touched = new Set(["_key", ...(this.read()?.touched ?? [])]);
    for (const field of form.elements) if (field.name && !OWN.includes(field.name) && (all || (field.type !== "hidden" && differs(field)))) touched.add(field.name);
    const fields = [...new FormData(form)].filter(([name]) => touched.has(name));
    try { this.store.setItem(this.place, JSON.stringify({ at: Date.now(), touched: [...touched], fields, ...more })); } catch { /* a full or closed store: the page itself still has it */ }
  }
}

/* What was kept stands in the form again, and is to be seen. */
export function fill(form, { touched, fields }) {
  for (const name of touched) {
    const typed = fields.filter(([each]) => each === name).map(([, value]) => value);
    makeRoom(form, name, typed.length);
    const left = [...typed];
    for (const field of [...form.elements].filter((each) => each.name === name)) {
      if (isBox(field)) field.checked = typed.includes(field.value);
      else field.value = left.shift() ?? "";
    }
  }
  for (const field of form.querySelectorAll("details :is(input, textarea, select)")) if (field.type !== "hidden" && differs(field)) unfold(field);
}

/* Lines that were added are added again. */
function makeRoom(form, name, count) {
  const there = () => [...form.elements].filter((each) => each.name === name).length;
  const list = [...form.querySelectorAll("fieldset.rows, fieldset.entries")].find(({ dataset: { field } }) => name === field || name.startsWith(`${field}.`));
  const add = list?.querySelector("[data-add-row]");
  for (let tries = 0; add && there() < count && tries < 200; tries += 1) addRow(add);
}
