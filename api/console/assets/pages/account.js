/* An account's page: another opportunity's decision map in place, the map as it was through the year, and the sheet on
   paper. */
import { addressed, show } from "../app.js";
import { played } from "../frames.js";

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) return print();
  const link = event.target.closest("a[data-deal]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(addressed({ deal: link.dataset.deal, wait_for: "" }));
});

/* While somebody sees the map it moves at once; what stands beside it is dimmed until the slider rests. */
const chart = () => document.getElementById("decision-map-chart");
const inView = ({ top, bottom }) => bottom > 0 && top < innerHeight;
played({
  address: () => chart() && inView(chart().getBoundingClientRect()) ? document.getElementById("map-frames").dataset.frames : "",
  draw({ map, height }) {
    if (!chart() || !height) return;
    document.getElementById("main").classList.add("moving");
    chart().style.setProperty("--height", `${height}px`);
    chart().setAttribute("data", map);
  },
});

/* What is folded and belongs to the page is on paper, too. */
const folded = () => document.querySelectorAll("details[data-on-paper]");
addEventListener("beforeprint", () => { for (const each of folded()) if (!each.open) each.open = each.wasFolded = true; });
addEventListener("afterprint", () => { for (const each of folded()) if (each.wasFolded) each.open = each.wasFolded = false; });
