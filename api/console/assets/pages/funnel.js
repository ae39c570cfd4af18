/* The funnel: filters are sent as they are chosen; cards of the board move by pointer and by keyboard. */
import { addressed, openPanel, show, tell } from "../app.js";
import { played } from "../frames.js";
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

/* ---- the year, played ---- */
played({
  address: () => document.getElementById("funnel-tiles")?.dataset.frames,
  draw({ texts, spoken, shapes }) {
    for (const [id, text] of Object.entries(texts)) {
      const place = document.getElementById(id), line = (place?.querySelector(".why") ?? place)?.firstChild;
      if (line && line.nodeValue !== text) line.nodeValue = text;
    }
    for (const [id, text] of Object.entries(spoken)) {
      const place = document.querySelector(`#${id} .hidden`);
      if (place) place.textContent = ` ${text}`;
    }
    for (const [id, style] of Object.entries(shapes)) {
      for (const [name, width] of Object.entries(style)) document.getElementById(id)?.style.setProperty(name, width);
    }
  },
});
