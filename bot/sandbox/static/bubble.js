// Draws one message, or one album, as a bubble. It knows nothing of other messages.
import { bytes, drawn, hour, make, moment } from "./dom.js";
import { link, rich } from "./rich.js";
import { file } from "./wire.js";

const STUBS = { voice: "🎤 Voice message", video: "🎬 Video", sticker: "Sticker", location: "📍 Location", contact: "👤 Contact" };

export const isOwn = (message) => !message.from.is_bot;

// One line for lists and quotes.
export function summary(message) {
  if (!message) return "";
  const words = message.text || message.caption || "";
  if (message.text) return words.replace(/^\/start .*/, "/start");
  if (message.photo) return words ? `📷 ${words}` : "📷 Photo";
  if (message.document) return `📄 ${words || message.document.file_name || "File"}`;
  return Object.entries(STUBS).find(([kind]) => message[kind])?.[1] || "Message";
}

// `messages` has several members for an album only; `acts` is what the chat does when something is used.
export function bubble(messages, { read, reactions, acts }) {
  const first = messages[0];
  const last = messages.at(-1);
  const captioned = messages.find((one) => one.caption) || first;
  const body = make("div", { class: "bubble" });
  if (first.forward_origin) body.append(make("p", { class: "from" }, "Forwarded message"));
  if (first.reply_to_message) body.append(quote(first.reply_to_message, acts));
  const photos = messages.filter((one) => one.photo);
  if (photos.length) body.append(mosaic(photos, acts));
  for (const one of messages.filter((each) => each.document)) body.append(fileRow(one));
  const stub = Object.keys(STUBS).find((kind) => first[kind]);
  if (stub) body.append(make("p", { class: "stub" }, STUBS[stub]));
  const text = words(captioned, acts);
  if (text) body.append(text);
  (text || body).append(meta(last, { read, edited: messages.some((one) => one.edit_date) }));
  body.classList.toggle("bare", Boolean(photos.length) && !text);
  // A caption keeps to the width of its picture.
  if (photos.length) body.style.maxWidth = `${Math.max(246, 6 + (parseInt(body.querySelector(".mosaic button").style.width) || 400))}px`;
  const keys = keyboard(first, acts);
  const marks = messages.flatMap((one) => reactions[one.message_id] || []);
  return [body, marks.length ? make("span", { class: "mark", title: "Reaction" }, marks.join("")) : null, keys];
}

function words(message, acts) {
  const text = message.text ?? message.caption;
  if (!text) return null;
  const shown = message.text && isOwn(message) ? text.replace(/^\/start .*/, "/start") : text;
  return make("div", { class: "words", dir: "auto" },
    rich(shown, message.entities || message.caption_entities, { onCommand: acts.command, onLink: acts.link }));
}

function quote(message, acts) {
  return make("button", { type: "button", class: "quote", onclick: () => acts.show(message.message_id) },
    make("b", {}, message.from.first_name), make("span", {}, summary(message)));
}

function meta(message, { read, edited }) {
  const time = make("time", { dateTime: new Date(message.date * 1000).toISOString(), title: moment(message.date) }, hour(message.date));
  const mark = make("span", { class: "meta" }, edited ? "edited " : "", time);
  if (isOwn(message)) {
    const tick = drawn(read ? "M2 12.500l4.500 4.500L15 7M10.500 16l1 1L20.500 7" : "M5 12.500l4.500 4.500L18 7");
    mark.append(make("span", { class: "tick", role: "img", "aria-label": read ? "Read" : "Sent" }, tick));
  }
  return mark;
}

function mosaic(photos, acts) {
  const grid = make("div", { class: photos.length > 1 ? "mosaic many" : "mosaic" });
  // Three in a row; what does not fill rows of three begins with rows of two.
  const wide = [0, 4, 2][photos.length % 3];
  for (const [index, one] of photos.entries()) {
    const size = one.photo.at(-1);
    const image = make("img", { src: file(size.file_id), width: size.width, height: size.height, loading: "lazy", decoding: "async", alt: one.caption || "Photo" });
    const frame = make("button", { type: "button", "aria-label": "Open the photo", class: index < wide && "wide", onclick: () => acts.enlarge(one.message_id) }, image);
    if (photos.length === 1) {
      const ratio = Math.max(0.6, Math.min(2.4, size.width / size.height));
      frame.style.aspectRatio = String(ratio);
      frame.style.width = `${Math.round(Math.min(size.width, 340, 400 * ratio))}px`;
    }
    grid.append(frame);
  }
  return grid;
}

function fileRow(message) {
  const { file_id, file_name = "File", mime_type = "", file_size = 0, thumbnail } = message.document;
  const ending = (file_name.includes(".") ? file_name.split(".").pop() : mime_type.split("/").pop() || "file").slice(0, 4);
  const face = thumbnail
    ? make("img", { src: file(thumbnail.file_id), alt: "", width: 48, height: 48, loading: "lazy" })
    : make("span", { class: "ending", "aria-hidden": "true" }, ending.toUpperCase());
  return make("a", { class: "file", href: file(file_id), download: file_name },
    face, make("span", {}, make("b", {}, file_name), make("small", {}, `${ending.toUpperCase()} · ${bytes(file_size)}`)));
}

function keyboard(message, acts) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  const keys = make("div", { class: "keys" });
  for (const row of rows) keys.append(make("div", { class: "row" }, ...row.map((one) => key(one, message, acts))));
  return keys;
}

function key(button, message, acts) {
  const look = button.style ? `key ${button.style}` : "key";
  if (button.url) {
    const anchor = link(button.url, acts.link, { class: look + " out" });
    anchor.append(button.text);
    return anchor;
  }
  if (button.copy_text) {
    const copy = () => navigator.clipboard?.writeText(button.copy_text.text).then(() => acts.say("Copied"));
    return make("button", { type: "button", class: look, onclick: copy }, button.text);
  }
  const press = (event) => acts.press(message.message_id, button.callback_data, event.currentTarget);
  return make("button", { type: "button", class: look, disabled: !button.callback_data, onclick: press }, button.text);
}
