// The conversation: messages in order with their days and albums, edits in place, the line "is typing", the scroll.
import { bubble, isOwn } from "./bubble.js";
import { day, find, make } from "./dom.js";

const NEAR = 140;
const DOING = {
  typing: "is typing…", upload_photo: "is sending a photo…", upload_document: "is sending a file…",
  upload_video: "is sending a video…", record_voice: "is recording…", choose_sticker: "is choosing a sticker…",
};

export class Log {
  constructor(acts) {
    this.acts = acts;
    this.log = find("log");
    this.scroll = find("scroll");
    this.toEnd = find("to-end");
    this.clear();
    this.scroll.addEventListener("scroll", () => this.moved(), { passive: true });
    this.toEnd.addEventListener("click", () => this.end());
    // The keyboard of a phone and a growing composer take height away: stay at the end.
    new ResizeObserver(() => this.pinned && this.end()).observe(this.scroll);
  }

  clear() {
    this.messages = new Map();
    this.units = new Map();
    this.reactions = {};
    this.readUpTo = 0;
    this.missed = 0;
    this.pinned = true;
    this.log.replaceChildren();
    this.doing("");
  }

  load(messages, reactions, { name: bot, description }) {
    this.clear();
    this.bot = bot;
    this.reactions = reactions;
    this.log.setAttribute("aria-busy", "true");
    for (const one of messages) this.messages.set(one.message_id, one);
    this.readUpTo = Math.max(0, ...messages.filter((one) => !isOwn(one)).map((one) => one.message_id));
    for (const one of messages) this.draw(this.key(one));
    if (!messages.length) this.log.append(make("p", { class: "hint" }, description || "Press Start, and the bot says hello."));
    this.arrange();
    this.end();
    this.log.removeAttribute("aria-busy");
  }

  key(message) {
    return message.media_group_id ? `g${message.media_group_id}` : `m${message.message_id}`;
  }

  members(key) {
    return [...this.messages.values()].filter((one) => this.key(one) === key).sort((a, b) => a.message_id - b.message_id);
  }

  add(message) {
    const known = this.units.has(this.key(message));
    this.log.querySelector(".hint")?.remove();
    this.messages.set(message.message_id, message);
    if (!isOwn(message)) this.noticed(message.message_id);
    const unit = this.draw(this.key(message));
    if (!known) {
      unit.classList.add("new");
      this.arrange();
    }
    if (isOwn(message) || this.pinned) this.end();
    else this.count(1);
  }

  edit(message) {
    if (!this.messages.has(message.message_id)) return;
    this.messages.set(message.message_id, message);
    const unit = this.draw(this.key(message));
    unit.classList.remove("changed");
    void unit.offsetWidth;
    unit.classList.add("changed");
    this.noticed(Math.max(...this.messages.keys()));
    if (this.pinned) this.end();
  }

  drop(id) {
    const message = this.messages.get(id);
    if (!message) return;
    this.messages.delete(id);
    const key = this.key(message);
    if (this.members(key).length) this.draw(key);
    else {
      this.units.get(key)?.remove();
      this.units.delete(key);
    }
    this.arrange();
  }

  react(id, emoji) {
    this.reactions[id] = emoji;
    if (this.messages.has(id)) this.draw(this.key(this.messages.get(id)));
  }

  // The bot did something: what was sent before is read.
  noticed(id) {
    const before = this.readUpTo;
    this.readUpTo = Math.max(before, id);
    for (const one of this.messages.values()) {
      if (isOwn(one) && one.message_id > before && one.message_id < this.readUpTo) this.draw(this.key(one));
    }
    this.doing("");
  }

  draw(key) {
    const members = this.members(key);
    const first = members[0];
    let unit = this.units.get(key);
    if (!unit) {
      unit = make("article", { class: `unit ${isOwn(first) ? "own" : "theirs"}` });
      this.units.set(key, unit);
      const later = [...this.units.values()].find((one) => Number(one.dataset.id) > first.message_id);
      this.log.insertBefore(unit, later || null);
    }
    unit.dataset.id = first.message_id;
    unit.setAttribute("aria-label", isOwn(first) ? "You" : first.from.first_name);
    const read = first.message_id < this.readUpTo;
    const options = make("button", {
      type: "button", class: "options", "aria-label": "What to do with this message",
      onclick: (event) => this.acts.options(first, event.currentTarget),
    }, "⋯");
    const parts = bubble(members, { read, reactions: this.reactions, acts: this.acts });
    const focused = unit.contains(document.activeElement);
    unit.replaceChildren(...parts.filter(Boolean));
    unit.firstElementChild.append(options);
    if (focused) options.focus({ preventScroll: true });
    return unit;
  }

  // Days between messages, and the tail on the last of a run.
  arrange() {
    for (const one of this.log.querySelectorAll(".day")) one.remove();
    const units = [...this.log.querySelectorAll(".unit")];
    let before = "";
    units.forEach((unit, index) => {
      const message = this.messages.get(Number(unit.dataset.id));
      const named = day(message.date);
      if (named !== before) this.log.insertBefore(make("p", { class: "day" }, make("span", {}, named)), unit);
      before = named;
      const next = units[index + 1];
      const nextMessage = next && this.messages.get(Number(next.dataset.id));
      unit.classList.toggle("tail", !next || isOwn(nextMessage) !== isOwn(message) || nextMessage.date - message.date > 600);
    });
  }

  doing(action) {
    clearTimeout(this.doingTimer);
    find("doing").textContent = DOING[action] ? `${this.bot} ${DOING[action]}` : "";
    if (action) this.doingTimer = setTimeout(() => this.doing(""), 5000);
  }

  sending(text) {
    find("doing").textContent = text;
    if (text) this.end();
  }

  show(id) {
    const unit = this.units.get(this.key(this.messages.get(id) || {}));
    if (!unit) return;
    unit.scrollIntoView({ block: "center" });
    unit.classList.remove("found");
    void unit.offsetWidth;
    unit.classList.add("found");
  }

  end() {
    this.pinned = true;
    this.count(0);
    this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  moved() {
    const left = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight;
    this.pinned = left < NEAR;
    if (this.pinned) this.count(0);
    this.toEnd.hidden = this.pinned;
  }

  count(more) {
    this.missed = more ? this.missed + more : 0;
    find("missed").textContent = this.missed || "";
    this.toEnd.hidden = this.pinned;
  }

  photos() {
    return [...this.messages.values()].filter((one) => one.photo);
  }
}
