// The line in which people type: messages, slash commands, with suggestions for both names and commands.

import { h, icon } from "./dom.js";

const most = 6;

// suggestions are what fits before the caret: {from, items: [{insert, title, note}], active}.
function suggestions(client, text, caret) {
  const before = text.slice(0, caret);
  const { people, app } = client.app.state;
  if (/^\/\S*$/.test(before)) {
    const items = app.commands.filter((c) => c.command.startsWith(before))
      .map((c) => ({ insert: c.command + " ", title: c.command + (c.usage_hint ? " " + c.usage_hint : ""), note: c.description || "" }));
    return items.length ? { from: 0, items, active: app.commands.some((c) => c.command === before) ? -1 : 0 } : null;
  }
  const m = /(^|[\s(])@([^@\n]{0,60})$/u.exec(before);
  if (!m) return null;
  const q = m[2].toLowerCase();
  const fits = people.filter((p) => p.name.toLowerCase().startsWith(q) || p.name.toLowerCase().split(/\s+/).some((w) => w.startsWith(q))).slice(0, most);
  if (!fits.length) return null;
  const done = fits.some((p) => [p.name.toLowerCase(), p.name.split(" ")[0].toLowerCase()].includes(q));
  const items = fits.map((p) => ({ insert: "@" + p.name + " ", title: p.name, note: p.title || "" }));
  return { from: before.length - m[2].length - 1, items, active: done ? -1 : 0 };
}

function take(client, item, box) {
  const s = client.suggest;
  const caret = box.selectionStart;
  const text = box.value;
  client.typed[client.key] = text.slice(0, s.from) + item.insert + text.slice(caret).trimStart();
  client.suggest = null;
  client.app.drawNow();
  box.focus();
  box.setSelectionRange(s.from + item.insert.length, s.from + item.insert.length);
}

function grow(box) {
  box.style.height = "auto";
  if (box.value) box.style.height = Math.min(box.scrollHeight + 2, 120) + "px";
}

addEventListener("resize", () => document.querySelectorAll(".compose").forEach(grow));

export function composer(client, label) {
  const id = `composer-${client.user}`;
  const text = client.typed[client.key] || "";
  const busy = client.saying;
  const s = client.suggest;
  const { app } = client.app.state;
  const draw = () => client.app.draw();
  const keys = (e) => {
    e.target.shifted = e.shiftKey;
    e.target.entered = e.key === "Enter" && !e.shiftKey; // what Enter does is done below
    const n = s ? s.items.length : 0;
    if (s && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      s.active = e.key === "ArrowDown" ? (s.active + 1) % n : (Math.max(s.active, 0) - 1 + n) % n;
      return draw();
    }
    if (s && e.key === "Escape") {
      e.stopPropagation();
      client.suggest = null;
      return draw();
    }
    if (s && s.active >= 0 && (e.key === "Enter" || (e.key === "Tab" && !e.shiftKey))) {
      e.preventDefault();
      return take(client, s.items[s.active], e.target);
    }
    if (e.key === "Enter" && !e.shiftKey) {
      e.preventDefault();
      client.send();
    }
  };
  return h("div", { class: "composer", key: "composer" },
    s && h("ul", { class: "suggestions", role: "listbox", id: id + "-list", "aria-label": "Suggestions" },
      s.items.map((it, i) => h("li", { role: "option", id: `${id}-${i}`, "aria-selected": String(i === s.active), class: i === s.active ? "active" : undefined,
        onmousedown: (e) => {
          e.preventDefault();
          take(client, it, document.getElementById(id));
        } }, h("strong", null, it.title), it.note && h("small", null, it.note)))),
    client.menu === "shortcuts" && shortcuts(client, app),
    h("div", { class: "composer-row" },
      app.shortcuts.length > 0 && h("button", { type: "button", class: "button icon-only ghost", id: id + "-bolt", "aria-label": "Shortcuts", title: "Shortcuts", "aria-expanded": String(client.menu === "shortcuts"),
        onclick: () => {
          client.menu = client.menu === "shortcuts" ? "" : "shortcuts";
          draw();
        } }, icon("bolt")),
      h("textarea", {
        id, key: id + client.key, rows: 1, class: "compose", "aria-label": label, placeholder: label, value: text, role: "combobox", maxlength: 12000,
        "aria-expanded": String(!!s), "aria-controls": s ? id + "-list" : undefined, "aria-autocomplete": "list",
        "aria-activedescendant": s && s.active >= 0 ? `${id}-${s.active}` : undefined, autocomplete: "off", "data-test": "composer",
        // Keyboards on glass tell of Enter only here.
        onbeforeinput: (e) => {
          if (e.inputType !== "insertLineBreak" || e.target.shifted) return;
          e.preventDefault();
          if (!e.target.entered) client.send();
        },
        oncreate: grow, onupdate: grow, onkeydown: keys,
        oninput: (e) => {
          client.typed[client.key] = e.target.value;
          client.suggest = suggestions(client, e.target.value, e.target.selectionStart);
          delete client.trouble.main;
          draw();
        },
        onblur: () => {
          client.suggest = null;
          draw();
        },
      }),
      h("button", { type: "button", class: "button icon-only send", "aria-label": "Send", title: "Send (Enter)", "aria-busy": busy ? "true" : undefined, disabled: !text.trim(),
        onclick: () => client.send() }, icon("send"))),
    busy && h("p", { class: "waiting", role: "status" }, "Waiting for an answer …"));
}

function shortcuts(client, app) {
  const back = () => document.getElementById(`composer-${client.user}-bolt`).focus();
  return h("div", { class: "menu shortcuts", role: "group", "aria-label": "Shortcuts", onkeydown: (e) => {
    if (e.key !== "Escape") return;
    e.stopPropagation();
    client.menu = "";
    client.app.drawNow();
    back();
  } }, app.shortcuts.map((s) => h("button", { type: "button", class: "menu-item", "data-shortcut": s.callback_id, onclick: () => {
    back();
    client.shortcut(s.callback_id);
  } }, s.name, s.description && h("small", null, s.description))));
}
