/* The funnel: filters are sent as they are chosen; cards of the board move by pointer and by keyboard. */
import { addressed, openPanel, show, tell } from "../app.js";
import { NotCome, question, reason, send } from "../fetching.js";

document.documentElement.classList.add("scripted");
const board = () => document.getElementById("board");
const columns = () => [...document.querySelectorAll(".column")];
const movable = (card) => board()?.hasAttribute("data-moves") && card;

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filters]");
  if (!form || !event.target.name) return;
  if (event.target.type === "date" && event.target.value && !event.target.checkValidity()) return;
  show(addressed({ [event.target.name]: event.target.value, wait_for: "" }));
});

/* ---- moving a card ---- */
const said = (key, stage) => board().dataset[key].replace("{stage}", stage);
const command = (deal, name) => `/console/do/opportunities/${deal}/${name}`;

async function move(card, column) {
  const from = card.closest(".column"), order = columns();
  if (!column || column === from || card.classList.contains("moving")) return;
  const stage = column.dataset.stage;
  if (order.indexOf(column) < order.indexOf(from)) {
    const back = location.pathname + location.search;
    return openPanel(`${command(card.dataset.deal, board().dataset.revert)}?${new URLSearchParams({ preset: new URLSearchParams({ to: stage }), back })}`);
  }
  const place = [card.parentNode, card.nextSibling];
  column.querySelector(".cards").prepend(card);
  card.classList.add("moving");
  tell(said("moving", column.dataset.name));
  let answer;
  let fault = "";
  try { answer = await give(card.dataset.deal, stage); } catch (error) { fault = error.message; }
  const told = answer?.headers.get("Kams-Recorded");
  if (told) {
    tell(said("moved", column.dataset.name));
    await show(addressed({ wait_for: String(JSON.parse(told).position) }), { keep: false });
    return document.querySelector(`#card-${CSS.escape(card.dataset.deal)} .move`)?.focus();
  }
  card.classList.remove("moving");
  if (place[0].isConnected) place[0].insertBefore(card, place[1]?.isConnected ? place[1] : null);
  if (!answer) return tell(fault);
  tell(said("back", from.dataset.name));
  told === null && open(await answer.text());
}

function give(deal, to) {
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
  const fields = { _key: key, _back: location.pathname + location.search, to };
  return send(command(deal, "advance"), fields);
}

/* The form with what is missing, as the server answered. */
function open(text) {
  const page = new DOMParser().parseFromString(text, "text/html"), body = document.getElementById("panel-body"), panel = document.getElementById("panel");
  body.replaceChildren(...[...page.querySelector("main").children].map((each) => document.importNode(each, true)));
  htmx.process(body);
  if (!panel.open) panel.showModal();
  (body.querySelector("[data-fault]") ?? panel).focus();
}

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.(".deal[draggable]");
  if (!movable(card)) return;
  event.dataTransfer.setData("text/plain", card.dataset.title);
  event.dataTransfer.effectAllowed = "move";
  move.dragged = card;
  card.classList.add("dragged");
});
document.addEventListener("dragend", () => {
  move.dragged?.classList.remove("dragged");
  move.dragged = null;
  for (const each of columns()) each.classList.remove("over");
});
document.addEventListener("dragover", (event) => {
  const column = move.dragged && event.target.closest(".column");
  for (const each of columns()) each.classList.toggle("over", each === column && !each.contains(move.dragged));
  if (column) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const column = move.dragged && event.target.closest(".column"), card = move.dragged;
  if (!column) return;
  event.preventDefault();
  move(card, column);
});

/* ---- the menu of a card ---- */
let menu;
function closeMenu(focus) {
  if (!menu) return;
  const button = menu.button;
  menu.remove();
  menu = undefined;
  button.setAttribute("aria-expanded", "false");
  if (focus) button.focus();
}
function openMenu(button) {
  closeMenu();
  const card = button.closest(".deal");
  menu = document.createElement("div");
  menu.className = "move-menu";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", board().dataset.menu);
  menu.button = button;
  for (const column of columns()) {
    if (column === card.closest(".column")) continue;
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "menuitem");
    item.textContent = column.dataset.name;
    item.addEventListener("click", () => { closeMenu(true); move(card, column); });
    menu.append(item);
  }
  (document.querySelector("main") ?? document.body).append(menu);
  const at = button.getBoundingClientRect(), size = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8))}px`;
  menu.style.top = `${at.bottom + size.height > innerHeight ? Math.max(8, at.top - size.height) : at.bottom + 4}px`;
  button.setAttribute("aria-expanded", "true");
  menu.firstElementChild?.focus();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest(".move");
  if (button) return button === menu?.button ? closeMenu(true) : openMenu(button);
  if (menu && !menu.contains(event.target)) closeMenu();
  const more = event.target.closest("a[data-more]");
  if (more && !event.metaKey && !event.ctrlKey && !event.shiftKey) { event.preventDefault(); further(more); }
});
document.addEventListener("keydown", (event) => {
  if (menu?.contains(event.target)) {
    const items = [...menu.children], at = items.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) { event.preventDefault(); items.at(to % items.length).focus(); }
    if (event.key === "Escape" || event.key === "Tab") { event.preventDefault(); closeMenu(true); }
    return;
  }
  const card = event.shiftKey && event.target.closest?.(".deal[draggable]"), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!card || !step || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  const order = columns(), rightward = getComputedStyle(board()).direction === "rtl" ? -step : step;
  move(card, order[order.indexOf(card.closest(".column")) + rightward]);
});
addEventListener("scroll", () => closeMenu(), true);

/* ---- further cards of a column ---- */
async function further(link) {
  if (link.getAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  const rest = link.closest(".rest"), list = rest.parentNode;
  try {
    const { ok, text } = await question(link.href, { pressed: true });
    if (!ok) throw new NotCome(reason(text), false);
    const found = new DOMParser().parseFromString(text, "text/html").querySelectorAll(".cards > li");
    const cards = [...found].filter((each) => !each.id || !document.getElementById(each.id)).map((each) => document.importNode(each, true));
    rest.replaceWith(...cards);
    (cards[0] ?? list).querySelector("a")?.focus();
  } catch (error) {
    link.removeAttribute("aria-busy");
    if (!(error instanceof NotCome)) throw error;
    tell(error.message);
  }
}

/* ---- the year, played: a frame of each week is drawn at once; those around the slider are fetched first. A day whose
   week is not there is asked for by itself; where the slider rests the page itself is fetched ---- */
const STEP = 7, WEEKS = 3, AROUND = 4, REST = 320, DAY = 86_400_000;
const frames = { address: "", days: new Map(), blocks: new Set(), most: 0, running: false, lacking: false, day: "", wanted: "", asking: false };

const number = (day) => Date.parse(`${day}T00:00:00Z`) / DAY;
const dayOf = (at) => new Date(at * DAY).toISOString().slice(0, 10);
const nearest = (day) => frames.days.get(day) ?? frames.days.get(dayOf(Math.floor(number(day) / STEP) * STEP));

function begin() {
  const address = document.getElementById("funnel-tiles")?.dataset.frames;
  if (address && frames.address !== address) Object.assign(frames, { address, days: new Map(), blocks: new Set(), lacking: false });
  return address;
}

async function ask(first, count) {
  const { address, days } = frames, query = new URLSearchParams({ first: dayOf(first), step: String(STEP), count: String(count) });
  const answer = await fetch(`${address}${address.includes("?") ? "&" : "?"}${query}`);
  if (!answer.ok) throw new Error(String(answer.status));
  for (const frame of await answer.json()) days.set(frame.day, frame);
}

/* The block of weeks that is not there yet, the nearest to the slider, within the year. */
function next() {
  const { first, steps } = document.getElementById("time").dataset, begins = number(first), ends = begins + Number(steps);
  const here = begins + Number(document.getElementById("time-slider").value), size = STEP * WEEKS;
  let found;
  for (let block = Math.floor(begins / size); block * size <= ends; block += 1) {
    const away = Math.abs(block * size + size / 2 - here);
    if (!frames.blocks.has(block) && (!found || away < found.away)) found = { block, away, first: block * size, count: Math.min(WEEKS, Math.floor((ends - block * size) / STEP) + 1) };
  }
  return found;
}

async function fetchFrames(most) {
  if (!begin()) return;
  frames.most = Math.max(frames.most, most);
  if (frames.running) return;
  frames.running = true;
  try {
    for (let block = next(); block && frames.blocks.size < frames.most && !frames.lacking; block = next()) {
      frames.blocks.add(block.block);
      await ask(block.first, block.count);
    }
  } catch { frames.lacking = true; } finally { frames.running = false; }
}

/* The frame of a day by itself: of days that pass while one is on its way, the last. */
async function fetchDay(day) {
  frames.wanted = day;
  if (frames.asking) return;
  frames.asking = true;
  try {
    while (frames.wanted) {
      const asked = frames.wanted;
      frames.wanted = "";
      await ask(number(asked), 1);
      if (asked === frames.day || !nearest(frames.day)) draw(frames.days.get(asked));
    }
  } catch { frames.lacking = true; } finally { frames.asking = false; }
}

function draw({ texts, shapes }) {
  for (const [id, text] of Object.entries(texts)) {
    const place = document.getElementById(id), line = (place?.querySelector(".why") ?? place)?.firstChild;
    if (line && line.nodeValue !== text) line.nodeValue = text;
  }
  for (const [id, style] of Object.entries(shapes)) {
    for (const [name, width] of Object.entries(style)) document.getElementById(id)?.style.setProperty(name, width);
  }
}

document.addEventListener("kams:time", (event) => {
  if (!begin()) return;
  const near = nearest(frames.day = event.detail.day);
  if (!near && frames.lacking) return;
  event.preventDefault();
  near ? draw(near) : fetchDay(frames.day);
  fetchFrames(Infinity);
  clearTimeout(frames.rest);
  frames.rest = setTimeout(() => show(addressed({})), REST);
});
for (const name of ["pointerdown", "pointerover", "focusin"]) document.getElementById("time")?.addEventListener(name, () => fetchFrames(AROUND), { passive: true });
document.addEventListener("kams:back", () => { frames.address = ""; });
