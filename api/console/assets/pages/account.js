/* An account's page: another opportunity's decision map in place, and the sheet on paper. */
import { addressed, show } from "../app.js";

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) return print();
  const link = event.target.closest("a[data-deal]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(addressed({ deal: link.dataset.deal, wait_for: "" }));
});
