// What lies over the page for a while: toasts, alerts, the lightbox, the menu of a message.
import { find, make } from "./dom.js";
import { file } from "./wire.js";

export function say(text) {
  const toast = make("p", {}, text);
  find("toasts").append(toast);
  setTimeout(() => toast.remove(), Math.max(3000, text.length * 60));
}

export function alert(text) {
  find("alert-text").textContent = text;
  find("alert").showModal();
}

export class Lightbox {
  constructor(photos) {
    this.photos = photos;
    this.box = find("light");
    find("light-end").addEventListener("click", () => this.box.close());
    find("light-back").addEventListener("click", () => this.step(-1));
    find("light-on").addEventListener("click", () => this.step(1));
    this.box.addEventListener("keydown", (event) => this.step({ ArrowLeft: -1, ArrowRight: 1 }[event.key] || 0));
    this.box.addEventListener("click", (event) => { if (event.target === this.box) this.box.close(); });
    find("light-img").addEventListener("click", () => this.box.classList.toggle("full"));
  }

  open(id) {
    this.at = this.photos().findIndex((one) => one.message_id === id);
    this.draw();
    this.box.showModal();
  }

  step(by) {
    const next = this.at + by;
    if (!by || !this.photos()[next]) return;
    this.at = next;
    this.draw();
  }

  draw() {
    const photos = this.photos();
    const one = photos[this.at];
    const size = one.photo.at(-1);
    this.box.classList.remove("full");
    Object.assign(find("light-img"), { src: file(size.file_id), alt: one.caption || "Photo", width: size.width, height: size.height });
    find("light-text").textContent = [one.caption, `${size.width} × ${size.height}`].filter(Boolean).join(" · ");
    find("light-back").hidden = this.at === 0;
    find("light-on").hidden = this.at === photos.length - 1;
  }
}

// A menu beside the thing that it belongs to; `entries` are [name, what to do] pairs.
export function offerMenu(anchor, entries) {
  const menu = find("options");
  menu.replaceChildren(...entries.map(([name, act]) => make("button", {
    type: "button", role: "menuitem", onclick: () => { menu.hidePopover(); act(); },
  }, name)));
  menu.onkeydown = (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!step) return;
    event.preventDefault();
    event.target[step]?.focus();
  };
  menu.showPopover();
  const place = anchor.getBoundingClientRect();
  const below = place.bottom + menu.offsetHeight + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, below ? place.bottom + 4 : place.top - menu.offsetHeight - 4)}px`;
  menu.firstElementChild.focus();
}
