// Turns a text and its entities into nodes. Offsets are UTF-16 units, as strings have them here.
import { make } from "./dom.js";

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

export function rich(text, entities = [], { onCommand, onLink } = {}) {
  const whole = document.createDocumentFragment();
  build(whole, text, 0, text.length, [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length));
  return whole;

  function build(parent, source, from, to, rest) {
    let at = from;
    while (rest.length) {
      const one = rest.shift();
      const end = Math.min(one.offset + one.length, to);
      if (one.offset < at || end <= one.offset) continue;
      parent.append(source.slice(at, one.offset));
      const inner = [];
      while (rest.length && rest[0].offset < end) inner.push(rest.shift());
      const node = styled(one, source.slice(one.offset, end));
      build(node, source, one.offset, end, inner);
      parent.append(node);
      at = end;
    }
    parent.append(source.slice(at, to));
  }

  function styled(entity, words) {
    if (TAGS[entity.type]) return make(TAGS[entity.type]);
    if (entity.type === "spoiler") return spoiler();
    if (entity.type === "bot_command" && onCommand)
      return make("button", { type: "button", class: "command", onclick: () => onCommand(words) });
    const address = { url: words, text_link: entity.url, email: `mailto:${words}` }[entity.type];
    return address ? link(address, onLink) : make("span");
  }
}

export function link(address, onLink, properties = {}) {
  const full = /^[a-z]+:/i.test(address) ? address : `https://${address}`;
  if (!/^(https?|mailto|tg):/i.test(full)) return make("span");
  const click = (event) => { if (onLink && onLink(full)) event.preventDefault(); };
  return make("a", { href: full, target: "_blank", rel: "noreferrer noopener", onclick: click, ...properties });
}

function spoiler() {
  const show = (event) => event.currentTarget.classList.add("shown");
  return make("button", { type: "button", class: "spoiler", title: "Hidden; show it", onclick: show });
}
