// Slack's mrkdwn to vnodes. Entities are decoded in leaves only, in one pass, so "&amp;lt;" shows as "&lt;".

import { h } from "./dom.js";
import { format as written, hours } from "./time.js";

const emoji = {
  "+1": "👍", thumbsup: "👍", alarm_clock: "⏰", arrow_right: "➡️", bar_chart: "📊", bell: "🔔", bulb: "💡", calendar: "📅",
  check: "✔️", clock9: "🕘", compass: "🧭", ear: "👂", eyes: "👀", footprints: "👣", handshake: "🤝", heart: "❤️",
  heavy_check_mark: "✔️", hourglass: "⌛", hourglass_flowing_sand: "⏳", key: "🔑", leaves: "🍃", lock: "🔒", mag: "🔍",
  memo: "📝", no_entry: "⛔", palm_tree: "🌴", pencil: "📝", phone: "☎️", point_right: "👉", raised_hand: "✋", rocket: "🚀",
  seedling: "🌱", slightly_smiling_face: "🙂", sparkles: "✨", speech_balloon: "💬", star: "⭐", sunrise: "🌅", tada: "🎉",
  telephone_receiver: "📞", warning: "⚠️", wave: "👋", white_check_mark: "✅", x: "❌", zap: "⚡",
};

const shortcodes = (s) => s.replace(/:([a-z0-9_+-]+):/g, (all, name) => (Object.hasOwn(emoji, name) ? emoji[name] : all));
const decode = (s) => s.replace(/&(amp|lt|gt);/g, (_, e) => ({ amp: "&", lt: "<", gt: ">" })[e]);

// textObject renders a Block Kit text object. look = {person(id), channel(id), zone, locale, now}.
export function textObject(t, look) {
  if (!t) return [];
  if (t.type === "plain_text") return [t.emoji === false ? t.text : shortcodes(t.text)];
  return mrkdwn(t.text, look, t.verbatim);
}

// flatText is a text object as one plain string, for option labels, names of controls and notifications.
export function flatText(t, look) {
  if (!t) return "";
  const words = (v) => (v.text !== undefined ? v.text : (v.kids || []).map(words).join(""));
  return textObject(t, look).map((v) => (typeof v === "string" ? v : words(v))).join("");
}

export function mrkdwn(text, look, verbatim) {
  const out = [];
  (text || "").split(/```/).forEach((part, i, all) => {
    if (i % 2 && i < all.length - 1) out.push(h("pre", { class: "code" }, controls(part.replace(/^\n/, ""), look)));
    else lines((i % 2 ? "```" : "") + part, look, verbatim, out);
  });
  return out;
}

// lines gathers neighbouring lines of the same sort, so that a quote of three lines is one quote.
function lines(text, look, verbatim, out) {
  const runs = [];
  for (const line of text.split("\n")) {
    const m = /^(?:&gt;|>) ?(.*)$/.exec(line);
    const last = runs[runs.length - 1];
    if (last && last.quote === !!m) last.lines.push(m ? m[1] : line);
    else runs.push({ quote: !!m, lines: [m ? m[1] : line] });
  }
  for (const r of runs) {
    const words = inline(r.lines.join("\n"), look, verbatim);
    out.push(...(r.quote ? [h("blockquote", null, words)] : words));
  }
}

const wordy = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);
const marks = { "*": "strong", _: "em", "~": "s" };

function closing(s, from, mark) {
  for (let j = from; j < s.length && s[j] !== "\n"; j++) {
    if (s[j] === "<") {
      const end = s.indexOf(">", j);
      if (end > 0) j = end;
    } else if (s[j] === mark && j > from && !/\s/.test(s[j - 1]) && !wordy(s[j + 1])) return j;
  }
  return -1;
}

function inline(s, look, verbatim) {
  const out = [];
  let plain = "";
  const flush = () => {
    if (plain) out.push(...leaf(plain, verbatim));
    plain = "";
  };
  for (let i = 0; i < s.length; i++) {
    const c = s[i];
    if (c === "`") {
      const j = s.indexOf("`", i + 1);
      if (j > i + 1 && !s.slice(i, j).includes("\n")) {
        flush();
        out.push(h("code", null, controls(s.slice(i + 1, j), look)));
        i = j;
        continue;
      }
    } else if (c === "<") {
      const j = s.indexOf(">", i);
      if (j > i + 1) {
        flush();
        out.push(control(s.slice(i + 1, j), look));
        i = j;
        continue;
      }
    } else if (marks[c] && !wordy(s[i - 1]) && s[i + 1] && !/\s/.test(s[i + 1])) {
      const j = closing(s, i + 1, c);
      if (j > 0) {
        flush();
        out.push(h(marks[c], null, inline(s.slice(i + 1, j), look, verbatim)));
        i = j;
        continue;
      }
    }
    plain += c;
  }
  flush();
  return out;
}

function controls(s, look) {
  return s.split(/(<[^>\n]+>)/).map((p, i) => (i % 2 ? control(p.slice(1, -1), look) : decode(p)));
}

function leaf(s, verbatim) {
  if (verbatim) return [shortcodes(decode(s))];
  return s.split(/(https?:\/\/[^\s<>"'|]*[^\s<>"'|.,;:!?)])/).map((p, i) => (i % 2 ? link(decode(p), decode(p)) : shortcodes(decode(p))));
}

export function link(url, label) {
  let safe = false;
  try {
    safe = ["http:", "https:", "mailto:"].includes(new URL(url).protocol);
  } catch {
    // Not an address: shown as the text it is.
  }
  return safe ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url }, label) : h("span", null, label);
}

const mention = (text) => h("span", { class: "mention" }, text);

function control(body, look) {
  const bar = body.indexOf("|");
  const head = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : decode(body.slice(bar + 1));
  if (head[0] === "@") return mention("@" + (look.person(head.slice(1)) || label || head.slice(1)));
  if (head[0] === "#") return mention("#" + (label || look.channel(head.slice(1)) || head.slice(1)));
  if (head.startsWith("!date^")) return date(head.split("^"), label, look);
  if (head.startsWith("!subteam^")) return mention(label || "@" + head.slice(9));
  if (head[0] === "!") return mention("@" + head.slice(1));
  return link(decode(head), label || decode(head));
}

function date([, unix, format, url], fallback, look) {
  const at = new Date(Number(unix) * 1000);
  if (!format || Number.isNaN(at.getTime())) return h("span", null, fallback);
  const text = dateText(at, format, look);
  const time = h("time", { datetime: at.toISOString() }, text);
  return url ? h("span", null, link(decode(url), text)) : time;
}

export function dateText(at, format, look) {
  const f = (opts) => written(look, opts).format(at);
  const day = (d) => new Intl.DateTimeFormat("en-CA", { timeZone: look.zone }).format(d);
  const near = () => {
    for (const [name, n] of [["today", 0], ["yesterday", -1], ["tomorrow", 1]]) {
      if (day(at) === day(new Date(look.now + n * 864e5))) return name;
    }
    return "";
  };
  const month = { day: "numeric", month: "long", year: "numeric" };
  const short = { day: "numeric", month: "short", year: "numeric" };
  const long = { weekday: "long", ...month };
  const ago = () => {
    const min = Math.round((look.now - at.getTime()) / 6e4);
    const n = Math.abs(min) < 60 ? [min, "minute"] : Math.abs(min) < 1440 ? [Math.round(min / 60), "hour"] : [Math.round(min / 1440), "day"];
    return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-n[0], n[1]);
  };
  const tokens = {
    date_num: () => day(at), date: () => f(month), date_short: () => f(short), date_long: () => f(long),
    date_pretty: () => near() || f(month), date_short_pretty: () => near() || f(short), date_long_pretty: () => near() || f(long),
    time: () => f(hours(look)), time_secs: () => f({ ...hours(look), second: "2-digit" }),
    ago,
  };
  return format.replace(/\{(\w+)\}/g, (all, t) => (Object.hasOwn(tokens, t) ? tokens[t]() : all));
}

// richText renders the elements of a rich_text block.
export function richText(elements, look) {
  return (elements || []).map((e) => {
    switch (e.type) {
      case "rich_text_list":
        return h(e.style === "ordered" ? "ol" : "ul", { class: "indent" + Math.min(e.indent || 0, 4) },
          (e.elements || []).map((s) => h("li", null, spans(s.elements, look))));
      case "rich_text_quote":
        return h("blockquote", null, spans(e.elements, look));
      case "rich_text_preformatted":
        return h("pre", { class: "code" }, spans(e.elements, look));
      default:
        return h("div", null, spans(e.elements, look));
    }
  });
}

function spans(elements, look) {
  return (elements || []).map((e) => {
    const of = { text: () => e.text, link: () => link(e.url, e.text || e.url), user: () => mention("@" + (look.person(e.user_id) || e.user_id)),
      channel: () => mention("#" + (look.channel(e.channel_id) || e.channel_id)), broadcast: () => mention("@" + e.range),
      usergroup: () => mention("@" + e.usergroup_id), emoji: () => shortcodes(":" + e.name + ":"),
      date: () => dateText(new Date(e.timestamp * 1000), e.format || "{date}", look) }[e.type];
    let v = of ? of() : e.text || "";
    const style = e.style || {};
    for (const [name, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]]) if (style[name]) v = h(tag, null, v);
    return v;
  });
}
