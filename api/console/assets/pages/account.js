/* An account's page: its parts come when they are looked at, and move with time, each by itself, so that charts glide. */
const AFTER = { headers: { "X-Console": "part" } };
let seen;

/* The address of a part, with the clocks of the page. */
function now(address) {
  const url = new URL(address, location.href);
  const here = new URLSearchParams(location.search);
  for (const name of ["as_of", "known_at"]) here.get(name) ? url.searchParams.set(name, here.get(name)) : url.searchParams.delete(name);
  return url.pathname + url.search;
}

async function load(part) {
  const address = (part.dataset.asked = part.dataset.part);
  await htmx.ajax("GET", now(address), { ...AFTER, source: part, target: part, swap: "outerHTML" });
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

/* While one is on its way only the last of those that are wanted after it is asked for. */
const wanted = new Map();
async function again({ id, dataset: { loaded: address } }) {
  const busy = wanted.has(id);
  wanted.set(id, now(address));
  if (busy) return;
  try {
    for (let asked; (asked = wanted.get(id)); wanted.get(id) === asked && wanted.delete(id)) {
      const part = document.getElementById(id);
      if (!part) break;
      part.removeAttribute("hx-morph-skip");
      await htmx.ajax("GET", asked, { ...AFTER, source: part, target: part, swap: "outerMorph" });
      keep(document.getElementById(id), address);
    }
  } finally { wanted.delete(id); }
}

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
  part.dataset.loaded = link.dataset.partLink;
  again(part);
});
watch();
