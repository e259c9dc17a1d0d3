// The quick switcher: a combobox in a dialog, opened by Ctrl+K or its link. What was opened lately stands first.

import { icon, make, urls, words } from "./toasts.js";

const KEPT = "ai-cms-studio-opened";
const MOST = 6;
const PATHS = {
  history: "M3.6 10a6.5 6.5 0 1 1 2 4.7 M3.4 5.6V10h4.3 M10.2 6.6V10l2.5 1.6",
  image: "M3 4h14v12H3z M3.2 13.4l4-3.8 3.3 3 2.4-2.2 3.9 3.6",
  pen: "M3.8 16.2l.8-3.6L13 4.2l2.8 2.8-8.4 8.4-3.6.8Z",
  plus: "M10 4v12 M4 10h12",
  go: "M4 10h11 M11 5.5 15.5 10 11 14.5",
  page: "M4.5 3h11v14h-11z M7.5 7h5 M7.5 10h5 M7.5 13h3",
};

export class Switcher {
  constructor(opener) {
    this.opener = opener;
    opener.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open();
    });
    opener.setAttribute("role", "button");
    opener.setAttribute("aria-haspopup", "dialog");
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        this.open();
      }
    });
  }

  build() {
    this.input = make("input", { type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: 100,
      "aria-expanded": "true", "aria-autocomplete": "list", "aria-controls": "st-switcher-list", "aria-label": this.opener.textContent.replace("Ctrl K", "").trim() });
    this.list = make("div", { id: "st-switcher-list", class: "st-switcher-list", role: "listbox", "aria-label": this.input.getAttribute("aria-label") });
    this.said = make("p", { class: "st-hidden", role: "status" });
    const top = make("div", { class: "st-switcher-top" }, icon("M8.8 3.5a5.3 5.3 0 1 0 0 10.6 5.3 5.3 0 0 0 0-10.6Z M12.7 12.7l4 4"), this.input);
    this.dialog = make("dialog", { class: "st-switcher", "aria-label": this.input.getAttribute("aria-label") }, top, this.list, this.said);
    document.body.append(this.dialog);
    this.input.addEventListener("input", () => this.ask());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointermove", (event) => {
      const item = event.target.closest("[role='option']");
      if (item) this.mark(this.items().indexOf(item), false);
    });
    this.list.addEventListener("click", (event) => {
      const item = event.target.closest("[role='option']");
      if (item) this.go(item, event.ctrlKey || event.metaKey);
    });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
  }

  open() {
    if (!this.dialog) this.build();
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.input.focus();
    this.input.select();
    this.ask();
  }

  /** Ask the server for what fits; an answer that was overtaken is dropped. */
  async ask() {
    const text = this.input.value.trim();
    this.asked?.abort();
    const asked = this.asked = new AbortController();
    try {
      const answer = await fetch(`${urls.switch}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" }, credentials: "same-origin", signal: asked.signal });
      const data = await answer.json();
      if (!answer.ok) {
        if (data.login) location.assign(data.login);
        throw new Error(data.detail);
      }
      this.show(text ? data.groups : this.withOpened(data.groups));
    } catch (error) {
      if (error.name === "AbortError") return;
      this.list.replaceChildren(make("p", { class: "st-switcher-none" }, words.failed));
    }
  }

  withOpened(groups) {
    const opened = this.opened();
    if (!opened.length) return groups;
    const urlsOpened = new Set(opened.map((item) => item.url));
    const others = groups.map((group) => ({ ...group, items: group.items.filter((item) => !urlsOpened.has(item.url) || !item.detail) }));
    return [{ label: words.recent, items: opened }, ...others];
  }

  show(groups) {
    const found = groups.filter((group) => group.items.length);
    let number = 0;
    this.list.replaceChildren(...found.map((group, at) => {
      const label = make("div", { class: "st-switcher-label", id: `st-switcher-group-${at}` }, group.label);
      const items = group.items.map((item) => {
        const option = make("div", { role: "option", class: "st-switcher-item", id: `st-switcher-${number++}`, "aria-selected": "false", "data-url": item.url, "data-detail": item.detail, "data-icon": item.icon },
          icon(PATHS[item.icon] || (item.detail && item.detail.startsWith("/") ? PATHS.page : PATHS.go)), make("span", { class: "st-switcher-title", dir: "auto" }, item.title));
        if (item.detail) option.append(make("span", { class: "st-switcher-detail", dir: "auto" }, item.detail));
        return option;
      });
      return make("div", { role: "group", "aria-labelledby": label.id }, label, ...items);
    }));
    if (!number) this.list.replaceChildren(make("p", { class: "st-switcher-none" }, words.nothing));
    this.said.textContent = number ? words.found.replace("%(count)s", number) : words.nothing;
    this.mark(0);
  }

  items() { return [...this.list.querySelectorAll("[role='option']")]; }

  mark(number, scroll = true) {
    const items = this.items();
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === number)));
    this.at = number;
    if (items[number]) {
      this.input.setAttribute("aria-activedescendant", items[number].id);
      if (scroll) items[number].scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const items = this.items();
    const last = items.length - 1;
    const steps = { ArrowDown: this.at >= last ? 0 : this.at + 1, ArrowUp: this.at <= 0 ? last : this.at - 1 };
    if (event.key in steps) {
      event.preventDefault();
      this.mark(steps[event.key]);
    } else if (event.key === "Enter" && items[this.at]) {
      event.preventDefault();
      this.go(items[this.at], event.ctrlKey || event.metaKey);
    }
  }

  go(item, beside) {
    const found = { title: item.querySelector(".st-switcher-title").textContent, url: item.dataset.url, detail: item.dataset.detail, icon: item.dataset.icon };
    if (found.icon !== "plus") {
      const kept = [found, ...this.opened().filter((other) => other.url !== found.url)].slice(0, MOST);
      try { localStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* A full or forbidden storage: nothing is remembered. */ }
    }
    if (beside) open(found.url, "_blank", "noopener");
    else location.assign(found.url);
  }

  opened() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) || "[]");
      // Only paths of this site: whatever else stands there is not ours.
      return Array.isArray(kept) ? kept.filter((item) => item && typeof item.url === "string" && /^\/(?!\/)/.test(item.url)) : [];
    } catch { return []; }
  }
}
