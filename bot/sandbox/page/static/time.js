// Moments in somebody's zone and language, always the workspace's time and never the browser's zone. Slack writes times by
// the language that a person has chosen there.

const formats = new Map();

// format gives a person's {zone, locale} way of writing moments.
export function format({ zone, locale }, options) {
  const key = zone + locale + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale || "en-GB", { timeZone: zone || "UTC", ...options }));
  return formats.get(key);
}

// hours is how a time of day begins: 9:00 AM, but 09:00.
export const hours = (who) => ({ hour: who.locale === "en-US" ? "numeric" : "2-digit", minute: "2-digit" });

export const clock = (ms, who) => format(who, hours(who)).format(ms);
export const day = (ms, who) => format(who, { weekday: "short", day: "numeric", month: "short" }).format(ms).replace(",", "");
export const city = (zone) => (zone || "UTC").split("/").pop().replaceAll("_", " ");
export const millis = (ts) => Number(ts) * 1000;
