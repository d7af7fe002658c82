// Makes the inbox's pages live and the photos large; every page works without it.
"use strict";

// -- live: when something has changed, the page fetches itself and swaps the parts that are marked ------------

const stale = document.getElementById("stale");

async function refresh() {
  const answer = await fetch(location.href.split("#")[0], { headers: { "X-Part": "1" }, credentials: "same-origin" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = fresh.title;
  for (const old of document.querySelectorAll("[data-live]")) {
    const made = fresh.getElementById(old.id);
    if (!made || made.innerHTML === old.innerHTML || old.contains(document.activeElement)) continue;
    if (old.id === "photos" && made.dataset.count === old.dataset.count) continue;
    old.replaceWith(document.importNode(made, true));
    if (old.id === "photos") openViewer();
  }
}

let waiting = 0;
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => refresh().catch(() => {}), 150);
}

if (window.EventSource && document.querySelector("[data-live]")) {
  let met = false;
  const source = new EventSource("/inbox/live");
  source.addEventListener("change", soon);
  source.addEventListener("begin", () => { if (met) soon(); met = true; stale.hidden = true; document.body.dataset.isLive = "yes"; });
  source.onerror = () => { stale.textContent = document.body.dataset.stale; stale.hidden = false; };
  addEventListener("pagehide", () => source.close());
}

// -- prepared answers -----------------------------------------------------------------------------------------

for (const choice of document.querySelectorAll("select.canned")) {
  choice.addEventListener("change", () => {
    const words = choice.form.elements.text;
    if (!choice.value) return;
    words.setRangeText(choice.value, words.selectionStart, words.selectionEnd, "end");
    choice.value = "";
    words.focus();
  });
}

for (const form of document.forms) {
  form.addEventListener("submit", () => setTimeout(() => { for (const one of form.querySelectorAll("button")) one.disabled = true; }));
}
addEventListener("pageshow", () => { for (const one of document.querySelectorAll("button:disabled")) one.disabled = false; });

// -- photos ---------------------------------------------------------------------------------------------------

function openViewer() {
  const viewer = document.querySelector(".viewer");
  if (!viewer) return;
  const gallery = viewer.querySelector(".gallery");
  const figures = [...gallery.querySelectorAll("figure")];
  viewer.querySelector(".tools").hidden = figures.length === 0;
  for (const figure of figures) enhance(figure, gallery);
  const current = () => {
    const middle = gallery.scrollLeft + gallery.clientWidth / (gallery.classList.contains("pair") ? 4 : 2);
    return Math.max(0, figures.findIndex((one) => one.offsetLeft - gallery.offsetLeft + one.offsetWidth > middle));
  };
  const go = (step) => figures[Math.min(figures.length - 1, Math.max(0, current() + step))].scrollIntoView({ inline: "start", block: "nearest" });
  const press = (what, on) => viewer.querySelector(`[data-do=${what}]`).setAttribute("aria-pressed", on);
  const acts = {
    previous: () => go(-1),
    next: () => go(1),
    zoom: () => press("zoom", figures[current()].zoom?.() ?? false),
    rotate: () => figures[current()].turn?.(),
    pair: () => press("pair", gallery.classList.toggle("pair")),
  };
  for (const button of viewer.querySelectorAll("[data-do]")) button.addEventListener("click", () => acts[button.dataset.do]());
  viewer.acts = acts;
}

// One photo: a point stays under the finger while it grows; `scale` 1 = fits, `most` = one pixel of the photo each.
function enhance(figure, gallery) {
  const frame = figure.querySelector(".big");
  const image = frame?.querySelector("img");
  if (!image) return;
  let scale = 1, x = 0, y = 0, angle = 0;
  const fingers = new Map();
  const most = () => Math.max(2, (image.naturalWidth / Math.max(1, image.clientWidth)) / (devicePixelRatio || 1));
  const place = () => {
    const room = (side, size) => Math.max(0, (size * scale - side) / 2);
    const [w, h] = [frame.clientWidth, frame.clientHeight];
    x = Math.min(room(w, w), Math.max(-room(w, w), x));
    y = Math.min(room(h, h), Math.max(-room(h, h), y));
    image.style.transform = `translate(${x}px, ${y}px) scale(${scale}) rotate(${angle}deg)`;
    figure.classList.toggle("zoomed", scale > 1);
    gallery.classList.toggle("still", gallery.querySelector(".zoomed") !== null);
  };
  const grow = (to, px, py) => {
    to = Math.min(most() * 2, Math.max(1, to));
    const box = frame.getBoundingClientRect();
    const [cx, cy] = [px - box.left - box.width / 2, py - box.top - box.height / 2];
    x = cx - ((cx - x) * to) / scale;
    y = cy - ((cy - y) * to) / scale;
    scale = to;
    place();
  };
  figure.zoom = (px, py) => {
    const box = frame.getBoundingClientRect();
    grow(scale > 1 ? 1 : most(), px ?? box.left + box.width / 2, py ?? box.top + box.height / 2);
    return scale > 1;
  };
  figure.turn = () => {
    angle = (angle + 90) % 360;
    const [w, h] = [image.clientWidth, image.clientHeight];
    image.style.scale = angle % 180 ? String(Math.min(w / h, h / w)) : "";
    place();
  };
  let moved = false;
  frame.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!moved) figure.zoom(event.clientX, event.clientY);
  });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && scale === 1) return;
    event.preventDefault();
    grow(scale * Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
  }, { passive: false });
  frame.addEventListener("pointerdown", (event) => { moved = false; fingers.set(event.pointerId, event); if (scale > 1 && event.isPrimary) frame.setPointerCapture(event.pointerId); });
  frame.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const others = [...fingers.values()].filter((one) => one.pointerId !== event.pointerId);
    if (others.length === 1) {
      const apart = (one) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY);
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

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = document.querySelector(".viewer")?.acts;
  const what = { ArrowLeft: "previous", ArrowRight: "next", z: "zoom", r: "rotate", s: "pair" }[event.key];
  if (acts && what) { event.preventDefault(); acts[what](); }
});

openViewer();
