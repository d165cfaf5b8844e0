// The two ways to the workspace: ask for its state, and do something as a person.

export async function state(users) {
  const q = new URLSearchParams(users.map((u) => ["user", u]));
  const r = await fetch("/people/state?" + q, { cache: "no-store" });
  if (!r.ok) throw new Error(await r.text());
  return r.json();
}

// post never throws: a workspace that is not there is trouble like any other.
export async function post(act, body) {
  try {
    const r = await fetch("/people/" + act, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (r.ok) return await r.json();
    return { code: "refused", text: (await r.text()).trim() };
  } catch {
    return { code: "gone", text: "The sandbox does not answer. Is it still running?" };
  }
}

// live calls changed() at every change and up(bool) when the line comes and goes. It connects again by itself; each new
// connection begins with a change, for something may have been missed.
export function live(changed, up) {
  let line;
  let wait = 0;
  const connect = () => {
    line = new WebSocket(location.origin.replace(/^http/, "ws") + "/people/live");
    line.onmessage = () => {
      wait = 0;
      up(true);
      changed();
    };
    line.onclose = () => {
      up(false);
      wait = Math.min(wait * 2 || 250, 4000);
      setTimeout(() => line.readyState === WebSocket.CLOSED && connect(), wait);
    };
  };
  connect();
  // A browser slows the timers of a page that nobody looks at.
  document.addEventListener("visibilitychange", () => document.hidden || line.readyState !== WebSocket.CLOSED || connect());
}
