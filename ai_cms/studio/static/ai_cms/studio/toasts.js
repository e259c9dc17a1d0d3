// What the studio's scripts share: words, posting a form, toasts with a way back, asking in a dialog.

const { words, urls } = JSON.parse(document.getElementById("st-words").textContent);
const box = document.querySelector("[data-toasts]");
const LASTS = 12000;

export { words, urls };

/** Return the CSRF token of this page. */
export function token() { return document.querySelector("#st-token [name='csrfmiddlewaretoken']").value; }

/** Make an element: its name, attributes, children. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Copy one of the icons that are on the page already, or draw a dot. */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "st-icon");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Show what was done, or what was not; ``undo``: a token that leads back, ``after``: called when it did. */
export function toast(text, { undo = "", failed = false, after = null } = {}) {
  for (const old of box.querySelectorAll("[data-toast]")) old.remove();
  const made = make("div", { class: `st-toast ${failed ? "st-bad" : "st-good"}`, "data-toast": true });
  made.append(icon(failed ? "M10 3.2 17.6 16.5H2.4L10 3.2Z M10 8.2v3.6 M10 14.2v.1" : "m4.5 10.5 3.6 3.6 7.4-8"), make("p", {}, text));
  if (undo) {
    const button = make("button", { type: "button", class: "st-toast-act" }, words.undo);
    button.addEventListener("click", () => turnBack(undo, after));
    made.append(button);
  }
  box.append(made);
  closable(made);
}

/** Let a toast be put away, and go by itself once nobody looks at it. */
function closable(made) {
  const close = make("button", { type: "button", class: "st-toast-close", "aria-label": words.dismiss }, icon("M5 5l10 10 M15 5 5 15"));
  made.querySelector("[data-dismiss]")?.remove();
  close.addEventListener("click", () => made.remove());
  made.append(close);
  let timer = 0;
  const wait = () => { clearTimeout(timer); timer = setTimeout(() => made.remove(), LASTS); };
  for (const kind of ["pointerenter", "focusin"]) made.addEventListener(kind, () => clearTimeout(timer));
  for (const kind of ["pointerleave", "focusout"]) made.addEventListener(kind, wait);
  wait();
}

/** Have the server turn something back. */
async function turnBack(undo, after) {
  const done = await post(urls.undo, { token: undo });
  if (!done) return;
  toast(done.message);
  if (after) after(done);
  else location.reload();
}

/** Send values as a form; returns the answer, or null where it was refused, which is said. Asks where the server asks. */
export async function post(url, values) {
  const body = new FormData();
  for (const [key, value] of Object.entries(values)) body.append(key, value);
  let answer;
  try {
    answer = await fetch(url, { method: "POST", body, credentials: "same-origin", headers: { Accept: "application/json", "X-CSRFToken": token() } });
  } catch {
    toast(words.failed, { failed: true });
    return null;
  }
  const known = (answer.headers.get("Content-Type") || "").startsWith("application/json");
  const data = known ? await answer.json() : {};
  if (answer.status === 401 && data.login) { location.assign(data.login); return null; }
  if (!answer.ok || !known) {
    toast(data.detail || words.failed, { failed: true });
    return null;
  }
  if (data.ask) return (await ask(data)) ? post(url, { ...values, confirmed: 1 }) : null;
  return data;
}

/** Ask in a dialog; returns whether to go on. */
export function ask({ ask: question, title, submit, danger }) {
  const heading = make("h2", { id: "st-ask-title" }, title);
  const form = make("form", { method: "dialog", class: "st-form-acts" },
    make("button", { value: "yes", class: `st-button ${danger ? "st-danger" : "st-primary"}` }, submit),
    make("button", { value: "no", class: "st-button" }, words.cancel));
  const dialog = make("dialog", { class: "st-dialog", "aria-labelledby": "st-ask-title" }, heading, make("p", {}, question), form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { resolve(dialog.returnValue === "yes"); dialog.remove(); });
  });
}

for (const made of box.querySelectorAll("[data-toast]")) closable(made);
