// A small keyed renderer: h() describes, patch() changes the page to match. Elements are kept whenever tag and key
// stay, so focus, caret and scroll survive each update. Data reaches the page as text nodes and attributes only.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, props, ...kids) {
  return { tag, props: props || {}, key: props && props.key, kids: flat(kids, []) };
}

function flat(kids, out) {
  for (const k of kids) {
    if (k === null || k === undefined || k === false || k === true || k === "") continue;
    if (Array.isArray(k)) flat(k, out);
    else out.push(typeof k === "object" ? k : { text: String(k) });
  }
  return out;
}

function create(v, svg) {
  if (v.text !== undefined) return (v.el = document.createTextNode(v.text));
  const inSVG = svg || v.tag === "svg";
  const el = (v.el = inSVG ? document.createElementNS(SVG, v.tag) : document.createElement(v.tag));
  for (const k of v.kids) el.append(create(k, inSVG));
  props(el, {}, v.props);
  return el;
}

function created(v) {
  if (v.text !== undefined) return;
  v.kids.forEach(created);
  if (v.props.oncreate) v.props.oncreate(v.el);
}

function removed(v) {
  if (v.text !== undefined) return;
  if (v.props.onremove) v.props.onremove(v.el);
  v.kids.forEach(removed);
}

const hooks = new Set(["key", "oncreate", "onupdate", "onremove"]);
const live = new Set(["value", "checked", "indeterminate"]);

function props(el, old, now) {
  for (const k in old) if (!(k in now) && !hooks.has(k)) set(el, k, undefined);
  for (const k in now) if (!hooks.has(k) && (now[k] !== old[k] || live.has(k))) set(el, k, now[k]);
}

// composing tells the keys that belong to an input method: none of them is ours, at any field. In Safari the Enter that
// ends a composition says so by its code 229 only.
export const composing = (e) => e.type === "keydown" && (e.isComposing || e.keyCode === 229);

function set(el, k, v) {
  if (k.startsWith("on")) {
    const on = (el.handlers ||= {});
    const type = k.slice(2);
    if (!(type in on)) el.addEventListener(type, (e) => on[type] && !composing(e) && on[type](e));
    on[type] = v;
  } else if (live.has(k)) {
    const want = v === undefined ? "" : v;
    if (el[k] !== want) el[k] = want;
  } else if (v === undefined || v === null || v === false) el.removeAttribute(k);
  else el.setAttribute(k, v === true ? "" : String(v));
}

const alike = (a, b) => (a.text !== undefined ? b.text !== undefined : a.tag === b.tag && a.key === b.key);

function update(old, now) {
  const el = (now.el = old.el);
  if (now.text !== undefined) {
    if (now.text !== old.text) el.data = now.text;
    return;
  }
  children(el, old.kids, now.kids, now.tag === "svg" || el.namespaceURI === SVG);
  props(el, old.props, now.props); // after the children: a select takes its value only when its options are there
  if (now.props.onupdate) now.props.onupdate(el);
}

function children(parent, olds, nows, svg) {
  const keyed = new Map();
  const rest = [];
  for (const o of olds) (o.key !== undefined ? keyed.set(o.key, o) : rest.push(o));
  const from = nows.map((n) => {
    if (n.key !== undefined) {
      const o = keyed.get(n.key);
      if (!o || !alike(o, n)) return null;
      keyed.delete(n.key);
      return o;
    }
    const i = rest.findIndex((o) => alike(o, n));
    return i < 0 ? null : rest.splice(0, i + 1)[i];
  });
  const kept = new Set(from);
  for (const o of olds) {
    if (kept.has(o)) continue;
    removed(o);
    o.el.remove();
  }
  let at = parent.firstChild;
  const fresh = [];
  nows.forEach((n, i) => {
    if (from[i]) update(from[i], n);
    else {
      create(n, svg);
      fresh.push(n);
    }
    if (n.el === at) at = at.nextSibling;
    else parent.insertBefore(n.el, at);
  });
  fresh.forEach(created);
}

// mount returns draw(vnodes…), which makes root's content match.
export function mount(root) {
  let old = [];
  return (...nodes) => {
    const now = flat(nodes, []);
    children(root, old, now, false);
    old = now;
  };
}

const paths = {
  bolt: "M13 2 5 14h6l-1 8 8-12h-6z",
  close: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  send: "M4 12 20 4l-5 16-3.5-6.5z",
  list: "M4 6h16M4 12h16M4 18h16",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
  plus: "M12 5v14M5 12h14",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  reply: "M4 5h16v11H11l-5 4v-4H4z",
};

export const icon = (name) =>
  h("svg", { class: "icon icon-" + name, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, h("path", { d: paths[name] }));
