// Talks to the sandbox: calls and the live feed. Nothing is shown here.

export class Refused extends Error {}

async function call(verb, path, body) {
  const plain = body === undefined || body instanceof FormData;
  const answer = await fetch("/sandbox" + path, { method: verb, body: plain ? body : JSON.stringify(body) });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(content.error || `The sandbox answered ${answer.status}.`);
  return content;
}

export const read = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const change = (path, body) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);
export const file = (id) => `/sandbox/files/${encodeURIComponent(id)}`;

export function sendFiles(chat, files, { asFile, caption, replyTo }) {
  const form = new FormData();
  form.append("as_file", asFile ? "true" : "false");
  form.append("caption", caption || "");
  form.append("reply_to", String(replyTo || 0));
  for (const one of files) form.append("files", one, one.name || "photo.jpg");
  return call("POST", `/chats/${chat}/photos`, form);
}

// Events since `after`; the browser reconnects by itself and says where it was.
export function listen(after, take, { calls = false } = {}) {
  const source = new EventSource(`/sandbox/events?after=${after}${calls ? "&calls" : ""}`);
  source.onmessage = (event) => take(JSON.parse(event.data));
  return source;
}
