/* The year, played: a frame of each week is drawn at once; those around the slider are fetched first, as soon as somebody
   reaches for it. A day whose week is not there is asked for by itself; where the slider rests the page itself is fetched. */
import { addressed, show } from "./app.js";

const STEP = 7, WEEKS = 3, AROUND = 4, REST = 320, DAY = 86_400_000;
const number = (day) => Date.parse(`${day}T00:00:00Z`) / DAY;
const dayOf = (at) => new Date(at * DAY).toISOString().slice(0, 10);

/* `address()` says where the frames of what is seen are, and is empty where nothing of it is; `draw` shows one. */
export function played({ address, draw }) {
  const frames = { address: "", days: new Map(), blocks: new Set(), most: 0, running: false, lacking: false, day: "", wanted: "", asking: false };
  const nearest = (day) => frames.days.get(day) ?? frames.days.get(dayOf(Math.floor(number(day) / STEP) * STEP));

  function begin() {
    const found = address();
    if (found && frames.address !== found) Object.assign(frames, { address: found, days: new Map(), blocks: new Set(), lacking: false });
    return found;
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
}
