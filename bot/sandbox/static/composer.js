// The input: text, files with their preview, commands, replying and editing, the START button.
import { summary } from "./bubble.js";
import { bytes, coarse, find, make } from "./dom.js";
import { change, post, sendFiles } from "./wire.js";

export class Composer {
  constructor({ log, say, commandsOf }) {
    Object.assign(this, { log, say, commandsOf, files: [], reply: null, editing: null, chat: null });
    this.text = find("text");
    this.form = find("composer");
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.form.addEventListener("keydown", (event) => { if (event.key === "Escape") this.offer(null); });
    this.text.addEventListener("paste", (event) => this.pasted(event));
    find("attach").addEventListener("click", () => find("files").click());
    find("camera").addEventListener("click", () => find("shoot").click());
    for (const id of ["files", "shoot"]) find(id).addEventListener("change", (event) => this.chosen(event.target));
    find("about-end").addEventListener("click", () => this.forget());
    find("menu").addEventListener("click", () => this.menu());
    find("start").addEventListener("click", () => this.start());
    this.watchDrops(find("open"));
  }

  open(chat) {
    this.chat = chat;
    this.files = [];
    this.forget();
    this.text.value = "";
    this.typed();
    this.ready();
    if (!coarse.matches && chat.started) this.text.focus();
  }

  ready() {
    const fresh = !this.chat.started || Boolean(this.chat.payload);
    find("start").hidden = !fresh;
    find("start").textContent = this.chat.payload ? `Start · ${this.chat.payload}` : "Start";
    find("line").hidden = fresh;
    this.showFiles();
    if (fresh && !coarse.matches) find("start").focus();
  }

  async attempt(work, sending = "") {
    const chat = this.chat;
    if (sending) this.log.sending(sending);
    try {
      await work(`/chats/${chat.id}`);
      return true;
    } catch (failure) {
      this.say(failure.message || "That did not work. Is the sandbox still running?");
      return false;
    } finally {
      if (sending) this.log.sending("");
    }
  }

  start() {
    const payload = this.chat.payload || "";
    this.chat.payload = "";
    return this.attempt((path) => post(`${path}/start`, { payload }));
  }

  async send() {
    const words = this.text.value.trim();
    if (this.files.length) return this.sendFiles(words);
    if (!words) return;
    const { editing, reply } = this;
    this.text.value = "";
    this.forget();
    this.typed();
    const work = editing
      ? (path) => change(`${path}/messages/${editing.message_id}`, { text: words })
      : (path) => post(`${path}/text`, { text: words, reply_to: reply?.message_id || 0 });
    if (!(await this.attempt(work))) {
      this.text.value = words;
      this.typed();
    }
  }

  async sendFiles(caption) {
    const { files, reply, chat } = this;
    const asFile = this.form.how.value === "file";
    const pictures = files.filter((one) => !asFile && one.type.startsWith("image/"));
    const others = files.filter((one) => !pictures.includes(one));
    this.files = [];
    this.text.value = "";
    this.forget();
    this.typed();
    this.showFiles();
    const about = { replyTo: reply?.message_id, caption };
    const sent = await this.attempt(async () => {
      if (pictures.length) await sendFiles(chat.id, pictures, { asFile: false, ...about });
      if (others.length) await sendFiles(chat.id, others, { asFile: true, ...about, caption: pictures.length ? "" : caption });
    }, files.length > 1 ? `Sending ${files.length} files…` : "Sending…");
    if (!sent) {
      this.files = files;
      this.text.value = caption;
      this.showFiles();
    }
  }

  // what is picked

  chosen(input) {
    this.pick([...input.files]);
    input.value = "";
  }

  pick(files) {
    if (!files.length || !this.chat?.started) return;
    this.files = [...this.files, ...files].slice(0, 20);
    this.showFiles();
    this.text.focus();
  }

  showFiles() {
    const strip = find("strip");
    for (const image of strip.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    strip.replaceChildren(...this.files.map((one, index) => this.tile(one, index)));
    find("picked").hidden = !this.files.length;
    const anyPicture = this.files.some((one) => one.type.startsWith("image/"));
    this.form.querySelector(".switch").hidden = !anyPicture;
    this.text.placeholder = this.files.length ? "Add a caption" : "Message";
  }

  tile(one, index) {
    const picture = one.type.startsWith("image/");
    const away = () => {
      this.files = this.files.filter((_, at) => at !== index);
      this.showFiles();
      this.text.focus();
    };
    return make("li", {},
      picture ? make("img", { src: URL.createObjectURL(one), alt: one.name }) : make("span", { class: "ending" }, one.name.split(".").pop().slice(0, 4)),
      make("small", {}, picture ? bytes(one.size) : one.name),
      make("button", { type: "button", class: "icon", "aria-label": `Leave ${one.name} out`, onclick: away }, "×"));
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    this.pick(files);
  }

  watchDrops(place) {
    const over = (on) => place.classList.toggle("over", on);
    place.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      over(Boolean(this.chat?.started));
    });
    place.addEventListener("dragleave", (event) => { if (!place.contains(event.relatedTarget)) over(false); });
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      this.pick([...event.dataTransfer.files]);
    });
  }

  // what is typed

  typed() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 180)}px`;
    if (/^\/\w*$/.test(this.text.value)) this.offer(this.text.value.slice(1));
    else if (!this.menuOpen) this.offer(null);
  }

  key(event) {
    if (event.key === "Escape") {
      this.forget();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !coarse.matches) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }

  menu() {
    this.menuOpen = find("commands").hidden;
    this.offer(this.menuOpen ? "" : null);
    if (this.menuOpen) find("commands").querySelector("button")?.focus();
  }

  async offer(begun) {
    const list = find("commands");
    const known = begun === null ? [] : await this.commandsOf(this.chat);
    const fitting = known.filter((one) => one.command.startsWith(begun));
    list.replaceChildren(...fitting.map((one) => make("li", {}, make("button", {
      type: "button", onclick: () => this.command(`/${one.command}`),
    }, make("b", {}, `/${one.command}`), make("span", {}, one.description)))));
    if (begun === "" && this.menuOpen && !known.length) list.append(make("li", { class: "none" }, "The bot has no commands yet."));
    list.hidden = !list.children.length;
    if (list.hidden) this.menuOpen = false;
    find("menu").setAttribute("aria-expanded", String(!list.hidden));
  }

  command(words) {
    this.menuOpen = false;
    this.text.value = "";
    this.typed();
    this.offer(null);
    this.text.focus();
    return this.attempt((path) => post(`${path}/text`, { text: words }));
  }

  // replying and editing

  answer(message) {
    this.forget();
    this.reply = message;
    this.about(`Reply to ${message.from.first_name}`, summary(message));
  }

  edit(message) {
    this.forget();
    this.editing = message;
    this.text.value = message.text ?? message.caption ?? "";
    this.typed();
    this.about("Edit your message", summary(message));
  }

  about(what, text) {
    find("about-what").textContent = what;
    find("about-text").textContent = text;
    find("about").hidden = false;
    this.text.focus();
  }

  forget() {
    if (this.editing) this.text.value = "";
    this.reply = this.editing = null;
    find("about").hidden = true;
  }
}
