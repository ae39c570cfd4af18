/* The funnel: filters are sent as they are chosen. */
import { addressed, show } from "../app.js";

document.documentElement.classList.add("scripted");

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-filters]");
  if (!form || !event.target.name) return;
  if (event.target.type === "date" && event.target.value && !event.target.checkValidity()) return;
  show(addressed({ [event.target.name]: event.target.value }));
});
