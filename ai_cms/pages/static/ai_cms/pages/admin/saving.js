// Saving a form without losing its text: before it is sent, the server is asked whether it is there and who is logged in.
// Where that fails the form stays as it is and says why. Without this script the form is a form.

const { Copies, forget } = globalThis.aiCmsCopies;
const SCROLL = "ai-cms-scroll";

class Saving {
  constructor(form, settings) {
    this.form = form;
    this.settings = settings;
    this.words = settings.words;
    this.copies = new Copies(form, settings.user);
    this.changed = false;
    this.failed = false;
    this.status = document.createElement("span");
    this.status.className = "aicms-state";
    this.status.setAttribute("role", "status");
    (form.querySelector(".aicms-submit") || form).append(this.status);
    for (const kind of ["input", "change"]) form.addEventListener(kind, (event) => this.touch(event));
    form.addEventListener("submit", (event) => this.submit(event));
    window.addEventListener("beforeunload", (event) => { if (this.changed) event.preventDefault(); });
    window.addEventListener("pagehide", () => { if (this.changed) this.copies.keep(); });
    window.addEventListener("pageshow", () => this.shown());
    window.addEventListener("offline", () => this.say(this.words.offline, true));
    window.addEventListener("online", () => { if (this.failed) this.say(this.words.online); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.back(); });
    window.addEventListener("focus", () => this.back());
  }

  say(text, failed = false) {
    this.failed = failed;
    this.status.textContent = text;
    this.status.classList.toggle("aicms-state-failed", failed);
  }

  touch(event) {
    // Choosing a type to add, and other controls without a name, change nothing that is saved.
    if (event.target !== this.form && event.target.name === "") return;
    this.changed = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.changed) return;
      const kept = this.copies.keep();
      if (!this.failed) this.say(kept ? this.words.unsaved : this.words.uncopied);
    }, 400);
  }

  /** After loading, and after coming back: the browser may have put into the fields what stood there. */
  shown() {
    this.checked = this.busy = false;
    const other = this.copies.other();
    if (this.copies.changed && !this.changed) this.touch({ target: this.form });
    if (this.offer) this.offer.remove();
    this.offer = other ? this.makeOffer(other) : null;
    if (this.offer) this.form.before(this.offer);
  }

  makeOffer(copy) {
    const box = document.createElement("div");
    box.className = "aicms-problems aicms-offer";
    box.setAttribute("role", "region");
    const text = document.createElement("p");
    text.id = "aicms-offer";
    box.setAttribute("aria-labelledby", text.id);
    const time = new Date(copy.time).toLocaleString(document.documentElement.lang || undefined, { dateStyle: "medium", timeStyle: "short" });
    text.textContent = this.words.found.replace("%s", time);
    if (copy.version && copy.version !== this.copies.version) text.textContent += ` ${this.words.changed}`;
    const button = (word, action, primary = false) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = primary ? "aicms-button aicms-primary" : "aicms-button";
      made.textContent = word;
      made.addEventListener("click", () => { action(); box.remove(); this.offer = null; });
      return made;
    };
    const tools = document.createElement("p");
    tools.className = "aicms-choices";
    tools.append(
      button(this.words.restore, () => { this.copies.restore(copy); this.say(this.words.restored); this.form.elements[0].focus(); }, true),
      button(this.words.discard, () => { forget(copy.id); }),
    );
    box.append(text, tools);
    return box;
  }

  /** Ask who is logged in: "ok", "loggedOut", "other" or "offline". A token for this session goes into all forms. */
  async ask() {
    let answer;
    try {
      answer = await fetch(this.settings.state, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(10_000) });
    } catch { return "offline"; }
    const known = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    if (answer.status >= 500) return "offline";
    if (!answer.ok || answer.redirected || !known) return "loggedOut";
    const state = await answer.json();
    if (state.user !== this.settings.user) return "other";
    for (const field of document.querySelectorAll("input[name='csrfmiddlewaretoken']")) field.value = state.token;
    return "ok";
  }

  async submit(event) {
    if (this.previewing) return;
    if (this.checked) {
      this.changed = false;
      sessionStorage.setItem(SCROLL, JSON.stringify([location.pathname, window.scrollY]));
      return;
    }
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    const preview = event.submitter && "aicmsPreview" in event.submitter.dataset;
    if (!preview) this.say(this.words.saving);
    this.copies.keep();
    const state = await this.ask();
    this.busy = false;
    if (state === "ok" && preview) {
      this.preview(event.submitter);
      return;
    }
    if (state === "ok") {
      this.checked = true;
      this.form.requestSubmit(event.submitter);
      return;
    }
    this.changed = true;
    this.say(this.words[state], true);
    if (state !== "offline") this.askToLogIn(this.words[state]);
  }

  /** Show what is in the form as the page would look, over the form; nothing is saved. */
  preview(button) {
    const dialog = document.getElementById("aicms-preview-dialog");
    dialog.showModal();
    this.previewing = true;
    this.form.requestSubmit(button);
    this.previewing = false;
  }

  askToLogIn(text) {
    this.dialog ||= document.createElement("dialog");
    this.dialog.className = "aicms-dialog";
    this.dialog.setAttribute("aria-labelledby", "aicms-dialog-text");
    const words = document.createElement("p");
    words.id = "aicms-dialog-text";
    words.textContent = text;
    const link = document.createElement("a");
    link.className = "aicms-button aicms-primary";
    link.href = this.settings.login;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = this.words.logIn;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "aicms-button";
    close.textContent = this.words.close;
    close.addEventListener("click", () => this.dialog.close());
    const tools = document.createElement("p");
    tools.className = "aicms-choices";
    tools.append(link, close);
    this.dialog.replaceChildren(words, tools);
    if (!this.dialog.isConnected) document.getElementById("content-main").append(this.dialog);
    if (!this.dialog.open) this.dialog.showModal();
    link.focus();
  }

  /** Back from another tab, where somebody may have logged in. */
  async back() {
    if (!this.dialog || !this.dialog.open || this.busy) return;
    this.busy = true;
    const state = await this.ask();
    this.busy = false;
    if (state !== "ok") return;
    this.dialog.close();
    this.say(this.words.loggedIn);
  }
}

/** What was saved needs no copy; the address says which, once. */
function settle() {
  const address = new URL(location.href);
  const noted = document.querySelector("[data-aicms-saved]");
  const id = address.searchParams.get("saved") || (noted && noted.dataset.aicmsSaved);
  if (!id) return;
  try { forget(id); } catch { /* No store, no copy. */ }
  address.searchParams.delete("saved");
  history.replaceState(history.state, "", address);
}

/** After saving go on where one was, unless there is something to read at the top. */
function goOn() {
  let stored = null;
  try {
    stored = JSON.parse(sessionStorage.getItem(SCROLL) || "null");
    sessionStorage.removeItem(SCROLL);
  } catch { return; }
  if (!stored || stored[0] !== location.pathname || document.querySelector(".errornote, .aicms-problems[open], .messagelist .warning, .messagelist .error")) return;
  window.scrollTo(0, stored[1]);
}

settle();
const source = document.getElementById("aicms-keeping");
if (source) {
  const settings = JSON.parse(source.textContent);
  for (const form of document.querySelectorAll("form[data-copy]")) {
    const saving = new Saving(form, settings);
    const told = document.querySelector(".messagelist .success");
    if (told) saving.say(told.matches(".aicms-published") ? settings.words.published : settings.words.saved);
  }
  // When everything has its height.
  window.addEventListener("load", goOn);
}
