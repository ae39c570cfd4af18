/* A choice shows its forecast at once; the address carries it. */
import { addressed, show } from "../app.js";

document.documentElement.classList.add("scripted");

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-picks]");
  if (!form) return;
  const fields = Object.fromEntries([...new FormData(form)].filter(([name]) => !["as_of", "known_at"].includes(name)));
  for (const [name, value] of Object.entries(fields)) fields[name] = value.trim();
  show(addressed({ ...fields, deal: "", then: "", to: "" }));
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-picks]");
  if (!form) return;
  event.preventDefault();
});
