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
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail?.ctx?.target?.id !== "main") return;
  clearTimeout(waiting);
  waiting = setTimeout(fillAll, 120);
});
fillAll();

/* Visits that were typed in this browser and not recorded yet. */
function drafts() {
  const own = `kams.visit.${document.querySelector('meta[name="kams-member"]')?.content}.`;
  const place = document.getElementById("drafts-of");
  if (!place) return;
  const links = [];
  for (let at = 0; at < localStorage.length; at += 1) {
    const name = localStorage.key(at);
    if (!name.startsWith(own)) continue;
    try {
      const draft = JSON.parse(localStorage.getItem(name));
      links.push(Object.assign(document.createElement("a"), { href: draft.address, textContent: draft.name }));
    } catch { localStorage.removeItem(name); }
  }
  place.replaceChildren(...links.flatMap((link, at) => (at ? [" · ", link] : [link])));
  document.getElementById("drafts").hidden = links.length === 0;
}
try { drafts(); } catch { /* a browser that keeps nothing has no drafts */ }
