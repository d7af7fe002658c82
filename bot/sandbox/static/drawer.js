// The drawer: what went over the Bot API, newest first, live while it is open.
import { find, make } from "./dom.js";
import { listen, read } from "./wire.js";

const MOST = 400;

export class Drawer {
  constructor() {
    this.entries = [];
    this.body = find("traffic");
    find("calls").addEventListener("click", () => this.toggle());
    find("drawer-end").addEventListener("click", () => this.toggle());
    find("drawer").addEventListener("keydown", (event) => { if (event.key === "Escape") this.toggle(); });
    for (const id of ["sieve", "idle"]) find(id).addEventListener("input", () => this.draw());
  }

  toggle() {
    const opening = find("drawer").hidden;
    find("drawer").hidden = !opening;
    find("calls").setAttribute("aria-expanded", String(opening));
    if (opening) this.follow();
    else {
      this.source.close();
      find("calls").focus();
    }
  }

  async follow() {
    const { seq } = await read("/info");
    this.source = listen(seq, (event) => this.take(event), { calls: true });
    this.entries = (await read(`/calls?limit=${MOST}`)).calls;
    this.draw();
    find("sieve").focus();
  }

  take(event) {
    if (event.type !== "call" || this.entries.at(-1)?.id >= event.call.id) return;
    this.entries = [...this.entries, event.call].slice(-MOST);
    if (this.wanted(event.call)) {
      this.body.querySelector(".none")?.remove();
      this.body.prepend(row(event.call));
      while (this.body.children.length > MOST) this.body.lastElementChild.remove();
    }
  }

  draw() {
    const shown = this.entries.filter((one) => this.wanted(one)).reverse();
    this.body.replaceChildren(...shown.map(row));
    if (!shown.length) this.body.append(make("p", { class: "none" }, "Nothing yet. Write to the bot and watch."));
  }

  wanted(entry) {
    const idle = entry.method.toLowerCase() === "getupdates" && entry.answer?.ok && !entry.answer.result.length;
    if (idle && !find("idle").checked) return false;
    const words = find("sieve").value.trim().toLowerCase();
    return !words || words.split(/\s+/).every((one) => searched(entry).includes(one));
  }
}

function searched(entry) {
  entry.searched ??= `${entry.method} ${entry.status} ${entry.direction} ${JSON.stringify([entry.parameters, entry.answer])}`.toLowerCase();
  return entry.searched;
}

function row(entry) {
  const good = entry.status >= 200 && entry.status < 300;
  const time = new Date(entry.time * 1000);
  const state = good ? "ok" : entry.status || "no answer";
  const hook = entry.direction === "webhook";
  const node = make("details", { class: good ? "call" : "call wrong" },
    make("summary", {},
      make("span", { class: "way", title: hook ? "Telegram to the bot's webhook" : "The bot to Telegram" }, hook ? "↓" : "↑"),
      make("b", {}, entry.method),
      make("span", { class: "state" }, String(state)),
      make("small", {}, `${time.toLocaleTimeString([], { hour12: false })}.${String(time.getMilliseconds()).padStart(3, "0")} · ${entry.ms} ms`)));
  node.addEventListener("toggle", () => { if (node.open && node.children.length === 1) node.append(...inside(entry)); }, { once: false });
  return node;
}

function inside(entry) {
  const part = (name, value) => [make("h3", {}, name), make("pre", { tabIndex: 0 }, pretty(value))];
  const fault = entry.fault ? [make("p", { class: "fault" }, `Fault on demand: ${entry.fault}`)] : [];
  return [...fault, ...part(entry.direction === "webhook" ? "Update" : "Parameters", entry.parameters), ...part("Answer", entry.answer)];
}

// JSON with what is short on one line.
function pretty(value, indent = "") {
  const short = JSON.stringify(value) ?? "";
  if (short.length + indent.length < 44 || typeof value !== "object") return short;
  const deeper = indent + "  ";
  const list = Array.isArray(value);
  const lines = Object.entries(value).map(([name, one]) => deeper + (list ? "" : `${name}: `) + pretty(one, deeper));
  return `${list ? "[" : "{"}\n${lines.join(",\n")}\n${indent}${list ? "]" : "}"}`;
}
