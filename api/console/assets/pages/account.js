/* An account's page: its parts come when they are looked at, and move with time, each by itself, so that charts glide. */
import { addressed } from "../app.js";

const AFTER = { headers: { "X-Console": "part" } };
let seen;

/* The address of a part, with the clocks of the page. */
function now(address) {
  const url = new URL(address, location.href);
  const here = new URLSearchParams(location.search);
  for (const name of ["as_of", "known_at"]) here.get(name) ? url.searchParams.set(name, here.get(name)) : url.searchParams.delete(name);
  return url.pathname + url.search;
}

async function load(part, address = part.dataset.part) {
  part.dataset.asked = address;
  await htmx.ajax("GET", now(address), { ...AFTER, target: `#${part.id}`, swap: "outerHTML" });
  keep(document.getElementById(part.id), address);
}

/* What was loaded is not exchanged with the page, but asked for again by itself. */
function keep(part, address) {
  if (!part) return;
  part.dataset.loaded = address;
  part.setAttribute("hx-morph-skip", "");
}

function watch() {
  seen?.disconnect();
  seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting && !target.dataset.asked) load(target);
  }, { rootMargin: "300px" });
  for (const part of document.querySelectorAll("[data-part]:not([data-loaded])")) seen.observe(part);
}

async function again(part) {
  const address = part.dataset.loaded;
  const asked = now(address);
  again.wanted.set(part.id, asked);
  part.removeAttribute("hx-morph-skip");
  await htmx.ajax("GET", asked, { ...AFTER, target: `#${part.id}`, swap: "outerMorph" });
  keep(document.getElementById(part.id), address);
}
again.wanted = new Map();

document.addEventListener("kams:shown", () => {
  for (const part of document.querySelectorAll("[data-loaded]")) again(part);
  watch();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) return print();
  const link = event.target.closest("[data-part-link]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const part = link.closest(".part");
  part.removeAttribute("hx-morph-skip");
  part.dataset.loaded = link.dataset.partLink;
  again(part);
});
watch();
export { addressed };
