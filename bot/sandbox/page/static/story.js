// The story: two phones side by side, guidance in steps that advance by themselves. How far
// the story is, the workspace knows.

import { post } from "./api.js";
import { h } from "./dom.js";
import { screen, visit } from "./screen.js";
import { avatar, lensButton } from "./parts.js";
import { city, clock } from "./time.js";

export function story(app) {
  const { story: s, people } = app.state;
  const left = app.client(s.left);
  const right = app.client(s.right);
  const viewer = app.state.lens && people.find((p) => p.id === app.state.lens.viewer);
  return h("main", { class: "story", key: "story" },
    h("div", { class: "intro" }, h("div", { class: "grow" }, h("h1", null, app.head.title), h("p", { class: "lead" }, app.head.lead)), lensButton(app)),
    h("div", { class: "strips" }, strip(app),
      viewer && app.lens && h("p", { class: "lens-bar", role: "status" }, `What ${viewer.name} cannot see is dimmed.`)),
    h("div", { class: "switch", role: "group", "aria-label": "Which phone" }, [["left", left], ["right", right]].map(([side, c]) =>
      h("button", { type: "button", class: "tab", key: side, "aria-pressed": String(app.phone === side), "data-test": "phone-" + side, onclick: () => {
        app.phone = side;
        app.draw();
      } }, h("span", { class: "ellipsis" }, c.me.name), h("span", { class: "small local-time" }, clock(app.now(), c.me)), app.phone !== side && (c.banner || c.modal) && h("span", { class: "dot", role: "img", "aria-label": "something new" })))),
    h("div", { class: "phones", "data-shown": app.phone }, phone(app, left, "left"), phone(app, right, "right")));
}

function phone(app, client, side) {
  const p = client.me;
  return h("section", { class: "phone " + side, key: side, "data-user": p.id, "data-side": side, "aria-label": `${p.name}’s phone. F6 goes to the other phone.`, tabindex: -1 },
    h("header", { class: "phone-head" }, avatar(p), h("div", { class: "grow" }, h("p", { class: "name ellipsis" }, p.name), h("p", { class: "quiet small ellipsis" }, p.title || p.role)),
      h("div", { class: "local" }, h("time", null, clock(app.now(), p)), h("span", { class: "quiet small" }, city(p.zone)))),
    screen(client));
}

function strip(app) {
  const { steps } = app.state.story;
  if (!steps || !steps.length) return null;
  const i = app.state.played.step;
  const skip = async () => {
    await post("skip", { user: app.state.story.left, step: i });
    await app.refresh();
  };
  if (i >= steps.length) {
    return h("div", { class: "strip", role: "status", "data-step": "done" }, h("p", { class: "grow" }, "That was the story. Carry on here, or look around."));
  }
  return h("div", { class: "strip", "data-step": i + 1 },
    h("p", { class: "grow", role: "status" }, !steps[i].branch && [h("span", { class: "count" }, `${i + 1} of ${steps.filter((s) => !s.branch).length}`), " "], app.state.played.hint || steps[i].text),
    there(app),
    h("button", { type: "button", class: "button ghost", "data-test": "skip", onclick: skip }, "Skip"));
}

// there leads to the line that is typed already, if the left phone shows something else.
function there(app) {
  const { story: s } = app.state;
  const left = app.client(s.left);
  const c = left.state.channels.find((k) => k.id === s.channel);
  const shown = left.screen === "main" && left.channel === c && !left.thread && (app.phone === "left" || !matchMedia("(max-width: 700px)").matches);
  if (!app.ready || !c || left.modal || shown) return null;
  return h("button", { type: "button", class: "button slim", "data-test": "there", onclick: () => {
    app.phone = "left";
    visit(left, c);
    document.getElementById("composer-" + s.left).focus({ preventScroll: true });
  } }, `Go to ${left.name(c)}`);
}
