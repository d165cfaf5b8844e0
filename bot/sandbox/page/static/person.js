// One person's client: what they look at, what they typed and have not sent, and what they do. It draws nothing.

import { post } from "./api.js";

export class Client {
  constructor(app, user) {
    Object.assign(this, { app, user, screen: "main", open: null, thread: "", shown: "", menu: "", asking: null, suggest: null, banner: null });
    this.typed = {}; // by conversation and thread
    this.drafts = new Map(); // by place, block and action: changed here, not yet in the workspace
    this.pending = new Set();
    this.sent = 0;
    this.trouble = {}; // by place
    this.read = null; // newest ts read, by channel
    this.last = Promise.resolve();
    this.timers = new Map();
  }

  get state() {
    return this.app.state.users[this.user] || { channels: [], posts: {}, modals: [], home: null };
  }

  get me() {
    return this.app.person(this.user);
  }

  get modal() {
    return this.state.modals[this.state.modals.length - 1];
  }

  get dm() {
    return this.state.channels.find((c) => c.app);
  }

  // channel is the conversation on the screen, if one is.
  get channel() {
    if (!this.open) return undefined;
    return this.open.app ? (this.open.tab === "messages" ? this.dm : undefined) : this.state.channels.find((c) => c.id === this.open.channel);
  }

  get key() {
    return (this.channel ? this.channel.id : "") + " " + this.thread;
  }

  name(c) {
    if (c.app) return this.app.state.app.name;
    if (c.kind === "mpim" && c.members.length) {
      const others = c.members.map((m) => this.app.person(m)).filter((p) => p && p.id !== this.user);
      return [...others.filter((p) => !p.bot), ...others.filter((p) => p.bot)].map((p) => p.name).join(", ");
    }
    return c.name;
  }

  // arrived is called with each new state: it forgets what is gone and notes what is new.
  arrived() {
    const places = new Set(["home", "main", ...this.state.modals.map((m) => m.id)]);
    if (this.state.home) places.add(this.state.home.id);
    for (const c of this.state.channels) for (const p of this.state.posts[c.id] || []) places.add(c.id + p.ts);
    for (const [k, d] of this.drafts) if (!places.has(d.at)) this.drafts.delete(k);
    for (const k of Object.keys(this.trouble)) if (!places.has(k)) delete this.trouble[k];
    if (!this.open || (!this.open.app && !this.channel)) this.goTo(this.state.channels.find((c) => c.member && !c.app));
    const first = !this.read;
    this.read ||= {};
    for (const c of this.state.channels) {
      const posts = this.state.posts[c.id] || [];
      const newest = posts[posts.length - 1];
      if (!newest) continue;
      if (first) this.read[c.id] = (posts.findLast((p) => Number(p.ts) * 1000 < this.app.since) || { ts: "0" }).ts;
      if (this.screen === "main" && this.channel === c) this.read[c.id] = newest.ts;
      const waker = posts.findLast((p) => p.wakes);
      if (waker && Number(waker.ts) > Number(this.read[c.id] || 0) && Number(waker.ts) > Number(this.shown)) {
        this.banner = { channel: c, post: waker };
        this.shown = waker.ts;
      }
    }
    if (this.banner && !this.unread(this.banner.channel)) this.banner = null; // read in the meantime
    this.hear();
  }

  // hear notes that all is read that the app has told this person.
  hear() {
    if (this.state.channels.some((c) => (c.app || c.kind === "mpim") && this.unread(c))) return;
    this.app.hear(this.user, this.me.news || "");
  }

  unread(c) {
    const read = Number((this.read || {})[c.id] || 0);
    return (this.state.posts[c.id] || []).filter((p) => Number(p.ts) > read && p.user !== this.user).length;
  }

  goTo(c) {
    if (!c) return;
    this.open = c.app ? { app: true, tab: "messages" } : { channel: c.id };
    this.look();
  }

  goHome() {
    this.open = { app: true, tab: "home" };
    this.look();
    this.does("home", "home", {}, "home");
  }

  look() {
    this.screen = "main";
    this.thread = "";
    this.suggest = null;
    this.menu = "";
    const c = this.channel;
    if (c && this.read) {
      const posts = this.state.posts[c.id] || [];
      if (posts.length) this.read[c.id] = posts[posts.length - 1].ts;
    }
    if (c && this.banner && this.banner.channel.id === c.id) this.banner = null;
    if (this.read) this.hear();
    this.app.draw();
  }

  // does sends one act after the other, so that the workspace gets them in the order in which they were made. One that
  // no longer fits what is on the screen when its turn comes is not sent, which is said.
  does(key, act, body, place, fits = () => true) {
    delete this.trouble[place];
    this.pending.add(key);
    this.app.draw();
    const run = async () => {
      const a = fits() ? await post(act, { user: this.user, ...body }) : { code: "changed", text: "The window changed before that was sent. Look again." };
      await this.app.refresh();
      this.pending.delete(key);
      if (a.text) {
        const there = place === "home" || place === "main" || this.state.modals.some((m) => m.id === place);
        this.trouble[there ? place : "main"] = a.text;
      }
      this.app.draw();
      return a;
    };
    this.last = this.last.then(run, run);
    return this.last;
  }

  async send() {
    const key = this.key;
    const text = (this.typed[key] || "").trim();
    if (!text) return;
    this.suggest = null;
    const command = /^\/[a-z]/i.test(text);
    if (command && this.thread) {
      this.trouble.main = `${text.split(" ")[0]} is not supported in threads. Sorry!`;
      return this.app.draw();
    }
    const c = this.channel;
    this.typed[key] = "";
    const a = await this.does(`say ${++this.sent}`, command ? "command" : "say", command ? { channel: c.id, text } : { channel: c.id, thread: this.thread, text }, "main");
    if (!a.text || this.typed[key]) return;
    this.typed[key] = text; // to be sent once more
    this.app.draw();
  }

  get saying() {
    return [...this.pending].some((k) => k.startsWith("say "));
  }

  // visit does an act that leads to a conversation.
  async visit(act, body) {
    const a = await this.does(act, act, body, "main");
    const c = this.state.channels.find((k) => k.id === a.channel);
    if (!c) return;
    this.goTo(c);
    this.app.drawNow();
    const box = document.getElementById("composer-" + this.user);
    if (box) box.focus();
  }

  shortcut(callback) {
    this.menu = "";
    this.does(`say ${++this.sent}`, "shortcut", { callback }, "main");
  }

  dismiss(view) {
    this.asking = null;
    this.does(view + " close", "dismiss", { view }, view);
  }

  // submit leads to the first field with an error, if there is one. A second press on the same screen is one too many;
  // a press on the next screen waits for its turn.
  async submit(m) {
    const view = m.id;
    const key = `${view} submit ${m.hash}`;
    if (m.pending || this.pending.has(key)) return;
    this.flush(view);
    const same = () => {
      const now = this.modal;
      return !now || now.id !== view || now.callback === m.callback;
    };
    const a = await this.does(key, "submit", { view }, view, same);
    if (!a.errors) return;
    this.app.drawNow();
    const bad = document.querySelector(`.client[data-user="${this.user}"] [data-view="${view}"] :is([aria-invalid], [data-invalid])`);
    const to = bad && (bad.matches(".choices,.people") ? bad.querySelector("input,[data-test=choose-people]") : bad);
    if (!to) return;
    to.focus({ preventScroll: true });
    to.closest(".block").scrollIntoView({ block: "center" });
  }

  // place gives blocks.js what it needs to draw and use the elements of one view or post.
  // version() tells what is drawn from what was there before in the same place.
  place(id, at, values, errors, trouble, heading, version) {
    const app = this.app;
    const key = (block, action) => `${id} ${block} ${action}`;
    const press = (block, action) => `${key(block, action)} ${version()}`;
    return {
      id: `${this.user}-${id}`.replace(/[^A-Za-z0-9_-]/g, "_"), heading, look: app.look(this.user), people: app.state.people.filter((p) => !p.bot),
      channels: this.state.channels.map((c) => ({ ...c, name: (c.kind === "channel" ? "#" : "") + this.name(c) })),
      values: values || {}, errors: errors || {}, menu: this.menu,
      toggle: (menu) => {
        this.menu = this.menu === menu ? "" : menu;
        app.draw();
      },
      busy: (block, action) => this.pending.size > 0 && this.pending.has(press(block, action)),
      draft: (block, action) => (this.drafts.get(key(block, action)) || {}).shown,
      type: (block, action, value, shown) => {
        this.drafts.set(key(block, action), { at: id, place: at, block, action, value, shown, trouble, sent: false });
        app.draw();
      },
      send: (block, action) => this.sendDraft(key(block, action)),
      soon: (block, action) => this.soon(key(block, action)),
      enter: () => (this.modal && this.modal.id === id && this.modal.view.submit ? this.submit(this.modal) : this.flush(id)),
      act: (block, action, value, confirm, shown) => {
        const go = () => {
          this.asking = null;
          if (shown !== undefined) this.drafts.set(key(block, action), { at: id, place: at, block, action, value, shown, trouble, sent: false });
          this.flush(id); // what was typed nearby goes first, for the app reads it with the tap
          if (shown === undefined) this.does(press(block, action), "act", { ...at, block, action, value }, trouble);
        };
        if (!confirm) return go();
        this.asking = { confirm, go, look: app.look(this.user) };
        return app.draw();
      },
    };
  }

  // soon waits until a value that changes by keystrokes, such as a time of day, has come to rest.
  soon(key) {
    clearTimeout(this.timers.get(key));
    this.timers.set(key, setTimeout(() => this.sendDraft(key), 500));
  }

  flush(place) {
    for (const [key, d] of this.drafts) if (d.at === place) this.sendDraft(key);
  }

  async sendDraft(key) {
    clearTimeout(this.timers.get(key));
    const d = this.drafts.get(key);
    if (!d || d.sent) return;
    d.sent = true;
    const a = await this.does(key, "act", { ...d.place, block: d.block, action: d.action, value: d.value }, d.trouble);
    if (this.drafts.get(key) !== d) return; // changed again in the meantime
    this.drafts.delete(key);
    if (a.code === "gone") this.drafts.set(key, { ...d, sent: false });
    this.app.draw();
  }
}
