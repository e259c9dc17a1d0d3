// Copies of what is typed into a form, kept in this browser until it is saved: a failing network, an ended session or a
// closed tab lose nothing. By user, form and tab, so that nobody is offered another one's text.

const PREFIX = "ai-cms-copy:";
const MAX_AGE = 30 * 86_400_000;
/** Fields that are no text of a person, or no business of a store. */
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "aicms_copy", "version", "key"]);

/** Return the copies whose keys start with ``prefix``, the newest first; what is too old or unreadable goes. */
function copiesOf(prefix) {
  const found = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    let copy = null;
    try { copy = JSON.parse(localStorage.getItem(key)); } catch { /* Not ours, or half written. */ }
    if (!copy || !Array.isArray(copy.entries) || !(Date.now() - copy.time < MAX_AGE)) localStorage.removeItem(key);
    else if (key.startsWith(prefix)) found.push({ ...copy, key, id: key.slice(prefix.length) });
  }
  return found.sort((a, b) => b.time - a.time);
}

/** Forget the copy with an id, whosever and of whatever form it is. */
function forget(id) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && key.endsWith(`:${id}`)) localStorage.removeItem(key);
  }
}

const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The copies of one form. */
class Copies {
  constructor(form, user) {
    this.form = form;
    this.prefix = `${PREFIX}${user}:${form.dataset.copy}:`;
    this.field = document.createElement("input");
    this.field.type = "hidden";
    this.field.name = "aicms_copy";
    this.id = newId();
    form.append(this.field);
    this.first = this.entries();
  }

  get id() { return this.field.value; }
  set id(value) { this.field.value = value; }
  get version() { return this.form.elements.version ? this.form.elements.version.value : ""; }

  entries() {
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && !LEFT_OUT.has(name));
  }

  /** Whether the form holds something else than when it was loaded. */
  get changed() { return JSON.stringify(this.entries()) !== JSON.stringify(this.first); }

  /** Keep what the form holds now; say whether that was possible. */
  keep() {
    try {
      const copy = { time: Date.now(), version: this.version, entries: this.entries() };
      localStorage.setItem(this.prefix + this.id, JSON.stringify(copy));
      return true;
    } catch { return false; }
  }

  drop() { try { localStorage.removeItem(this.prefix + this.id); } catch { /* No store, no copy. */ } }

  /** Return the newest copy that says something else than the form; what says the same is taken over. */
  other() {
    try {
      const mine = JSON.stringify(this.entries());
      const found = copiesOf(this.prefix);
      const same = found.find((copy) => JSON.stringify(copy.entries) === mine);
      if (same) this.id = same.id;
      return found.find((copy) => JSON.stringify(copy.entries) !== mine && copy.id !== this.id) || null;
    } catch { return null; }
  }

  /** Put a copy into the form, with the version it was written for: what others changed since is not overwritten. */
  restore(copy) {
    const values = new Map();
    for (const [name, value] of copy.entries) values.set(name, [...(values.get(name) || []), value]);
    for (const control of this.form.elements) {
      if (!control.name || LEFT_OUT.has(control.name) || ["file", "submit", "button", "reset"].includes(control.type)) continue;
      const given = values.get(control.name) || [];
      if (control.type === "checkbox" || control.type === "radio") control.checked = given.includes(control.value);
      else if (control.multiple) [...control.options].forEach((option) => { option.selected = given.includes(option.value); });
      else if (given.length) control.value = given.length > 1 ? given.shift() : given[0];
    }
    if (this.form.elements.version && copy.version) this.form.elements.version.value = copy.version;
    this.id = copy.id;
    for (const editor of this.form.querySelectorAll("[data-ai-cms-blocks]")) editor.dispatchEvent(new Event("aicb:reload"));
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

globalThis.aiCmsCopies = { Copies, forget };
