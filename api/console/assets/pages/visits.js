/* Arrow keys move from day to day, PageUp and PageDown to the days before and after. */
const days = () => [...document.querySelectorAll("#calendar .day-number")];
document.getElementById("main").addEventListener("keydown", (event) => {
  const at = days().indexOf(event.target);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "PageUp" || event.key === "PageDown") {
    event.preventDefault();
    document.getElementById(event.key === "PageUp" ? "days-before" : "days-after").click();
    return;
  }
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
  const next = step === undefined ? undefined : days()[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
