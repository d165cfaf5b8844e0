// Block Kit to vnodes. `on` is where the blocks stand: {id, look, people, channels, values, errors, busy(block, action),
// draft(block, action), type(block, action, value), act(block, action, value, confirm), menu(key), toggle(key)}.

import { h, icon } from "./dom.js";
import { flatText, richText, textObject } from "./mrkdwn.js";

const clean = (s) => String(s).replace(/[^A-Za-z0-9_-]/g, "_");

export const blocks = (list, on) => (list || []).map((b, i) => block(b, b.block_id || "block" + i, on));

function block(b, id, on) {
  const draw = { section, header, context, divider, actions, input, image, rich_text }[b.type];
  const p = { key: id, "data-block": id, class: "block block-" + b.type };
  if (!draw) return h("div", p, h("p", { class: "quiet" }, `The sandbox does not show blocks of type “${b.type}”.`));
  return draw(b, id, on, p);
}

function section(b, id, on, p) {
  const label = `${on.id}-${clean(id)}-text`;
  const texts = [
    b.text && h("div", { class: "words", id: label }, textObject(b.text, on.look)),
    b.fields && h("div", { class: "fields" }, b.fields.map((f) => h("div", { class: "words" }, textObject(f, on.look)))),
  ];
  if (!b.accessory) return h("div", p, texts);
  const wide = ["radio_buttons", "checkboxes", "multi_users_select"].includes(b.accessory.type);
  return h("div", { ...p, class: p.class + " has-accessory" + (wide ? " accessory-below" : "") },
    h("div", { class: "grow" }, texts), h("div", { class: "accessory" }, element(b.accessory, id, on, b.text ? { labelledby: label } : {})));
}

const header = (b, id, on, p) => h("div", p, h(on.heading || "h3", { class: "header" }, textObject(b.text, on.look)));

const context = (b, id, on, p) =>
  h("div", p, (b.elements || []).map((e) =>
    e.type === "image" ? h("span", { class: "picture small" }, e.alt_text) : h("span", { class: "words" }, textObject(e, on.look))));

const divider = (b, id, on, p) => h("hr", p);

const actions = (b, id, on, p) => h("div", p, (b.elements || []).map((e) => element(e, id, on, {})));

// A picture would be a request to somewhere else, so its description stands for it.
const image = (b, id, on, p) =>
  h("figure", p, h("div", { class: "picture", role: "img", "aria-label": b.alt_text }, b.alt_text),
    b.title && h("figcaption", null, textObject(b.title, on.look)));

const rich_text = (b, id, on, p) => h("div", { ...p, class: p.class + " words" }, richText(b.elements, on.look));

function input(b, id, on, p) {
  const base = `${on.id}-${clean(id)}`;
  const error = on.errors[id];
  const described = [b.hint && base + "-hint", error && base + "-error"].filter(Boolean).join(" ") || undefined;
  const group = ["radio_buttons", "checkboxes", "multi_users_select"].includes(b.element.type);
  const words = [textObject(b.label, on.look), b.optional && h("span", { class: "optional" }, " (optional)")];
  return h("div", { ...p, class: p.class + (error ? " has-error" : "") },
    group ? h("div", { class: "label", id: base + "-label" }, words)
      : h("label", { class: "label", id: base + "-label", for: base + "-control" }, words),
    element(b.element, id, on, { id: base + "-control", labelledby: base + "-label", describedby: described, invalid: !!error, required: !b.optional, clears: b.optional }),
    b.hint && h("p", { class: "hint", id: base + "-hint" }, textObject(b.hint, on.look)),
    error && h("p", { class: "error", id: base + "-error", role: "alert" }, error));
}

function thumbnail(e) {
  return h("span", { class: "picture small", role: "img", "aria-label": e.alt_text }, e.alt_text);
}

const drawn = {
  button, overflow, plain_text_input, number_input: plain_text_input, email_text_input: plain_text_input, url_text_input: plain_text_input,
  static_select: select, users_select: select, conversations_select: select, multi_users_select: people, radio_buttons: choices, checkboxes: choices, datepicker: moment, timepicker: moment, image: thumbnail,
};

function element(e, block, on, named) {
  const draw = drawn[e.type];
  if (!draw) return h("span", { class: "quiet" }, `The sandbox has no control of type “${e.type}”.`);
  return draw(e, e.action_id || e.type, block, on, named);
}

function button(e, action, block, on) {
  const busy = on.busy(block, action);
  return h("button", {
    key: action, type: "button", class: "button" + (e.style ? " " + e.style : ""), "data-block": block, "data-action": action, "data-value": e.value,
    "aria-label": e.accessibility_label || undefined, "aria-busy": busy ? "true" : undefined, "aria-disabled": busy ? "true" : undefined,
    onclick: () => !busy && on.act(block, action, {}, e.confirm),
  }, h("span", null, textObject(e.text, on.look)), e.url && h("span", { class: "quiet" }, " (link: " + e.url + ")"));
}

function overflow(e, action, block, on, named) {
  const key = `${on.id}-${clean(block)}-${clean(action)}-menu`;
  const open = on.menu === key;
  return h("div", { key: action, class: "overflow" },
    h("button", { type: "button", id: key + "-button", class: "button icon-only", "data-block": block, "data-action": action, "aria-expanded": String(open), "aria-controls": key,
      "aria-label": e.accessibility_label || "More choices", "aria-describedby": named.labelledby, onclick: () => on.toggle(key) }, icon("more")),
    open && h("div", { class: "menu", id: key, onkeydown: (ev) => {
      if (ev.key !== "Escape") return;
      ev.stopPropagation();
      on.toggle(key);
      document.getElementById(key + "-button").focus();
    } }, e.options.map((o) => h("button", { type: "button", class: "menu-item", "data-value": o.value, onclick: () => {
      on.toggle(key);
      on.act(block, action, { option: o.value }, e.confirm);
    } }, textObject(o.text, on.look), o.description && h("small", null, textObject(o.description, on.look))))));
}

// held is what the control shows: what the person changed and has not sent yet, else what the workspace has.
function held(e, action, block, on) {
  const draft = on.draft(block, action);
  if (draft !== undefined) return draft;
  const v = ((on.values[block] || {})[action] || {});
  switch (e.type) {
    case "static_select":
    case "radio_buttons":
      return (v.selected_option || (action in (on.values[block] || {}) ? null : e.initial_option) || {}).value || "";
    case "checkboxes":
      return (v.selected_options || (action in (on.values[block] || {}) ? null : e.initial_options) || []).map((o) => o.value);
    case "users_select":
      return v.selected_user || (action in (on.values[block] || {}) ? "" : e.initial_user) || "";
    case "multi_users_select":
      return v.selected_users || (action in (on.values[block] || {}) ? [] : e.initial_users) || [];
    case "conversations_select":
      return v.selected_conversation || (action in (on.values[block] || {}) ? "" : e.initial_conversation) || "";
    case "datepicker":
      return v.selected_date || (action in (on.values[block] || {}) ? "" : e.initial_date) || "";
    case "timepicker":
      return v.selected_time || (action in (on.values[block] || {}) ? "" : e.initial_time) || "";
    default:
      return v.value || (action in (on.values[block] || {}) ? "" : e.initial_value) || "";
  }
}

const common = (e, action, block, on, named) => ({
  id: named.id || `${on.id}-${clean(block)}-${clean(action)}`,
  "data-block": block, "data-action": action,
  "aria-labelledby": named.labelledby, "aria-label": named.labelledby ? undefined : flatText(e.placeholder, on.look) || e.type.replaceAll("_", " "),
  "aria-describedby": named.describedby, "aria-invalid": named.invalid ? "true" : undefined, "aria-required": named.required ? "true" : undefined,
});

function plain_text_input(e, action, block, on, named) {
  const send = () => on.send(block, action);
  const each = (e.dispatch_action_config || {}).trigger_actions_on || [];
  return h(e.multiline ? "textarea" : "input", {
    ...common(e, action, block, on, named), key: action, class: "text", type: e.multiline ? undefined : "text", rows: e.multiline ? 3 : undefined,
    autocomplete: "off", maxlength: e.max_length || 3000, placeholder: flatText(e.placeholder, on.look) || undefined, value: held(e, action, block, on),
    oninput: (ev) => {
      on.type(block, action, { text: ev.target.value }, ev.target.value);
      if (each.includes("on_character_entered")) on.soon(block, action);
    },
    onchange: send,
    onkeydown: (ev) => {
      if (ev.key === "Enter" && (!e.multiline || ev.ctrlKey || ev.metaKey)) {
        ev.preventDefault();
        if (each.includes("on_enter_pressed")) send();
        else on.enter();
      }
    },
  });
}

// moment is a day or a time. One that may stay empty has a way back to that, for not every browser's own control has one.
function moment(e, action, block, on, named) {
  const date = e.type === "datepicker";
  const base = common(e, action, block, on, named);
  const value = held(e, action, block, on);
  const input = h("input", {
    ...base, key: action, class: "text moment", type: date ? "date" : "time", value,
    oninput: (ev) => {
      on.type(block, action, date ? { date: ev.target.value } : { time: ev.target.value }, ev.target.value);
      if (ev.target.value) on.soon(block, action);
    },
    onblur: () => on.send(block, action),
  });
  if (!named.clears) return input;
  return h("div", { key: action, class: "with-clear" }, input,
    value !== "" && h("button", { type: "button", key: "clear", class: "button icon-only ghost", "aria-label": date ? "Clear the date" : "Clear the time", title: "Clear", "aria-describedby": named.labelledby, onclick: () => {
      document.getElementById(base.id).focus();
      on.act(block, action, date ? { date: "" } : { time: "" }, e.confirm, "");
    } }, icon("close")));
}

function select(e, action, block, on, named) {
  const option = (o) => h("option", { key: o.value, value: o.value }, flatText(o.text, on.look));
  const value = held(e, action, block, on);
  const [key, list] = {
    users_select: () => ["user", on.people.filter((p) => !p.gone || p.id === value).map((p) => h("option", { key: p.id, value: p.id }, p.name))],
    conversations_select: () => ["channel", conversations(e, value, on).map((c) => h("option", { key: c.id, value: c.id }, c.name))],
    static_select: () => ["option", e.option_groups
      ? e.option_groups.map((g) => h("optgroup", { label: flatText(g.label, on.look) }, g.options.map(option)))
      : e.options.map(option)],
  }[e.type]();
  const back = named.clears && value !== ""; // what may stay empty can be emptied again
  return h("select", {
    ...common(e, action, block, on, named), key: action, class: "text", value,
    onchange: (ev) => on.act(block, action, { [key]: ev.target.value }, e.confirm, ev.target.value),
  }, h("option", { key: "", value: "", disabled: !back, hidden: value !== "" && !back }, back ? "(none)" : flatText(e.placeholder, on.look) || "Choose"), list);
}

// conversations are those that the person sees and the filter lets through, beside the one that is chosen already.
function conversations(e, value, on) {
  const { include, exclude_bot_users: noApps } = e.filter || {};
  const kinds = { channel: "public", private: "private", im: "im", mpim: "mpim" };
  const all = on.channels.filter((c) => c.id === value || (!c.archived && (!include || include.includes(kinds[c.kind])) && !(noApps && c.app)));
  return all.some((c) => c.id === value) || !value ? all : [{ id: value, name: "A conversation that you cannot see" }, ...all];
}

// people are several: those chosen as chips, each with its way out, and behind a button the list of all.
function people(e, action, block, on, named) {
  const chosen = held(e, action, block, on);
  const base = common(e, action, block, on, named);
  const { id, "data-block": b, "data-action": a, "aria-invalid": invalid, ...said } = base;
  delete said["aria-required"];
  const list = `${id}-list`;
  const open = on.menu === list;
  const full = chosen.length >= (e.max_selected_items || Infinity);
  const name = (u) => (on.people.find((p) => p.id === u) || { name: on.look.person(u) || u }).name;
  const set = (users) => on.act(block, action, { users }, e.confirm, users);
  const opener = `${id}-open`;
  const without = (u) => {
    document.getElementById(opener).focus();
    set(chosen.filter((x) => x !== u));
  };
  return h("div", { ...said, id, "data-block": b, "data-action": a, key: action, class: "people", role: "group", "data-invalid": invalid, onkeydown: (ev) => {
    if (ev.key !== "Escape" || !open) return;
    ev.stopPropagation();
    on.toggle(list);
    document.getElementById(opener).focus();
  } },
    chosen.length > 0 && h("ul", { class: "chips" }, chosen.map((u) => h("li", { key: u, class: "chip" }, h("span", { class: "ellipsis" }, name(u)),
      h("button", { type: "button", class: "chip-out", "aria-label": `Remove ${name(u)}`, title: "Remove", onclick: () => without(u) }, icon("close"))))),
    h("button", { type: "button", id: opener, class: "button slim", "data-test": "choose-people", "aria-expanded": String(open), "aria-controls": open ? list : undefined, "aria-describedby": named.labelledby,
      onclick: () => on.toggle(list) }, open ? "Close the list" : flatText(e.placeholder, on.look) || "Choose people"),
    open && h("div", { id: list, class: "choices" }, on.people.filter((p) => !p.gone || chosen.includes(p.id)).map((p) => {
      const is = chosen.includes(p.id);
      return h("label", { key: p.id, class: "choice", for: `${id}-${p.id}` },
        h("input", { id: `${id}-${p.id}`, type: "checkbox", "data-value": p.id, checked: is, disabled: full && !is,
          onchange: (ev) => set(ev.target.checked ? [...chosen, p.id] : chosen.filter((x) => x !== p.id)) }),
        h("span", null, h("span", { class: "option-text" }, p.name), p.title && h("small", null, p.title)));
    }), full && h("p", { class: "hint" }, e.max_selected_items === 1 ? "One person fits here." : `${e.max_selected_items} people fit here.`)));
}

function choices(e, action, block, on, named) {
  const many = e.type === "checkboxes";
  const value = held(e, action, block, on);
  const base = common(e, action, block, on, named);
  // One below the other, however short they are, as in the picture at
  // docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element. So long windows scroll here as well.
  return h("div", { ...base, key: action, class: "choices", role: many ? "group" : "radiogroup", "aria-required": many ? undefined : base["aria-required"],
    "data-invalid": base["aria-invalid"], "aria-invalid": many ? undefined : base["aria-invalid"] },
    e.options.map((o, i) => {
      const id = `${base.id}-${i}`;
      const checked = many ? value.includes(o.value) : value === o.value;
      return h("label", { key: o.value, class: "choice", for: id },
        h("input", { id, type: many ? "checkbox" : "radio", name: base.id, "data-value": o.value, checked,
          onchange: (ev) => {
            if (!many) return on.act(block, action, { option: o.value }, e.confirm, o.value);
            const now = e.options.map((x) => x.value).filter((x) => (x === o.value ? ev.target.checked : value.includes(x)));
            return on.act(block, action, { options: now }, e.confirm, now);
          } }),
        h("span", null, h("span", { class: "option-text" }, textObject(o.text, on.look)),
          o.description && h("small", null, textObject(o.description, on.look))));
    }));
}
