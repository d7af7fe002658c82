// Brings the parts of the chat page together: which chat is open, what an event changes, what a press does.
import { isOwn } from "./bubble.js";
import { Chats } from "./chats.js";
import { Composer } from "./composer.js";
import { find, language } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Log } from "./log.js";
import { alert, Lightbox, offerMenu, say } from "./overlay.js";
import { listen, post, read, remove } from "./wire.js";

const acts = { press, enlarge: (id) => light.open(id), show: (id) => log.show(id), options, command: (words) => composer.command(words), link: followed, say };
const log = new Log(acts);
const light = new Lightbox(() => log.photos());
const chats = new Chats({ open: openChat, say });
const composer = new Composer({ log, say, commandsOf: async (chat) => (await read(`/chats/${chat.id}/commands`)).commands });
new Drawer();

async function openChat(id, { payload = "" } = {}) {
  const chat = chats.chats.get(id);
  if (!chat) return;
  chats.current = id;
  chat.payload = payload || chat.payload;
  const { name, username } = chats.bot(chat);
  const { messages, reactions } = await read(`/chats/${id}/messages`);
  if (chats.current !== id) return;
  find("open").hidden = false;
  find("bot-name").textContent = name;
  find("face").textContent = name.slice(0, 1);
  status();
  log.load(messages, reactions, chats.bot(chat));
  composer.open(chat);
  document.body.dataset.pane = "chat";
  history.replaceState(null, "", `/?chat=${id}`);
  find("open").dataset.bot = username;
  seen();
}

function status() {
  const chat = chats.chats.get(chats.current);
  if (!chat) return;
  const spoken = chat.language_code ? ` in ${language(chat.language_code)}` : "";
  find("status").textContent = chat.blocked ? `Blocked by ${chat.first_name}` : `As ${chat.first_name}${spoken}`;
}

function seen() {
  const chat = chats.chats.get(chats.current);
  if (chat?.unread && document.visibilityState === "visible") {
    chat.unread = 0;
    post(`/chats/${chat.id}/read`).catch(() => {});
  }
  chats.draw();
}

const followers = {
  message({ chat, message, unread }) {
    chats.seen(chat, message, unread);
    if (chat !== chats.current) return;
    log.add(message);
    if (isOwn(message)) {
      chats.chats.get(chat).started = true;
      composer.ready();
    } else seen();
  },
  edited({ chat, message }) {
    chats.seen(chat, message);
    if (chat === chats.current) log.edit(message);
  },
  deleted({ chat, message_id }) {
    if (chat === chats.current) log.drop(message_id);
    chats.gone(chat, message_id, chat === chats.current ? [...log.messages.values()].at(-1) : null);
  },
  reaction({ chat, message_id, emoji }) { if (chat === chats.current) log.react(message_id, emoji); },
  action({ chat, action }) { if (chat === chats.current) log.doing(action); },
  chat({ chat }) { chats.take(chat); status(); },
  bot() { chats.load(); },
  async reset() {
    await chats.load();
    if (chats.current) openChat(chats.current);
  },
};

const follow = (event) => followers[event.type]?.(event);

// pressing

async function press(id, data, button) {
  if (button.classList.contains("waiting")) return;
  button.classList.add("waiting");
  button.setAttribute("aria-busy", "true");
  try {
    const { answer } = await post(`/chats/${chats.current}/press`, { message_id: id, data });
    if (answer?.text && answer.show_alert) alert(answer.text);
    else if (answer?.text) say(answer.text);
    if (answer?.url) followed(answer.url) || open(answer.url, "_blank", "noreferrer");
    if (!answer) say("The bot has not answered that press.");
  } catch (failure) {
    say(failure.message);
  } finally {
    button.classList.remove("waiting");
    button.removeAttribute("aria-busy");
  }
}

// A t.me link to a bot of this sandbox starts it here, as Telegram would.
function followed(address) {
  const url = new URL(address);
  const name = url.hostname === "t.me" ? url.pathname.slice(1) : url.protocol === "tg:" ? url.searchParams.get("domain") : "";
  const payload = url.searchParams.get("start") || "";
  if (!name || name !== find("open").dataset.bot) return false;
  const chat = chats.chats.get(chats.current);
  chat.payload = payload;
  composer.ready();
  return true;
}

// menus

function options(message, anchor) {
  const own = isOwn(message);
  const words = message.text ?? message.caption;
  offerMenu(anchor, [
    ["Reply", () => composer.answer(message)],
    words ? ["Copy the text", () => navigator.clipboard?.writeText(words).then(() => say("Copied"))] : null,
    own && words !== undefined ? ["Edit", () => composer.edit(message)] : null,
    ["Delete", () => remove(`/chats/${chats.current}/messages/${message.message_id}`).catch((failure) => say(failure.message))],
  ].filter(Boolean));
}

find("more").addEventListener("click", (event) => {
  const chat = chats.chats.get(chats.current);
  const stub = (kind) => post(`/chats/${chat.id}/stub`, { kind }).catch((failure) => say(failure.message));
  offerMenu(event.currentTarget, [
    [chat.blocked ? "Unblock the bot" : "Block the bot", () => post(`/chats/${chat.id}/block`, { blocked: !chat.blocked })],
    ...["voice", "video", "sticker", "location"].map((kind) => [`Send a sample ${kind}`, () => stub(kind)]),
  ]);
});

find("log").addEventListener("contextmenu", (event) => {
  const button = event.target.closest(".unit")?.querySelector(".options");
  if (!button || getSelection().toString()) return;
  event.preventDefault();
  button.click();
});

find("back").addEventListener("click", () => {
  chats.current = 0;
  document.body.dataset.pane = "list";
  find("open").hidden = true;
  history.replaceState(null, "", "/");
  chats.draw();
});

// Light, dark, or as the machine has it.
const root = document.documentElement;
root.dataset.theme = localStorage.getItem("theme") || "";
find("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

document.addEventListener("visibilitychange", seen);

async function begin() {
  const seq = await chats.load();
  listen(seq, follow);
  const query = new URLSearchParams(location.search);
  const [id, payload] = [Number(query.get("chat")), query.get("start") || ""];
  if (chats.chats.has(id)) return openChat(id, { payload });
  if (query.has("start")) return chats.ask({ payload, bot: query.get("bot") || "" });
  if (chats.chats.size && matchMedia("(min-width: 760px)").matches) return openChat([...chats.chats.keys()].at(-1));
}

begin();
