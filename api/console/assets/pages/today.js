/* The parts of the page that take longer come after it, and again when the day that is looked at changes. */
let asked = null;

async function fill(part, signal) {
  part.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(part.dataset.part + location.search, { headers: { "X-Console": "part" }, signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("#main > .part");
    const said = found ?? page.querySelector(".lead");
    if (said) part.replaceChildren(document.adoptNode(said));
  } catch (error) {
    if (error.name !== "AbortError") part.querySelector(".waiting")?.classList.add("failed");
  } finally {
    if (!signal.aborted) part.removeAttribute("aria-busy");
  }
}

function fillAll() {
  asked?.abort();
  asked = new AbortController();
  for (const part of document.querySelectorAll("[data-part]")) fill(part, asked.signal);
}

let waiting;
document.addEventListener("kams:shown", () => { clearTimeout(waiting); waiting = setTimeout(fillAll, 120); });
fillAll();
