/* The parts of the page that take longer come after it, and again when the day that is looked at changes. */
let asked = null;

async function fill(part, signal) {
  part.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(part.dataset.part + location.search, { headers: { "X-Console": "part" }, signal });
    if (!answer.ok) throw new TypeError(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("#main > .part");
    if (found) part.replaceChildren(document.adoptNode(found));
  } catch (error) {
    if (error.name !== "AbortError") failed(part);
  } finally {
    if (!signal.aborted) part.removeAttribute("aria-busy");
  }
}

/* What stands there stays; that it is old, or not there, is said, with a way to ask again. */
function failed(part) {
  part.querySelector(".failed")?.remove();
  const note = Object.assign(document.createElement("div"), { className: "notice warn failed toolbar" });
  note.setAttribute("role", "status");
  const again = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: part.dataset.again });
  again.addEventListener("click", () => fill(part, asked.signal));
  note.append(part.dataset.failed, again);
  part.append(note);
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
