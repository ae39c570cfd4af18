/* Dates and numbers as api/console/formats.py says them: in the language of the page, by the clock of the company. */
const { lang, dataset } = document.documentElement;
export const locale = lang.startsWith("zh") ? "zh-CN" : "en-GB";

/* What says something of a kind, made when the first is said: a page that begins says none, and each takes long to make. */
function saying(make) {
  let format;
  return (value) => (format ??= make()).format(value);
}

/* Says moments; in the zone of the browser where it does not know that of the company. */
export function dates(options, timeZone = dataset.zone) {
  return saying(() => {
    try { return new Intl.DateTimeFormat(locale, { ...options, timeZone }); } catch { return new Intl.DateTimeFormat(locale, options); }
  });
}
export const moment = dates({ dateStyle: "medium", timeStyle: "short" });
export const time = dates({ hour: "2-digit", minute: "2-digit" });

/* A day of the calendar, as 2026-03-31 stands in addresses. */
const days = dates({ dateStyle: "medium" }, "UTC");
export const day = (text) => days(new Date(`${text}T00:00:00Z`));

export const numbers = (options) => saying(() => new Intl.NumberFormat(locale, options));
export const compact = numbers({ notation: "compact", maximumFractionDigits: 1 });
