/* Lines of a form: one more, one less. */

/* A line more, a copy of the pattern that stands behind the others. */
export function addRow(add) {
  const rows = add.previousElementSibling, pattern = rows.querySelector("template");
  const [, name, number] = /^(.*)\.(\d+)$/.exec(pattern.dataset.row), next = Number(number) - 1 + (rows.added = (rows.added ?? 0) + 1);
  const id = `f-${name.replaceAll(".", "-")}`;
  pattern.insertAdjacentHTML("beforebegin", pattern.innerHTML.replaceAll(`${name}.${number}`, `${name}.${next}`).replaceAll(`${id}-${number}`, `${id}-${next}`));
  return pattern.previousElementSibling;
}

/* A line less: the last one that is there is only emptied. */
export function dropRow(row) {
  const rows = row.parentElement, line = ".form-row:not(.further)";
  const next = row.nextElementSibling?.matches(line) ? row.nextElementSibling : row.previousElementSibling;
  if (next) row.remove();
  else for (const field of row.querySelectorAll("input:not([type=hidden]), select, textarea")) field.type === "checkbox" || field.type === "radio" ? (field.checked = false) : (field.value = "");
  (next ?? rows).querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

/* A field is to be seen, though its part was folded up. */
export function unfold(field) {
  for (let part = field.closest("details:not([open])"); part; part = part.parentElement.closest("details:not([open])")) part.open = true;
}
