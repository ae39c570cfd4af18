/* Replay: the slider, a click on a step and the arrows show the state after another step, and nothing else moves. */
import { addressed, tell } from "../app.js";
import { NotCome, exchange } from "../fetching.js";

let wanted = null, moving = false;

async function go(step) {
  wanted = step;
  if (moving) return;
  moving = true;
  try {
    while (wanted !== null) {
      const next = wanted;
      wanted = null;
      const address = addressed({ step: next });
      await exchange(document.getElementById("state"), address, { kind: "main", select: "#state", swap: "outerMorph" });
      history.replaceState(null, "", address);
      mark(next);
    }
  } catch (error) {
    if (!(error instanceof NotCome)) throw error;
    tell(error.message);
  } finally { moving = false; }
}

function mark(step) {
  for (const line of document.querySelectorAll("#steps > li")) {
    const is = line.dataset.step === String(step);
    line.classList.toggle("current", is);
    if (is) line.querySelector(".step").setAttribute("aria-current", "step");
    else line.querySelector(".step").removeAttribute("aria-current");
  }
}

const slider = () => document.getElementById("step");

document.addEventListener("input", (event) => { if (event.target.id === "step") go(Number(event.target.value)); });
document.addEventListener("click", (event) => {
  const link = event.target.closest("a.step, #step-before, #step-after");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const by = { "step-before": -1, "step-after": 1 }[link.id];
  const last = Number(slider().max);
  const step = by ? Math.min(last, Math.max(1, Number(slider().value) + by)) : Number(link.closest("li").dataset.step);
  slider().value = step;
  go(step);
});
