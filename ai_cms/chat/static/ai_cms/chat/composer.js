// Where one writes: kept while one types, sent once, still there when sending fails.

import { Draft } from "./drafts.js";
import { ask, say, settings } from "./site.js";

export class Composer {
  constructor(form, thread) {
    this.form = form;
    this.thread = thread;
    this.area = form.elements.content;
    this.problem = form.querySelector("[data-problem]");
    this.files = form.querySelector("[data-files]");
    this.send = form.querySelector("[data-send]");
    this.draft = new Draft(form.dataset.for);
    this.attached = [];
    const kept = this.draft.read();
    if (kept.content && !this.area.value) {
      this.area.value = kept.content;
      form.querySelector("[data-saved]").textContent = say("kept");
    }
    for (const file of kept.files ?? []) this.show(file);
    this.grow();
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      // A phone has no Shift to begin a line with.
      if (matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    form.querySelector("[data-attach]")?.addEventListener("change", (event) => this.attach(event.target));
    for (const button of form.querySelectorAll("[data-call]")) button.addEventListener("click", () => this.insert(`${button.dataset.call} `));
    form.elements.agent?.addEventListener("change", () => this.choose());
    if (matchMedia("(pointer: fine) and (min-width: 50rem)").matches && !location.hash) this.area.focus({ preventScroll: true });
  }

  typed() {
    this.draft.write({ content: this.area.value });
    this.form.querySelector("[data-saved]").textContent = "";
    this.grow();
    this.typing?.(this.area.value !== "");
  }

  grow() {
    // Rows, because a height would be an inline style for a strict policy only where markup has it, and jumps.
    const lines = this.area.value.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 90), 0);
    this.area.rows = Math.min(Math.max(lines, 1), 10);
  }

  insert(text) {
    const { selectionStart: start, selectionEnd: end } = this.area;
    this.area.setRangeText(text, start, end, "end");
    this.area.focus();
    this.typed();
  }

  /** Who answers from here on. */
  async choose() {
    if (!settings.conversation || settings.kind === "rooms") return;
    try {
      await ask(settings.conversation, { method: "PATCH", body: { agent: this.form.elements.agent.value } });
    } catch (error) {
      this.fail(error);
    }
  }

  async submit() {
    const content = this.area.value.trim();
    if (this.sending || (!content && !this.attached.length)) {
      this.area.focus();
      return;
    }
    if (content.length > settings.most) {
      this.fail(new Error(say("too_long", { most: settings.most })), { again: false });
      return;
    }
    this.sending = this.send.disabled = true;
    this.problem.hidden = true;
    const typed = this.area.value;
    const attachments = this.attached.map((file) => file.id);
    try {
      const place = await this.place();
      const client_id = this.draft.idFor(JSON.stringify([content, attachments]));
      await ask(place.send, { method: "POST", body: { content, attachments, client_id }, headers: { Prefer: "respond-async" } });
      this.sent(typed, place);
    } catch (error) {
      this.fail(error);
    } finally {
      this.sending = this.send.disabled = false;
    }
  }

  sent(typed, place) {
    // What was typed while it was sent is the next message.
    const rest = this.area.value.startsWith(typed) ? this.area.value.slice(typed.length) : this.area.value;
    this.draft.clear();
    this.attached = [];
    this.files.replaceChildren();
    this.area.value = rest;
    if (rest) this.typed();
    else this.grow();
    this.typing?.(rest !== "");
    if (place.page) location.assign(place.page);
    else this.thread.news().then(() => this.thread.toEnd());
    this.area.focus();
  }

  /** Return where to send; a new conversation is made once, however often sending fails. */
  async place() {
    if (settings.id) return { send: settings.send };
    let { conversation } = this.draft.read();
    if (!conversation) {
      const agent = this.form.elements.agent?.value;
      conversation = (await ask(settings.conversations, { method: "POST", body: agent ? { agent } : {} })).id;
      this.draft.write({ conversation });
    }
    return { send: `${settings.conversations}${conversation}/send_message/`, page: `${settings.index}c/${conversation}/` };
  }

  fail(error, { again = true } = {}) {
    if (error.status === 404 && !settings.id) this.draft.write({ conversation: null });
    this.problem.replaceChildren(Object.assign(document.createElement("p"), { textContent: error.message }));
    const buttons = document.createElement("p");
    buttons.className = "chat-buttons";
    if (error.loggedOut) {
      const link = Object.assign(document.createElement("a"), { textContent: say("log_in"), href: location.href, target: "_blank", className: "chat-quiet" });
      buttons.append(link, " ");
    }
    if (again) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: say("again"), className: "chat-quiet" });
      button.addEventListener("click", () => this.submit());
      buttons.append(button);
    }
    this.problem.append(buttons);
    this.problem.hidden = false;
    this.area.focus();
  }

  // Files

  async attach(input) {
    for (const file of input.files) {
      const row = Object.assign(document.createElement("li"), { textContent: say("uploading", { name: file.name }) });
      this.files.append(row);
      const body = new FormData();
      body.append("file", file);
      // What is sent in a conversation is not for everybody.
      body.append("visibility", "private");
      try {
        const made = await ask(settings.assets, { method: "POST", body, timeout: 300_000 });
        this.show({ id: made.id, name: made.title || file.name });
        this.draft.write({ files: this.attached });
      } catch (error) {
        this.fail(error, { again: false });
      } finally {
        row.remove();
      }
    }
    input.value = "";
  }

  show(file) {
    this.attached.push(file);
    const row = Object.assign(document.createElement("li"), { textContent: `${file.name} ` });
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "×", className: "chat-quiet" });
    button.setAttribute("aria-label", say("remove", { name: file.name }));
    button.addEventListener("click", () => {
      this.attached = this.attached.filter((other) => other !== file);
      row.remove();
      this.draft.write({ files: this.attached });
      this.area.focus();
    });
    row.append(button);
    this.files.append(row);
  }
}
