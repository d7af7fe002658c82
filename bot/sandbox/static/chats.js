// The list of chats and the dialog that makes a new one.
import { isOwn, summary } from "./bubble.js";
import { day, find, hour, language, make } from "./dom.js";
import { post, read } from "./wire.js";

const NAMES = ["Anna", "Ben", "Carmen", "David", "Elif", "Felix", "Greta", "Hugo"];

export class Chats {
  constructor({ open, say }) {
    Object.assign(this, { openChat: open, say, chats: new Map(), bots: [], current: 0 });
    for (const id of ["new", "first"]) find(id).addEventListener("click", () => this.ask());
    const form = find("new-chat").querySelector("form");
    form.querySelector("[value=no]").addEventListener("click", () => find("new-chat").close("no"));
    find("new-chat").addEventListener("close", () => { if (find("new-chat").returnValue === "yes") this.make(form); });
  }

  async load() {
    const [{ bots }, { chats, seq }] = await Promise.all([read("/info"), read("/chats")]);
    this.bots = bots;
    this.chats = new Map(chats.map((one) => [one.id, one]));
    this.draw();
    return seq;
  }

  bot(chat) {
    return this.bots.find((one) => one.id === chat.bot) || this.bots[0];
  }

  ask({ payload = "", bot = "" } = {}) {
    const form = find("new-chat").querySelector("form");
    const used = new Set([...this.chats.values()].map((one) => one.first_name));
    form.first_name.value = NAMES.find((one) => !used.has(one)) || "Customer";
    form.language_code.value = (navigator.language || "en").slice(0, 2);
    if (!form.language_code.value) form.language_code.value = "en";
    find("new-note").textContent = payload ? `The link starts the bot with “${payload}”.` : "";
    find("new-note").hidden = !payload;
    this.link = { payload, bot };
    find("new-chat").returnValue = "";
    find("new-chat").showModal();
    form.first_name.select();
  }

  async make(form) {
    const { first_name, language_code } = form;
    try {
      const chat = await post("/chats", {
        first_name: first_name.value, language_code: language_code.value, ...this.link,
      });
      this.chats.set(chat.id, chat);
      this.draw();
      this.openChat(chat.id);
    } catch (failure) {
      this.say(failure.message);
    }
  }

  take(row) {
    this.chats.set(row.id, Object.assign(this.chats.get(row.id) || {}, row));
    this.draw();
  }

  seen(id, message, unread) {
    const chat = this.chats.get(id);
    if (!chat) return;
    if (!chat.last || message.message_id >= chat.last.message_id) chat.last = message;
    if (unread !== undefined) chat.unread = unread;
    this.draw();
  }

  gone(id, number, last) {
    const chat = this.chats.get(id);
    if (chat?.last?.message_id === number) chat.last = last;
    this.draw();
  }

  draw() {
    const order = [...this.chats.values()].sort((a, b) => (b.last?.date || 9e9) - (a.last?.date || 9e9) || b.id - a.id);
    find("list").replaceChildren(...order.map((one) => this.row(one)));
    find("no-chats").hidden = order.length > 0;
    find("nothing").hidden = !order.length || Boolean(this.current);
    const unread = order.reduce((sum, one) => sum + (one.id === this.current ? 0 : one.unread), 0);
    document.title = unread ? `(${unread}) Clearshot chat` : "Clearshot chat";
  }

  row(chat) {
    const { last } = chat;
    const when = !last ? "" : day(last.date) === "Today" ? hour(last.date) : day(last.date).replace(/^\w+, /, "");
    const words = last ? `${isOwn(last) ? "You: " : ""}${summary(last)}` : "Not started yet";
    const unread = chat.id !== this.current && chat.unread;
    const button = make("button", { type: "button", class: "card", onclick: () => this.openChat(chat.id) },
      make("span", { class: "face", "aria-hidden": "true" }, chat.first_name.slice(0, 1)),
      make("b", {}, chat.first_name, chat.language_code ? make("i", { title: language(chat.language_code) }, chat.language_code) : null),
      make("time", {}, when),
      make("span", { class: "last" }, words.slice(0, 120)),
      unread ? make("em", { "aria-label": `${unread} unread` }, String(unread)) : null);
    button.querySelector(".face").style.background = `hsl(${chat.id * 67} 32% 42%)`;
    if (chat.id === this.current) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  }
}
