// Small things that several screens show.

import { h, icon } from "./dom.js";

export function avatar(person) {
  const name = person ? person.name : "?";
  const letters = name.split(/[\s-]+/).filter(Boolean).map((w) => [...w][0]).slice(0, 2).join("").toUpperCase();
  let hue = 0;
  for (const c of person ? person.id : "") hue = (hue * 31 + c.codePointAt(0)) % 6;
  return h("span", { class: `avatar hue${hue}` + (person && person.bot ? " bot" : ""), "aria-hidden": "true" }, letters);
}

// lensNote says that, and why, something is not seen; a brief one keeps the why for ears and for the mouse.
export const lensNote = (why, brief) =>
  h("p", { class: "lens-note" + (brief ? " brief" : ""), key: "lens", title: brief ? why : undefined }, icon("eye"),
    h("span", null, h("strong", null, brief ? "Not visible" : "Not visible. "), brief ? h("span", { class: "heard" }, why) : why));

export function trouble(client, place) {
  const text = client.trouble[place];
  if (!text) return null;
  return h("div", { class: "trouble", role: "alert", key: "trouble " + place }, h("span", null, text),
    h("button", { type: "button", class: "button icon-only ghost", "aria-label": "Dismiss this notice", onclick: () => {
      delete client.trouble[place];
      client.app.draw();
    } }, icon("close")));
}

// lensButton dims, on every screen shown, what one role does not see.
export function lensButton(app) {
  const { lens } = app.state;
  if (!lens) return null;
  return h("button", { type: "button", class: "button slim lens", "aria-pressed": String(app.lens), "data-test": "lens", title: lens.label, "aria-label": lens.label, onclick: () => {
    app.lens = !app.lens;
    app.draw();
  } }, icon("eye"), h("span", null, lens.label));
}
