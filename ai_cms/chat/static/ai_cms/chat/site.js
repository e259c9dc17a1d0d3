// What the page was told by the server, and how its script asks for more.

const told = document.getElementById("chat-settings");

/** Addresses, ids and sentences; null on a page without chat. */
export const settings = told ? JSON.parse(told.textContent) : null;

/** Return a sentence in the visitor's language, with what belongs in it. */
export function say(name, values = {}) {
  return (settings.words[name] ?? name).replace(/%\((\w+)\)s/g, (_all, key) => values[key] ?? "");
}

/** An answer that was no success: what to tell, and whether the person has to log in first. */
export class Refused extends Error {
  constructor(status, body) {
    super(sentence(body) || say(status === 401 ? "logged_out" : "refused"));
    this.status = status;
    this.body = body;
    this.loggedOut = status === 401 || body?.code === "not_authenticated" || /csrf/i.test(body?.detail ?? "");
    if (this.loggedOut) this.message = say("logged_out");
  }
}

function sentence(body) {
  if (!body || typeof body !== "object") return "";
  if (typeof body.detail === "string") return body.detail;
  return Object.values(body).flat().filter((text) => typeof text === "string").join(" ");
}

function token() {
  // The cookie, where scripts may read it: it is newer than the page after a log-in in another tab.
  const cookie = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  return cookie ? decodeURIComponent(cookie[1]) : document.querySelector("[data-token] input")?.value ?? "";
}

/** Ask the server and return its JSON, null for an empty answer. Throws Refused, or Error where it is not reached. */
export async function ask(url, { method = "GET", body, headers = {}, keepalive = false, timeout = 30_000 } = {}) {
  const options = { method, credentials: "same-origin", cache: "no-store", keepalive, headers: { Accept: "application/json", "X-Requested-With": "fetch", ...headers } };
  if (method !== "GET") options.headers["X-CSRFToken"] = token();
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  if (!keepalive) options.signal = AbortSignal.timeout(timeout);
  let answer;
  try {
    answer = await fetch(url, options);
  } catch (error) {
    throw new Error(say(error.name === "TimeoutError" ? "slow" : "unreachable"), { cause: error });
  }
  const json = answer.headers.get("Content-Type")?.includes("json");
  const content = answer.status === 204 ? null : json ? await answer.json() : await answer.text();
  if (!answer.ok) throw new Refused(answer.status, json ? content : null);
  return content;
}

/** Tell a screen reader, and nobody else. */
export function tell(text) {
  const place = document.querySelector("[data-told]");
  place.textContent = "";
  // A moment later, so that the same sentence twice is read twice.
  setTimeout(() => { place.textContent = text; }, 50);
}

/** Show a sentence for a while, with a button if there is something to do; return a function that takes it away. */
export function toast(text, { action = "", run = null, seconds = 8, wrong = false } = {}) {
  const box = document.createElement("div");
  box.className = wrong ? "chat-toast is-wrong" : "chat-toast";
  box.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", () => { box.remove(); run(); });
    box.append(button);
  }
  document.querySelector("[data-toasts]").append(box);
  tell(text);
  const timer = setTimeout(() => box.remove(), seconds * 1000);
  return () => { clearTimeout(timer); box.remove(); };
}

/** Tell what went wrong. */
export function complain(error) {
  toast(error.message || say("refused"), { wrong: true });
}
