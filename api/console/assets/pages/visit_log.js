/* Logging a visit: the steps of its kind are shown, and the day that is chosen. */
import { day } from "../formats.js";
import { begin, keep } from "../visit_form.js";

/* The foot says the day that is chosen. */
function showDay(form) {
  const said = document.getElementById("dated"), chosen = form.elements.occurred_on.value;
  if (chosen) said.textContent = said.dataset.says.replace("%s", day(chosen));
}

function showSteps(form) {
  const kind = form.querySelector('input[name="what"]:checked')?.value;
  for (const steps of form.querySelectorAll(".steps")) steps.hidden = steps.dataset.kind !== kind;
  const within = form.querySelector('input[name="next_in"]:checked');
  form.elements.next_step_on.disabled = Boolean(within?.value);
}

begin((form) => {
  const show = () => { showDay(form); showSteps(form); };
  form.addEventListener("change", show);
  form.elements.occurred_on.addEventListener("input", show);
  for (const all of form.querySelectorAll("[data-all]"))
    all.addEventListener("click", () => {
      for (const box of all.closest("fieldset").querySelectorAll('input[type="checkbox"]')) box.checked = true;
      keep();
    });
  showSteps(form);
});
