// The list beside a conversation: searched while one types, walked by arrows, each entry with what can be done with it.

import { ask, complain, say, settings, toast } from "./site.js";

/** Milliseconds between two looks at the list, and seconds in which a deletion can be taken back. */
const LOOK = 20_000;
const UNDO = 8;

export class Side {
  constructor(root) {
    this.root = root;
    this.list = root.querySelector("[data-list]");
    this.search = root.querySelector("[data-search]");
    this.show = "";
    this.deleting = new Map();
    let timer;
    this.search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.refresh(), 250);
    });
    this.search.addEventListener("submit", (event) => {
      event.preventDefault();
      this.refresh();
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") this.walk(event, 0);
    });
    this.list.addEventListener("keydown", (event) => this.pressed(event));
    this.list.addEventListener("click", (event) => this.clicked(event));
    setInterval(() => { if (!document.hidden && !this.isUsed) this.refresh(); }, LOOK);
    // Whoever leaves has not taken it back.
    addEventListener("pagehide", () => { for (const run of this.deleting.values()) run(true); });
  }

  get isUsed() {
    return this.list.querySelector("details[open], form") !== null;
  }

  get links() {
    return [...this.list.querySelectorAll(".chat-entry:not([hidden]) .chat-entry-link")];
  }

  async refresh() {
    const query = new URLSearchParams(new FormData(this.search));
    query.set("kind", settings.kind);
    query.set("current", settings.id ?? "");
    if (this.show) query.set("show", this.show);
    const asked = (this.asked = Symbol("asked"));
    let html;
    try {
      html = await ask(`${settings.list}?${query}`, { headers: { Accept: "text/html" } });
    } catch {
      // The next look may do better; what is shown stays.
      return;
    }
    if (asked !== this.asked) return;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.closest("[data-entry]")?.dataset.entry : null;
    this.list.innerHTML = html;
    for (const key of this.deleting.keys()) this.entry(key)?.setAttribute("hidden", "");
    if (focused) this.entry(focused)?.querySelector("a").focus({ preventScroll: true });
  }

  entry(key) {
    return this.list.querySelector(`[data-entry="${key}"]`);
  }

  /** Show how many messages of each room are unread; a room that is not in the list yet is asked for. */
  count(rooms) {
    let unknown = false;
    for (const [key, number] of Object.entries(rooms)) {
      const link = this.entry(key)?.querySelector(".chat-entry-link");
      if (!link) {
        unknown ||= number > 0;
        continue;
      }
      let badge = link.querySelector(".chat-unread");
      if (!number) badge?.remove();
      else {
        if (!badge) {
          badge = Object.assign(document.createElement("b"), { className: "chat-unread" });
          link.append(badge);
        }
        badge.replaceChildren(String(number), Object.assign(document.createElement("span"), { className: "chat-unseen", textContent: ` ${say("unread")}` }));
      }
    }
    if (unknown && !this.isUsed) this.refresh();
  }

  pressed(event) {
    if (event.key === "Escape") {
      const menu = event.target.closest("details[open]");
      if (!menu) return;
      event.stopPropagation();
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    const place = this.links.indexOf(event.target);
    if (place < 0) return;
    if (event.key === "ArrowDown") this.walk(event, place + 1);
    else if (event.key === "ArrowUp" && place === 0) {
      event.preventDefault();
      this.search.elements.q.focus();
    } else if (event.key === "ArrowUp") this.walk(event, place - 1);
    else if (event.key === "Home") this.walk(event, 0);
    else if (event.key === "End") this.walk(event, this.links.length - 1);
  }

  walk(event, place) {
    const link = this.links[place];
    if (!link) return;
    event.preventDefault();
    link.focus();
  }

  async clicked(event) {
    const more = event.target.closest("[data-more]");
    if (more) {
      event.preventDefault();
      this.show = more.dataset.more;
      await this.refresh();
      return;
    }
    const button = event.target.closest("[data-do]");
    if (!button) return;
    const entry = button.closest("[data-entry]");
    entry.querySelector("details").open = false;
    const url = `${settings.conversations}${entry.dataset.entry}/`;
    const change = (body) => ask(url, { method: "PATCH", body }).then(() => this.refresh(), complain);
    const value = button.dataset.value === "true";
    if (button.dataset.do === "pin") await change({ is_pinned: value });
    else if (button.dataset.do === "archive") await change({ is_archived: value });
    else if (button.dataset.do === "rename") this.rename(entry, change);
    else if (button.dataset.do === "delete") this.remove(entry, url);
  }

  rename(entry, change) {
    const link = entry.querySelector("a");
    const form = document.createElement("form");
    form.className = "chat-rename";
    const input = Object.assign(document.createElement("input"), { value: link.querySelector("span").textContent, maxLength: 200, required: true });
    input.setAttribute("aria-label", say("new_title"));
    const close = () => {
      form.remove();
      link.hidden = false;
      link.focus();
    };
    form.append(input, Object.assign(document.createElement("button"), { textContent: say("save"), className: "chat-quiet" }));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const title = input.value.trim();
      close();
      if (!title) return;
      await change({ title });
      if (entry.dataset.entry === settings.id) document.querySelector("[data-title]").textContent = title;
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    });
    link.hidden = true;
    entry.prepend(form);
    input.select();
  }

  /** Take an entry out of sight; it is deleted when nobody has taken that back. */
  remove(entry, url) {
    const key = entry.dataset.entry;
    const links = this.links;
    const place = links.indexOf(entry.querySelector(".chat-entry-link"));
    entry.hidden = true;
    (links[place + 1] ?? links[place - 1] ?? this.search.elements.q).focus();
    const close = toast(say("deleted"), {
      action: say("undo"),
      seconds: UNDO,
      run: () => {
        clearTimeout(timer);
        this.deleting.delete(key);
        this.entry(key)?.removeAttribute("hidden");
        this.entry(key)?.querySelector("a").focus();
      },
    });
    const run = async (leaving = false) => {
      clearTimeout(timer);
      this.deleting.delete(key);
      close();
      try {
        await ask(url, { method: "DELETE", keepalive: leaving });
        if (key === settings.id && !leaving) location.assign(settings.index);
      } catch (error) {
        this.entry(key)?.removeAttribute("hidden");
        complain(error);
      }
    };
    const timer = setTimeout(run, UNDO * 1000);
    this.deleting.set(key, run);
  }
}
