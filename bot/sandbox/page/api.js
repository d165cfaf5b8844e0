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

// live calls changed() at every change and up(bool) when the line comes and goes. The browser connects again by itself.
export function live(changed, up) {
  const s = new EventSource("/people/live");
  s.addEventListener("changed", () => {
    up(true);
    changed();
  });
  s.onerror = () => up(false);
}
