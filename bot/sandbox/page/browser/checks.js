// checks looks at all that is visible and lists what is wrong with it: things that stick out, things that lie on one
// another, text that is too faint. The browser test runs it on each screen.
(() => {
  const wrong = [];
  const say = (what, el) => wrong.push(`${what}: <${el.tagName.toLowerCase()} class="${el.getAttribute("class") || ""}"> ${(el.textContent || "").trim().slice(0, 50)}`);
  const shown = (el) => el.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && el.getBoundingClientRect().width > 0;
  const all = [...document.querySelectorAll("body *")].filter((el) => shown(el) && !el.closest("svg,.heard")); // neither pictures nor words for ears only

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) say(`the page is ${root.scrollWidth - root.clientWidth} px too wide`, root);
  for (const el of all) {
    const style = getComputedStyle(el);
    if (el.scrollWidth > el.clientWidth + 1 && el.clientWidth > 0 && style.display !== "inline" && style.textOverflow !== "ellipsis" && !el.matches("textarea,input,select")) {
      say(`its content is ${el.scrollWidth - el.clientWidth} px wider than it is`, el);
    }
    const frame = (el.parentElement || root).closest(".client,.phone,.top,main,body");
    const r = el.getBoundingClientRect();
    const f = frame.getBoundingClientRect();
    if (r.left < f.left - 1 || r.right > f.right + 1) say("it sticks out of its frame", el);
    if (el.matches("button,.label,.choice span") && el.scrollHeight > el.clientHeight + 2 && el.clientHeight > 0 && style.display !== "inline") say("its text is cut off", el);
  }

  if (matchMedia("(pointer: coarse)").matches) {
    for (const el of all) if (el.matches("input,select,textarea") && parseFloat(getComputedStyle(el).fontSize) < 16) say("a field on touch is under 16 px", el);
  }

  const things = all.filter((el) => el.matches("button,input,select,textarea,.label,.words,.header,.hint,.error,.option-text,p,h1,h2,small,time,.avatar"));
  for (let i = 0; i < things.length; i++) {
    for (let j = i + 1; j < things.length; j++) {
      const [a, b] = [things[i], things[j]];
      if (a.contains(b) || b.contains(a) || a.closest("[inert]") || b.closest("[inert]")) continue;
      // Text in another layer is meant to be covered.
      if (a.closest(".scroll,.sheet-body,.list,.overlay") !== b.closest(".scroll,.sheet-body,.list,.overlay")) continue;
      const [r, s] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
      const x = Math.min(r.right, s.right) - Math.max(r.left, s.left);
      const y = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top);
      if (x > 2 && y > 2) say(`it lies on "${(b.textContent || b.tagName).trim().slice(0, 30)}"`, a);
    }
  }

  const parse = (c) => {
    const m = /rgba?\(([^)]+)\)/.exec(c);
    if (!m) return [0, 0, 0, 0];
    const n = m[1].split(/[\s,/]+/).map(Number);
    return [n[0], n[1], n[2], n[3] === undefined ? 1 : n[3]];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = (el) => {
    const layers = [];
    for (let e = el; e; e = e.parentElement) {
      layers.push(parse(getComputedStyle(e).backgroundColor));
      if (layers[layers.length - 1][3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  for (const el of all) {
    const own = [...el.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || el.matches("input,textarea,select");
    if (!own || el.closest(".dimmed,:disabled,[inert]")) continue;
    const style = getComputedStyle(el);
    const back = ground(el);
    const [a, b] = [light(over(parse(style.color), back)), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const px = parseFloat(style.fontSize);
    const least = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < least) say(`contrast ${ratio.toFixed(2)} (${style.color} on ${back.slice(0, 3)})`, el);
  }
  return wrong;
})()
