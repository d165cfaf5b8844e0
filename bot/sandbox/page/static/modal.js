// Windows over one person's screen: modals and "are you sure". Tab stays inside, Escape closes.

import { h, icon } from "./dom.js";
import { blocks } from "./blocks.js";
import { flatText, textObject } from "./mrkdwn.js";
import { lensNote, trouble } from "./parts.js";

const reachable = "button:not([disabled]),input:not([disabled]),select:not([disabled]),textarea:not([disabled]),a[href]";

// fenced gives a window its keys. Its first and its last control are always buttons, so the fence is simple.
const fenced = (close) => (e) => {
  if (e.key === "Escape") {
    e.preventDefault();
    e.stopPropagation();
    close();
  } else if (e.key === "Tab") {
    const all = [...e.currentTarget.querySelectorAll(reachable)].filter((x) => x.offsetParent);
    const at = document.activeElement;
    const edge = e.shiftKey ? all[0] : all[all.length - 1];
    if (at !== edge && at !== e.currentTarget) return;
    if (at === e.currentTarget && !e.shiftKey) return;
    e.preventDefault();
    (e.shiftKey ? all[all.length - 1] : all[0]).focus();
  }
};

// takeFocus moves the focus into a new window, unless the person is busy on another phone.
const takeFocus = (el) => {
  const at = document.activeElement;
  const mine = el.closest(".client");
  if (at && at !== document.body && !mine.contains(at)) return;
  if (!el.cameFrom && at !== document.body) el.cameFrom = at;
  el.focus({ preventScroll: true });
};

// keepFocus brings the focus back that was lost with what had it. A focus on its way from one field to the next is
// nowhere too, while the first tells of its change: it is asked about once it has arrived.
const keepFocus = (client, el) => {
  if (document.activeElement === document.body) setTimeout(() => el.isConnected && document.activeElement === document.body && !client.asking && takeFocus(el));
};

// giveBack puts the focus where it was before the window, or where people type.
const giveBack = (el) => {
  const mine = el.closest(".client");
  if (!el.contains(document.activeElement)) return;
  setTimeout(() => {
    if (mine.querySelector("[role=dialog]") || document.activeElement !== document.body) return;
    const to = el.cameFrom && el.cameFrom.isConnected && el.cameFrom !== mine ? el.cameFrom : mine.querySelector(".main .compose") || mine.querySelector(".main .scroll");
    if (to) to.focus({ preventScroll: true });
  });
};

export function modal(client) {
  const m = client.modal;
  if (!m) return null;
  const v = m.view;
  const id = `${client.user}-${m.id}`;
  const depth = client.state.modals.length;
  const sending = m.pending || client.pending.has(`${m.id} submit ${m.hash}`);
  const waiting = sending || [...client.pending].some((k) => k.startsWith(m.id + " "));
  const close = () => client.dismiss(m.id);
  const hidden = client.app.lens && m.hidden;
  const place = client.place(m.id, { view: m.id }, (v.state || {}).values, m.errors, m.id, "h3", () => m.hash);
  return h("div", { class: "overlay", key: "modal" + m.id, inert: !!client.asking },
    depth > 1 && h("div", { class: "beneath", "aria-hidden": "true" }),
    h("div", { class: "sheet", role: "dialog", "aria-modal": client.app.alone ? "true" : undefined, "aria-labelledby": id + "-title", tabindex: -1, "data-view": m.id, "data-callback": m.callback,
      oncreate: takeFocus, onremove: giveBack, onupdate: (el) => keepFocus(client, el), onkeydown: fenced(close) },
      h("header", { class: "sheet-head" }, h("h2", { id: id + "-title" }, textObject(v.title, place.look)),
        depth > 1 && h("span", { class: "quiet small" }, `window ${depth} of ${depth}`),
        h("button", { type: "button", class: "button icon-only ghost", "aria-label": "Close window", "data-test": "close-window", onclick: close }, icon("close"))),
      hidden && lensNote(m.hidden),
      trouble(client, m.id),
      h("div", { key: m.callback + flatText(v.title, place.look), class: "sheet-body" + (hidden ? " dimmed" : "") },
        blocks(v.blocks, place)),
      h("footer", { class: "sheet-foot" },
        waiting && h("span", { class: "waiting", role: "status" }, "Waiting for an answer …"),
        h("button", { key: "close", type: "button", class: "button", "data-test": "close", onclick: close }, flatText(v.close, place.look) || "Close"),
        v.submit && h("button", { key: "submit", type: "button", class: "button primary", "data-test": "submit", "aria-busy": sending ? "true" : undefined, "aria-disabled": sending ? "true" : undefined,
          onclick: () => client.submit(m) }, flatText(v.submit, place.look)))));
}

export function confirm(client) {
  const a = client.asking;
  if (!a) return null;
  const c = a.confirm;
  const id = client.user + "-confirm";
  const back = document.activeElement;
  const close = () => {
    client.asking = null;
    client.app.drawNow();
  };
  return h("div", { class: "overlay asking", key: "confirm" },
    h("div", { class: "sheet", role: "alertdialog", "aria-modal": client.app.alone ? "true" : undefined, "aria-labelledby": id + "-title", "aria-describedby": id + "-text", tabindex: -1,
      oncreate: (el) => {
        a.back = back;
        el.focus();
      },
      onremove: () => setTimeout(() => a.back && a.back.isConnected && a.back.focus()), onkeydown: fenced(close) },
      h("header", { class: "sheet-head" }, h("h2", { id: id + "-title" }, flatText(c.title, a.look))),
      h("div", { class: "sheet-body" }, h("div", { class: "words", id: id + "-text" }, textObject(c.text, a.look))),
      h("footer", { class: "sheet-foot" },
        h("button", { type: "button", class: "button", "data-test": "deny", onclick: close }, flatText(c.deny, a.look) || "Cancel"),
        h("button", { type: "button", class: "button " + (c.style || "primary"), "data-test": "confirm", onclick: a.go }, flatText(c.confirm, a.look) || "Yes"))));
}
