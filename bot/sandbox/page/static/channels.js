// Conversations themselves: a new one, who is in it, and its end. Each part is {button, panel}, the panel open or not.

import { h, icon } from "./dom.js";
import { avatar } from "./parts.js";

// opener is a button that opens a panel and gets the focus back from it.
function opener(client, name, label, sign, panel) {
  const id = `${client.user}-${name}`;
  const open = client.menu === name;
  const turn = () => {
    client.menu = open ? "" : name;
    client.app.draw();
  };
  return {
    button: h("button", { type: "button", id: id + "-button", class: "button icon-only ghost small-icon", "aria-label": label, title: label, "aria-expanded": String(open), "aria-controls": open ? id : undefined, "data-test": name, onclick: turn }, icon(sign)),
    panel: open && h("div", { class: "menu inline", id, key: name, role: "group", "aria-label": label, oncreate: (el) => el.querySelector("button,input,select").focus({ preventScroll: true }), onkeydown: (e) => {
      if (e.key !== "Escape") return;
      e.stopPropagation();
      turn();
      document.getElementById(id + "-button").focus();
    } }, panel()),
  };
}

export const newDM = (client) => opener(client, "new-dm", "New direct message", "plus", () =>
  client.app.state.people.filter((p) => !p.bot && !p.gone && p.id !== client.user).map((p) =>
    h("button", { key: p.id, type: "button", class: "row", "data-person": p.id, onclick: () => client.visit("dm", { who: p.id }) }, avatar(p),
      h("span", { class: "grow" }, h("span", { class: "ellipsis" }, p.name), h("span", { class: "ellipsis quiet small" }, p.title || p.role)))));

export function newChannel(client) {
  const make = () => {
    const name = (client.typed.channel || "").trim();
    if (!name) return;
    client.typed.channel = "";
    client.visit("channel", { name });
  };
  return opener(client, "new-channel", "New channel", "plus", () => h("div", { class: "line" },
    h("input", { type: "text", class: "text", "aria-label": "Name of the new channel", placeholder: "Name", maxlength: 80, autocomplete: "off", value: client.typed.channel || "",
      oninput: (e) => {
        client.typed.channel = e.target.value;
      },
      onkeydown: (e) => {
        if (e.key === "Enter") make();
      } }),
    h("button", { type: "button", class: "button", "data-test": "make-channel", onclick: make }, "Add")));
}

// about a channel: who is in it, and what can be done with it.
export function about(client, c) {
  if (c.kind !== "channel" && c.kind !== "private") return null;
  const { people, app } = client.app.state;
  const act = (name, body) => client.does(name, name, { channel: c.id, ...body }, "main");
  const button = (label, name, body) => h("button", { key: label, type: "button", class: "button slim", "data-test": name, onclick: () => act(name, body) }, label);
  return opener(client, "about", "About this channel", "more", () => {
    const inside = people.filter((p) => c.members.includes(p.id));
    const outside = people.filter((p) => !p.bot && !p.gone && !c.members.includes(p.id));
    return [
      h("p", { class: "small" }, h("strong", null, inside.length === 1 ? "1 member: " : `${inside.length} members: `), inside.map((p) => p.name).join(", ")),
      c.member && h("div", { class: "line" },
        !c.archived && [
          c.members.includes(app.user) ? button(`Remove ${app.name}`, "remove", { who: app.user }) : button(`Add ${app.name}`, "invite", { who: app.user }),
          outside.length > 0 && h("select", { key: "who", class: "text slim", "aria-label": "Add a person", value: "", onchange: (e) => act("invite", { who: e.target.value }) },
            h("option", { value: "", disabled: true }, "Add a person"), outside.map((p) => h("option", { key: p.id, value: p.id }, p.name))),
          button("Leave", "remove", { who: client.user }),
        ],
        c.archived ? button("Reopen", "unarchive", {}) : button("Archive", "archive", {})),
    ];
  });
}
