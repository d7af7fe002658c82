// Makes the inbox's pages live and the photos large, and gives every act a key; every page works without it.
"use strict";

const one = (what, within = document) => within.querySelector(what);
const all = (what, within = document) => [...within.querySelectorAll(what)];

// -- live: when something has changed, the page fetches itself and swaps the parts that are marked ------------

const stale = document.getElementById("stale");
const isFilled = (element) => element?.matches("input, select, textarea");

const keyless = (element) => element.innerHTML.replace(/name="key" value="\d+"/g, ""); // made anew with each page
const isChosen = (choice) => !([...choice.options].find((option) => option.defaultSelected) ?? choice.options[0])?.selected;
const named = (button) => button.getAttribute("aria-label") ?? button.textContent;

function address() { // a page that says what is wrong with a form stands at an address that takes forms alone
  const own = one("#compose")?.getAttribute("action").replace(/\/answer$/, "");
  return own && own !== location.pathname ? own : location.href.split("#")[0];
}

async function refresh() {
  const headers = document.hasFocus() ? {} : { "X-Part": "1" }; // only who looks has seen it
  const answer = await fetch(address(), { headers, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = fresh.title;
  for (const old of all("[data-live]")) {
    const made = fresh.getElementById(old.id);
    if (!made || keyless(made) === keyless(old) || all("select", old).some(isChosen)) continue;
    if (old.id === "photos" && made.dataset.count === old.dataset.count) continue;
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    if (isFilled(active)) {
      active.addEventListener("blur", soon, { once: true });
      continue;
    }
    const place = gallery()?.shown?.() ?? 0;
    const put = document.importNode(made, true);
    old.replaceWith(put);
    const again = active?.matches("button") ? (button) => named(button) === named(active) : (link) => link.getAttribute("href") === active.getAttribute("href");
    if (active) all(active.localName, put).find(again)?.focus({ preventScroll: true });
    if (old.id === "photos") openViewer(place);
  }
}

let waiting = 0;
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => refresh().catch(() => {}), 150);
}

// A hidden page lets its connection go: browsers keep six at most for all tabs of a site.
let source = null, met = false;
function listen() {
  if (document.hidden || source) return;
  source = new EventSource("/inbox/live");
  source.addEventListener("change", soon);
  source.addEventListener("begin", () => { if (met) soon(); met = true; stale.hidden = true; document.body.dataset.isLive = "yes"; });
  source.onerror = () => {
    stale.textContent = document.body.dataset.stale;
    stale.hidden = false;
    if (source.readyState === EventSource.CLOSED) { rest(); setTimeout(listen, 10000); }
  };
}
function rest() {
  source?.close();
  source = null;
  delete document.body.dataset.isLive;
}
if (one("[data-live]")) {
  listen();
  document.addEventListener("visibilitychange", () => document.hidden ? rest() : listen());
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  setInterval(() => { if (!document.hidden) soon(); }, 60000); // ages and clocks go on
}

// -- forms ----------------------------------------------------------------------------------------------------

// Arrow keys go through a closed list one by one: what they come to counts when they rest.
function onChoice(choice, act) {
  let byKeys = false, resting = 0;
  choice.addEventListener("keydown", (event) => { byKeys = event.key !== "Enter" && event.key !== " "; });
  choice.addEventListener("pointerdown", () => { byKeys = false; });
  choice.addEventListener("change", () => { clearTimeout(resting); resting = setTimeout(act, byKeys ? 1000 : 0, byKeys); });
}

for (const choice of all("select.canned")) {
  onChoice(choice, () => {
    const words = choice.form.elements.text;
    if (!choice.value) return;
    words.setRangeText(choice.value, words.selectionStart, words.selectionEnd, "end");
    choice.value = "";
    words.focus();
    words.dispatchEvent(new Event("input"));
  });
}

one(`.pick select[name="${CSS.escape(sessionStorage.getItem("chosen") ?? "")}"]`)?.focus();
sessionStorage.removeItem("chosen");
for (const choice of all(".pick select")) onChoice(choice, (byKeys) => {
  if (byKeys && document.activeElement === choice) sessionStorage.setItem("chosen", choice.name); // the keys go on there
  choice.form.requestSubmit();
});

// Words that were begun wait, whatever else is done on the page, until those very words have arrived.
function keep(words, ...arrived) {
  const key = `words ${words.form.getAttribute("action")}`, sent = `sent ${key}`;
  const done = new URLSearchParams(location.search).get("done");
  if (sessionStorage.getItem(sent) && arrived.includes(done)) sessionStorage.removeItem(key);
  sessionStorage.removeItem(sent);
  words.value ||= sessionStorage.getItem(key) ?? "";
  if (words.value) words.closest("details")?.setAttribute("open", "");
  words.addEventListener("input", () => words.value ? sessionStorage.setItem(key, words.value) : sessionStorage.removeItem(key));
  words.form.addEventListener("submit", () => sessionStorage.setItem(sent, "yes"));
}
for (const words of all("form[action$='/remark'] textarea")) keep(words, "remark");

const compose = document.getElementById("compose");
if (compose) {
  const [send, ask] = [one("button.main", compose), one("[data-ask]", compose)];
  const words = compose.elements.text;
  const ticked = () => { // what is ticked is asked for: then that is the button to press
    const any = one("input:checked", compose) !== null;
    send.classList.toggle("main", !any);
    ask.classList.toggle("main", any);
    send.hidden = any;
  };
  compose.addEventListener("change", ticked);
  const files = compose.elements.files;
  files.addEventListener("change", () => { // files can go without words; what is too much is told before it is sent
    const { most, bytes, wrong } = files.dataset, chosen = [...files.files];
    words.required = chosen.length === 0;
    files.setCustomValidity(chosen.length > most || chosen.some((file) => file.size > bytes) ? wrong : "");
    files.reportValidity();
  });
  ticked();
  keep(words, "answer", "photo", "settled");
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) compose.requestSubmit(one("button.main", compose));
  });
}
one("form[action='/inbox/leave']")?.addEventListener("submit", () => sessionStorage.clear());

for (const form of document.forms) {
  form.addEventListener("submit", () => setTimeout(() => { for (const button of all("button", form)) button.disabled = true; }));
}
addEventListener("pageshow", () => { for (const button of all("button:disabled")) button.disabled = false; });

for (const link of all("input.link")) link.addEventListener("focus", () => link.select());

// -- photos ---------------------------------------------------------------------------------------------------

const gallery = () => one(".gallery");

function openViewer(place = 0) {
  const viewer = one(".viewer");
  if (!viewer) return;
  const row = gallery(), figures = all("figure", row), strip = all(".strip a");
  one(".tools", viewer).hidden = false;
  for (const figure of figures) enhance(figure, row);
  const shown = row.shown = () => {
    const left = row.getBoundingClientRect().left;
    const away = figures.map((figure) => Math.abs(figure.getBoundingClientRect().left - left));
    return away.indexOf(Math.min(...away));
  };
  const show = (n, behavior) => {
    const figure = figures[Math.min(figures.length - 1, Math.max(0, n))];
    row.scrollTo({ left: row.scrollLeft + figure.getBoundingClientRect().left - row.getBoundingClientRect().left, behavior });
  };
  const mark = () => strip.forEach((link, n) => n === shown() ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
  const press = (what, on) => one(`[data-do=${what}]`, viewer).setAttribute("aria-pressed", on);
  const leave = () => { for (const figure of figures) figure.whole?.(); press("zoom", false); };
  const step = (by) => { leave(); show(shown() + by); };
  const acts = viewer.acts = {
    previous: () => step(-1), next: () => step(1),
    zoom: () => figures[shown()].zoom?.(), rotate: () => figures[shown()].turn?.(),
    pair: () => { leave(); press("pair", row.classList.toggle("pair")); },
    move: (x, y) => figures[shown()].move?.(x, y) ?? false,
  };
  row.addEventListener("zoomed", () => press("zoom", one(".zoomed", row) !== null));
  row.addEventListener("scroll", mark, { passive: true });
  for (const button of all("[data-do]", viewer)) button.addEventListener("click", () => acts[button.dataset.do]());
  strip.forEach((link, n) => link.addEventListener("click", (event) => { event.preventDefault(); leave(); show(n); }));
  if (place) show(place, "instant");
  mark();
}

// One photo: the point under the finger stays there while it grows; `scale` 1 = all of it, `full` = a dot for each pixel.
function enhance(figure, row) {
  const frame = one(".big", figure), image = frame && one("img", frame);
  if (!image) return;
  let scale = 1, x = 0, y = 0, angle = 0, moved = false;
  const fingers = new Map();
  const sides = () => { // of the photo as it lies in its frame, in CSS pixels
    const [w, h] = angle % 180 ? [image.naturalHeight, image.naturalWidth] : [image.naturalWidth, image.naturalHeight];
    const fit = Math.min(frame.clientWidth / w, frame.clientHeight / h) || 1;
    return { w: w * fit, h: h * fit, fit };
  };
  const full = () => 1 / (sides().fit * devicePixelRatio);
  const largest = () => Math.max(full() * 2, 2);
  const place = () => {
    const { w, h, fit } = sides();
    const base = angle % 180 ? fit / (Math.min(frame.clientWidth / image.naturalWidth, frame.clientHeight / image.naturalHeight) || 1) : 1;
    const room = (inside, outside) => Math.max(0, (inside * scale - outside) / 2);
    x = Math.min(room(w, frame.clientWidth), Math.max(-room(w, frame.clientWidth), x));
    y = Math.min(room(h, frame.clientHeight), Math.max(-room(h, frame.clientHeight), y));
    image.style.transform = `translate(${x}px, ${y}px) scale(${scale * base}) rotate(${angle}deg)`;
    figure.classList.toggle("zoomed", scale !== 1);
    row.classList.toggle("still", one(".zoomed", row) !== null);
    row.dispatchEvent(new Event("zoomed"));
  };
  const grow = (to, px, py) => {
    to = Math.min(largest(), Math.max(Math.min(1, full()), to));
    const box = frame.getBoundingClientRect();
    const [cx, cy] = [px - box.left - box.width / 2, py - box.top - box.height / 2];
    x = cx - ((cx - x) * to) / scale;
    y = cy - ((cy - y) * to) / scale;
    scale = to;
    place();
  };
  figure.zoom = (px, py) => {
    if (!image.naturalWidth) return; // not here yet
    const box = frame.getBoundingClientRect();
    grow(scale === 1 ? full() : 1, px ?? box.left + box.width / 2, py ?? box.top + box.height / 2);
  };
  figure.whole = () => { scale = 1; x = y = 0; place(); };
  figure.turn = () => { angle = (angle + 90) % 360; place(); };
  figure.move = (right, down) => {
    if (scale <= 1) return false;
    x -= right * 80;
    y -= down * 80;
    place();
    return true;
  };
  frame.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!moved) figure.zoom(...(event.detail ? [event.clientX, event.clientY] : [])); // Enter has no point
  });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && scale === 1) return;
    event.preventDefault();
    grow(scale * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
  }, { passive: false });
  frame.addEventListener("pointerdown", (event) => {
    moved = false;
    fingers.set(event.pointerId, event);
    if (scale > 1 && event.isPrimary) frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const others = [...fingers.values()].filter((finger) => finger.pointerId !== event.pointerId);
    if (others.length === 1) {
      const apart = (finger) => Math.hypot(finger.clientX - others[0].clientX, finger.clientY - others[0].clientY);
      grow((scale * apart(event)) / Math.max(1, apart(before)), (event.clientX + others[0].clientX) / 2, (event.clientY + others[0].clientY) / 2);
      moved = true;
    } else if (scale > 1) {
      x += event.clientX - before.clientX;
      y += event.clientY - before.clientY;
      moved ||= Math.hypot(event.movementX, event.movementY) > 1;
      place();
    }
    fingers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, (event) => fingers.delete(event.pointerId));
}

// -- keys -----------------------------------------------------------------------------------------------------

function onList(by) {
  const rows = all(".row");
  const at = rows.indexOf(document.activeElement.closest?.(".row"));
  rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))]?.focus();
  return rows.length > 0;
}

function onPhoto(key) {
  const acts = one(".viewer")?.acts;
  const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
  if (!acts) return false;
  if ((right || down) && acts.move(right, down)) return true;
  const what = { ArrowLeft: "previous", ArrowRight: "next", z: "zoom", t: "rotate", s: "pair" }[key];
  if (what) acts[what]();
  return Boolean(what);
}

const KEYS = {
  j: () => onList(1), k: () => onList(-1),
  ArrowDown: () => onPhoto("ArrowDown") || (document.activeElement.closest(".row, body > .frame") && onList(1)),
  ArrowUp: () => onPhoto("ArrowUp") || (document.activeElement.closest(".row") && onList(-1)),
  "/": () => { one("input[type=search]")?.focus(); return true; },
  r: () => { one("[data-key=r]")?.focus(); return true; },
  "?": () => { const keys = document.getElementById("keys"); if (keys) { keys.open = !keys.open; keys.scrollIntoView(); } return true; },
};

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isFilled(event.target)) event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || isFilled(event.target)) return;
  const link = one(`a[data-key="${CSS.escape(event.key)}"]`);
  if (link) { event.preventDefault(); link.click(); return; }
  if ((KEYS[event.key] ?? onPhoto)(event.key)) event.preventDefault();
});

openViewer();
