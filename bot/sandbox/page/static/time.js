// Moments in somebody's zone, always the workspace's time and never the browser's zone.

const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone || "UTC", ...options }));
  return formats.get(key);
}

export const clock = (ms, zone) => format(zone, { hour: "2-digit", minute: "2-digit" }).format(ms);
export const day = (ms, zone) => format(zone, { weekday: "short", day: "numeric", month: "short" }).format(ms).replace(",", "");
export const city = (zone) => (zone || "UTC").split("/").pop().replaceAll("_", " ");
export const millis = (ts) => Number(ts) * 1000;
