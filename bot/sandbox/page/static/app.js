// The page: it keeps the workspace's state, and draws it again at every change.

import { live, post, state } from "./api.js";
import { composing, h, icon, mount } from "./dom.js";
import { Client } from "./person.js";
import { screen } from "./screen.js";
import { story } from "./story.js";
import { avatar, lensButton } from "./parts.js";
import { city, clock, day } from "./time.js";

class App {
  constructor(root) {
    this.paint = mount(root);
    this.state = null;
    this.clients = new Map();
    this.phone = "left";
    this.lens = false;
    this.connected = true;
    this.jumping = "";
    this.trouble = "";
    this.acting = "";
    this.mode = "story";
    this.scheduled = false;
    this.heard = {}; // by person, ts of the app's last message that was read here
  }

  person(id) {
    return this.state.people.find((p) => p.id === id);
  }

  name(id) {
    const p = this.person(id);
    return p ? p.name : id;
  }

  client(user) {
    if (!this.clients.has(user)) this.clients.set(user, new Client(this, user));
    return this.clients.get(user);
  }

  // hear keeps for a reload what was read; a browser that keeps nothing says once more that it is new.
  hear(user, ts) {
    if (this.heard[user] === ts) return;
    this.heard[user] = ts;
    try {
      sessionStorage.setItem("sandbox heard", JSON.stringify({ boot: this.state.boot, heard: this.heard }));
    } catch {
      // As said.
    }
  }

  recall() {
    try {
      const kept = JSON.parse(sessionStorage.getItem("sandbox heard") || "{}");
      if (kept.boot === this.state.boot) this.heard = kept.heard;
    } catch {
      // As above.
    }
  }

  // waiting are the people, beside those on the screen, whom the app has told something that nobody has read here.
  get waiting() {
    return this.state.people.filter((p) => p.acts && p.news && p.news !== this.heard[p.id] && !this.users.includes(p.id));
  }

  // alone is true if one person's screen is all there is.
  get alone() {
    return this.mode !== "story";
  }

  now() {
    return this.state.now + (performance.now() - this.at);
  }

  // head is what stands above the story: what it looks forward to only as long as that is to come.
  get head() {
    const { story: s, played, call } = this.state;
    const ahead = (s.steps || [])[played.step];
    const later = s.latertitle && (this.now() >= call || !ahead || ahead.branch);
    return later ? { title: s.latertitle, lead: s.laterlead } : { title: s.title, lead: s.lead };
  }

  // ready is the line that is typed on the left phone for the step that is on, "" if it has been sent or changed.
  get ready() {
    const { story: s, played } = this.state;
    const line = ((s.steps || [])[played.step] || {}).typed || (played.used ? "" : s.typed);
    return line && this.client(s.left).typed[s.channel + " "] === line ? line : "";
  }

  look(user) {
    return {
      zone: this.person(user).zone, locale: this.person(user).locale, now: this.now(),
      person: (id) => (this.person(id) || {}).name,
      channel: (id) => (Object.values(this.state.users).flatMap((u) => u.channels).find((c) => c.id === id) || {}).name,
    };
  }

  get users() {
    if (!this.state) return [];
    return this.mode === "story" ? [this.state.story.left, this.state.story.right] : [this.acting];
  }

  // refresh gets the state. Calls while one is under way share the next one.
  refresh() {
    if (this.fetching) {
      this.again ||= this.fetching.then(() => {
        this.again = null;
        return this.refresh();
      });
      return this.again;
    }
    this.fetching = this.fetch().finally(() => (this.fetching = null));
    return this.fetching;
  }

  async fetch() {
    let s = null;
    try {
      s = await state(this.users);
    } catch {
      // Said below.
    }
    this.connected = !!s;
    if (s && this.state && s.boot !== this.state.boot) return location.reload();
    if (s) {
      const first = !this.state;
      if (!first && s.played.used && !this.state.played.used) this.untype(s.story.typed);
      this.state = s;
      this.at = performance.now();
      if (!this.since) this.recall();
      this.since ||= s.now;
      if (s.story) this.type();
      if (first) this.where(); // only now is it known whether there is a story
      this.arrived();
    }
    return this.draw();
  }

  arrived() {
    for (const u of this.users) if (this.state.users[u]) this.client(u).arrived();
  }

  // start decides what the page opens on: the story if there is one, unless the address says otherwise.
  async start() {
    await this.refresh();
    if (!this.state) return setTimeout(() => this.start(), 1000);
    window.addEventListener("hashchange", () => {
      this.where();
      this.refresh();
    });
    await this.refresh();
    live(() => this.refresh(), (up) => {
      if (this.connected === up) return;
      this.connected = up;
      this.draw();
    });
    this.tick();
    document.addEventListener("keydown", (e) => composing(e) || this.hop(e));
    this.openStory();
    this.draw();
  }

  openStory() {
    const s = this.state.story;
    if (!s || this.mode !== "story" || this.opened || !this.users.every((u) => this.state.users[u])) return;
    this.opened = true;
    for (const u of [s.left, s.right]) {
      const c = this.client(u);
      c.goTo(c.state.channels.find((k) => k.id === s.channel));
    }
    if (!this.state.played.used) this.client(s.left).typed[s.channel + " "] = s.typed;
    this.arrived();
  }

  // untype takes a line of the story away again, since it has been sent, here or on another page.
  untype(line) {
    const s = this.state.story;
    const { typed } = this.client(s.left);
    if (typed[s.channel + " "] === line) typed[s.channel + " "] = "";
  }

  // type types a step's line when the step comes, and once more when a window was closed: it leads back to the call. It
  // gives way to what somebody types.
  type() {
    const { story: s, played } = this.state;
    const line = ((s.steps || [])[played.step] || {}).typed || "";
    const { modal, typed } = this.client(s.left);
    const closed = this.covered && !modal;
    this.covered = !!modal;
    if (line === this.line && !closed) return;
    if (this.line) this.untype(this.line);
    this.line = line;
    if (line && !typed[s.channel + " "]) typed[s.channel + " "] = line;
  }

  where() {
    const [mode, user] = location.hash.slice(1).split("/");
    const people = this.state.people.filter((p) => p.acts);
    this.mode = this.state.story && mode !== "workspace" ? "story" : "workspace";
    this.acting = (people.find((p) => p.id === user) || people.find((p) => p.id === this.acting) || people[0]).id;
  }

  go(hash) {
    location.hash = hash;
  }

  // hop moves the focus from one phone to the other, which Tab cannot do out of an open window.
  hop(e) {
    if (e.key !== "F6" || this.mode !== "story") return;
    e.preventDefault();
    const at = document.activeElement && document.activeElement.closest(".phone");
    this.phone = at && at.dataset.side === "left" ? "right" : "left";
    this.drawNow();
    const next = document.querySelector(`.phone.${this.phone}`);
    (next.querySelector("[role=alertdialog]") || next.querySelector("[role=dialog]") || next).focus();
  }

  tick() {
    setTimeout(() => {
      this.draw();
      this.tick();
    }, 60000 - (this.now() % 60000) + 20);
  }

  async jump(label) {
    if (this.jumping) return;
    this.jumping = label;
    this.trouble = "";
    this.draw();
    const a = await post("jump", { user: this.users[0], label });
    await this.refresh();
    this.jumping = "";
    this.trouble = a.text || "";
    this.draw();
  }

  draw() {
    if (this.scheduled || !this.state) return;
    this.scheduled = true;
    queueMicrotask(() => this.scheduled && this.drawNow());
  }

  drawNow() {
    this.scheduled = false;
    if (this.mode === "story") this.openStory();
    const ready = this.users.every((u) => this.state.users[u]);
    this.paint(top(this), !this.connected && gone(), this.trouble && h("p", { class: "page-trouble", role: "alert" }, this.trouble),
      ready ? (this.mode === "story" ? story(this) : workspace(this)) : h("main", { class: "workspace" }, h("p", { class: "empty" }, "Opening …")));
    document.title = (this.mode === "story" ? this.head.title : this.name(this.acting)) + " · Sandbox";
  }
}

const gone = () => h("p", { class: "page-trouble", role: "alert", key: "gone" }, "The sandbox does not answer. Once it runs again, this page goes on by itself.");

function top(app) {
  const who = app.person(app.users[0]);
  const now = app.now();
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const { jumps, story: s } = app.state;
  return h("header", { class: "top", key: "top" },
    h("p", { class: "notice" }, h("strong", null, "Sandbox"), h("span", null, h("span", { class: "wide-only" }, "A make-believe workspace on this machine. "), "Nothing here reaches Slack.")),
    h("div", { class: "clock", role: "group", "aria-label": "The workspace’s clock" },
      h("p", { class: "now" }, h("time", { "data-test": "clock", "data-now": Math.floor(now / 60000) * 60 }, `${day(now, who)}, ${clock(now, who)}`), h("span", { class: "quiet small" }, ` in ${city(who.zone)}`)),
      jumps.length > 0 && h("div", { class: "jumps" }, jumps.map((j) => h("button", { type: "button", key: j.label, class: "button slim", "data-jump": j.label, "aria-busy": app.jumping === j.label ? "true" : undefined, "aria-disabled": app.jumping ? "true" : undefined, onclick: () => app.jump(j.label) }, j.label)))),
    h("div", { class: "controls" },
      s && (app.mode === "story"
        ? h("button", { type: "button", class: "button slim", "data-test": "workspace", onclick: () => app.go("workspace/" + app.state.story.left) }, "Whole workspace", news(app))
        : h("button", { type: "button", class: "button slim", "data-test": "story", onclick: () => app.go("story") }, "Back to the story")),
      h("button", { type: "button", class: "button slim icon-only", "data-test": "theme", "aria-label": dark ? "Switch to light" : "Switch to dark", title: dark ? "Switch to light" : "Switch to dark", onclick: () => {
        theme(dark ? "light" : "dark");
        app.draw();
      } }, icon("sun"))));
}

// news says how many people beside those on the screen have something to read from the app.
function news(app) {
  const n = app.waiting.length;
  return n > 0 && h("span", { class: "badge", "data-test": "news", "aria-label": n === 1 ? "1 more person has something new" : `${n} more people have something new` }, n);
}

function workspace(app) {
  const client = app.client(app.acting);
  const people = app.state.people.filter((p) => p.acts);
  return h("main", { class: "workspace", key: "workspace" },
    h("div", { class: "who" }, avatar(client.me),
      h("label", { for: "acting", class: "quiet" }, "You are"),
      h("select", { id: "acting", class: "text", "data-test": "acting", value: app.acting, onchange: (e) => app.go("workspace/" + e.target.value) },
        people.map((p) => h("option", { key: p.id, value: p.id }, `${p.name} · ${p.title || p.role}${app.waiting.includes(p) ? " · new" : ""}`))), news(app),
      lensButton(app)),
    h("div", { class: "desk", "data-user": app.acting }, screen(client)));
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem("sandbox theme", name);
  } catch {
    // A browser that keeps nothing asks its system again next time.
  }
}

try {
  const kept = localStorage.getItem("sandbox theme");
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
} catch {
  // As above.
}

new App(document.getElementById("page")).start();
