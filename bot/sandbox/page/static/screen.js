// One person's screen: the list of conversations, a conversation or a thread, the app's Home.

import { h, icon } from "./dom.js";
import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { confirm, modal } from "./modal.js";
import { flatText, mrkdwn } from "./mrkdwn.js";
import { about, newChannel, newDM } from "./channels.js";
import { avatar, lensNote, trouble } from "./parts.js";
import { clock, day, millis } from "./time.js";

// settle draws at once, then moves the focus to where the person went; without it, the focus would be lost.
function settle(client, selector) {
  client.app.drawNow();
  const el = document.querySelector(`.client[data-user="${client.user}"] ${selector}`);
  if (el) el.focus({ preventScroll: true });
}

// visit goes to a conversation, or without one to the app's Home.
export function visit(client, c, thread) {
  if (c) client.goTo(c);
  else client.goHome();
  client.thread = thread || "";
  settle(client, ".main .scroll");
}

export function screen(client) {
  const covered = !!(client.modal || client.asking);
  return h("div", { class: "client", "data-screen": client.screen, "data-user": client.user, key: client.user },
    h("div", { class: "client-body", inert: covered }, list(client), h("div", { class: "main" }, banner(client), client.open && client.open.app ? app(client) : conversation(client))),
    modal(client), confirm(client));
}

function banner(client) {
  const b = client.banner;
  if (!b) return null;
  const from = client.app.person(b.post.user);
  return h("div", { class: "banner", role: "status", key: "banner" },
    h("button", { type: "button", class: "banner-open", "data-test": "banner", onclick: () => visit(client, b.channel, b.post.thread) },
      avatar(from), h("span", { class: "grow" + (client.app.lens && b.post.hidden ? " dimmed" : "") }, h("strong", null, from ? from.name : b.post.user),
        h("span", { class: "ellipsis" }, flatText({ type: "mrkdwn", text: b.post.text || "New message" }, client.app.look(client.user)))), h("span", { class: "open" }, "Open")),
    h("button", { type: "button", class: "button icon-only ghost", "aria-label": "Dismiss this notice", onclick: () => {
      client.banner = null;
      client.app.draw();
    } }, icon("close")));
}

function list(client) {
  const { channels } = client.state;
  const name = client.app.state.app.name;
  const open = client.open || {};
  const row = (c) => {
    const n = client.unread(c);
    return h("li", { key: c.id }, h("button", { type: "button", class: "row" + (n ? " unread" : ""), "data-channel": c.id, "aria-current": !open.app && open.channel === c.id ? "page" : undefined,
      onclick: () => visit(client, c) },
      c.kind === "im" ? avatar(client.app.state.people.find((p) => p.id !== client.user && c.members.includes(p.id))) : h("span", { class: "sign", "aria-hidden": "true" }, c.kind === "private" ? icon("lock") : c.kind === "mpim" ? "●" : "#"),
      h("span", { class: "grow ellipsis" }, client.name(c)), c.archived && h("span", { class: "quiet small" }, "archived"), n > 0 && h("span", { class: "badge", "aria-label": `${n} new` }, n)));
  };
  const group = (title, rows, more) => h("section", { key: title }, h("div", { class: "group" }, h("h3", null, title), more && more.button), more && more.panel, h("ul", null, rows));
  const n = client.dm ? client.unread(client.dm) : 0;
  return h("nav", { class: "list", "aria-label": `Conversations of ${client.me.name}` },
    group("Channels", channels.filter((c) => c.kind === "channel" || c.kind === "private").map(row), newChannel(client)),
    group("Direct messages", channels.filter((c) => ["im", "mpim"].includes(c.kind) && !c.app).map(row), newDM(client)),
    group("Apps", [h("li", { key: "app" }, h("button", { type: "button", class: "row" + (n ? " unread" : ""), "data-test": "app", "aria-current": open.app ? "page" : undefined,
      onclick: () => visit(client, n || !client.app.state.app.home ? client.dm : null) },
      avatar(client.app.person(client.app.state.app.user)), h("span", { class: "grow ellipsis" }, name), n > 0 && h("span", { class: "badge", "aria-label": `${n} new` }, n)))]));
}

function bar(client, title, note, more) {
  const n = client.state.channels.reduce((sum, c) => sum + client.unread(c), 0);
  return h("header", { class: "bar" },
    client.thread
      ? h("button", { type: "button", class: "button icon-only ghost", "aria-label": "Back to the conversation", "data-test": "back", onclick: () => {
        client.thread = "";
        settle(client, ".main .scroll");
      } }, icon("back"))
      : h("button", { type: "button", class: "button icon-only ghost to-list", "aria-label": n ? `All conversations, ${n} new` : "All conversations", "data-test": "list", onclick: () => {
        client.screen = "list";
        settle(client, ".list [aria-current], .list .row");
      } }, icon("list"), n > 0 && h("span", { class: "dot" })),
    h("div", { class: "grow" }, h("h2", { class: "ellipsis" }, title), note && h("p", { class: "quiet small ellipsis" }, note)), more);
}

function conversation(client) {
  const c = client.channel;
  if (!c) return [bar(client, "No conversation", ""), h("div", { class: "scroll" }, h("p", { class: "empty" }, "There is no conversation here yet."))];
  const name = (c.kind === "channel" ? "#" : "") + client.name(c);
  const other = c.kind === "im" ? client.app.person(c.members.find((m) => m !== client.user)) : null;
  const note = client.thread ? name : other ? other.title : c.topic;
  const more = !client.thread && about(client, c);
  return [bar(client, client.thread ? "Thread" : name, note, more && more.button), more && more.panel, posts(client, c), foot(client, c, client.thread ? "Reply in the thread" : `Message ${name}`)];
}

function foot(client, c, label) {
  const { app } = client.app.state;
  if (!c.archived && !c.member) {
    return h("div", { class: "foot" }, trouble(client, "main"), h("p", { class: "quiet closed" }, "You are not in this channel. You can read along."),
      h("button", { type: "button", class: "button wide", "data-test": "join", onclick: () => client.does("join", "invite", { channel: c.id, who: client.user }, "main") }, "Join"));
  }
  const closed = c.archived ? "This channel is archived." : c.app && app.readonly ? "Messages cannot be sent to this app." : "";
  return h("div", { class: "foot" }, trouble(client, "main"), closed ? h("p", { class: "quiet closed" }, closed) : composer(client, label));
}

// stick keeps the newest post in sight as long as the person has not scrolled away from it. It waits for the end of the
// drawing, for until then the conversation may not be on the screen, and have no height.
const stick = (el) => queueMicrotask(() => {
  if (!el.away) el.scrollTop = el.scrollHeight;
});

function posts(client, c) {
  const all = client.state.posts[c.id] || [];
  const shown = all.filter((p) => (client.thread ? p.ts === client.thread || p.thread === client.thread : !p.thread || p.thread === p.ts));
  let date = "";
  let why = "";
  const out = [];
  for (const p of shown) {
    const d = day(millis(p.ts), client.me);
    if (d !== date) out.push(h("p", { class: "day", key: "day " + d }, h("span", null, d)));
    date = d;
    out.push(post(client, c, p, all.filter((q) => q.thread === p.ts && q.ts !== p.ts).length, p.hidden === why));
    why = p.hidden;
  }
  return h("div", { class: "scroll", key: c.id + client.thread, role: "log", "aria-label": "Messages", tabindex: 0, oncreate: stick, onupdate: stick,
    onscroll: (e) => (e.target.away = e.target.scrollTop + e.target.clientHeight < e.target.scrollHeight - 40) },
    out.length ? out : h("p", { class: "empty" }, c.app ? `${client.name(c)} has not written to you yet.` : "Nothing has been said here yet."));
}

// post draws one message. Of neighbours that the lens hides for the same reason, only the first says so to the eye.
function post(client, c, p, replies, again) {
  const who = p.gone ? null : client.app.person(p.user);
  const hidden = client.app.lens && p.hidden;
  const at = millis(p.ts);
  const talks = c.member && !c.archived && !p.gone && !(c.app && client.app.state.app.readonly);
  const deletes = talks && (p.user === client.user || client.me.admin);
  const thread = !client.thread && !p.ephemeral && (() => {
    client.thread = p.ts;
    settle(client, ".main .compose, .main .scroll");
  });
  const place = client.place(c.id + p.ts, { channel: c.id, ts: p.ts }, (p.state || {}).values, {}, "main", "h4", () => JSON.stringify(p.blocks));
  return h("article", { class: "post" + (p.ephemeral ? " ephemeral" : ""), key: p.ts, "data-ts": p.ts, "data-hidden": hidden ? "true" : undefined, "aria-label": `${who ? who.name : p.user || "A deleted message"}, ${clock(at, client.me)}` },
    h("span", { class: hidden ? "dimmed" : undefined }, avatar(who)),
    h("div", { class: "post-body" },
      hidden && (again ? h("span", { class: "heard" }, "Not visible. ", p.hidden) : lensNote(p.hidden, true)),
      h("div", { class: hidden ? "dimmed" : undefined },
        h("p", { class: "byline" }, !p.gone && h("strong", { class: "ellipsis" }, who ? who.name : p.user), p.app && h("span", { class: "tag" }, "App"),
          h("time", { datetime: new Date(at).toISOString() }, clock(at, client.me)), p.edited && h("span", { class: "quiet small" }, "edited"),
          h("span", { class: "tools" },
            thread && (replies > 0 || talks) && h("button", { type: "button", class: "button icon-only ghost tool", "aria-label": "Reply in thread", title: "Reply in thread", "data-test": "thread", onclick: thread }, icon("reply")),
            deletes && h("button", { type: "button", class: "button icon-only ghost tool", "aria-label": "Delete this message", title: "Delete this message", "data-test": "unsay", onclick: () => unsay(client, c, p) }, icon("bin")))),
        p.ephemeral && h("p", { class: "only-you quiet small" }, icon("eye"), "Only visible to you"),
        p.gone ? h("p", { class: "quiet" }, p.text) : p.blocks && p.blocks.length ? h("div", { class: "blocks" }, blocks(p.blocks, place)) : h("div", { class: "words" }, mrkdwn(p.text, place.look)),
        (p.files || []).map((f) => h("p", { class: "file", key: f.id }, h("a", { href: `/people/file?${new URLSearchParams({ user: client.user, channel: c.id, id: f.id })}`, target: "_blank", rel: "noopener", "data-test": "file" }, f.name))),
        replies > 0 && thread && h("button", { type: "button", class: "thread-link", "data-test": "replies", onclick: thread }, icon("reply"), `${replies} ${replies === 1 ? "reply" : "replies"}`))));
}

function unsay(client, c, p) {
  const plain = (text) => ({ type: "plain_text", text, emoji: false });
  client.asking = {
    look: client.app.look(client.user),
    confirm: { title: plain("Delete this message?"), text: plain("It goes for everybody, and for good."), confirm: plain("Delete"), deny: plain("Keep it"), style: "danger" },
    go: () => {
      client.asking = null;
      client.does("unsay " + p.ts, "unsay", { channel: c.id, ts: p.ts }, "main");
    },
  };
  client.app.draw();
}

function app(client) {
  const { app: a } = client.app.state;
  const tab = client.open.tab;
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": a.name },
    a.home && h("button", { type: "button", class: "tab", "aria-pressed": String(tab === "home"), "data-test": "home-tab", onclick: () => client.goHome() }, "Home"),
    a.messages && h("button", { type: "button", class: "tab", "aria-pressed": String(tab === "messages"), "data-test": "messages-tab", onclick: () => {
      client.open = { app: true, tab: "messages" };
      client.look();
    } }, "Messages"));
  if (client.thread) return [bar(client, "Thread", a.name), posts(client, client.dm), foot(client, client.dm, "Reply in the thread")];
  if (tab === "home") return [bar(client, a.name, "App", tabs), home(client)];
  const c = client.dm;
  return [bar(client, a.name, "App", tabs), c ? posts(client, c) : h("div", { class: "scroll", key: "none" }, h("p", { class: "empty" }, `${a.name} has not written to you yet.`)),
    h("div", { class: "foot" }, c ? foot(client, c, `Message ${a.name}`) : null)];
}

function home(client) {
  const m = client.state.home;
  const hidden = client.app.lens && m && m.hidden;
  const wait = client.pending.has("home");
  return [trouble(client, "home"), trouble(client, "main"), hidden && lensNote(m.hidden), h("div", { class: "scroll home", key: "home", tabindex: 0, role: "region", "aria-label": `Home of ${client.app.state.app.name}`, "data-view": m ? m.id : undefined },
    m ? h("div", { class: "blocks" + (hidden ? " dimmed" : "") }, blocks(m.view.blocks, client.place(m.id, { view: m.id }, (m.view.state || {}).values, m.errors, "home", "h3", () => m.hash)))
      : h("p", { class: "empty" }, wait ? "Opening …" : `${client.app.state.app.name} has not put anything here yet.`))];
}
