// The messages of a conversation or a room: what is new, what is older, and what can be done with each.

import { ask, complain, say, settings, tell, toast } from "./site.js";
import { Watch } from "./watch.js";

/** Milliseconds between two looks: when nothing goes on, while somebody tells, in a room, and while others' answers are written. */
const QUIET = 15_000;
const TOLD = 30_000;
const ROOM = 4_000;
const BUSY = 1_500;
/** Milliseconds after which text that has come is set as Markdown. */
const SET = 2_500;

export class Thread {
  constructor(root) {
    this.root = root;
    this.list = root.querySelector("[data-messages]");
    this.scroller = root.querySelector("[data-thread]");
    this.earlier = root.querySelector("[data-earlier]");
    this.latest = root.querySelector("[data-latest]");
    this.change = settings.change;
    this.sources = new Map();
    this.watches = new Map();
    this.busy = false;
    this.earlier.querySelector("button").addEventListener("click", () => this.older(true));
    this.latest.querySelector("button").addEventListener("click", () => this.toEnd());
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.list.addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.news(); });
    addEventListener("online", () => this.news());
    this.finish();
    const asked = location.hash.startsWith("#message-") && document.getElementById(location.hash.slice(1));
    if (asked) asked.scrollIntoView();
    else this.toEnd();
    this.markRead();
    this.rest();
  }

  get items() {
    return [...this.list.children];
  }

  get isAtEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 120;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.latest.hidden = true;
  }

  scrolled() {
    if (this.isAtEnd) {
      this.latest.hidden = true;
      this.markRead();
    }
    if (this.scroller.scrollTop < 200) this.older(false);
  }

  // What is new

  /** Ask what has changed; calls meanwhile are one more question after the answer. */
  async news() {
    if (this.asking) {
      this.again = true;
      return this.asking;
    }
    this.asking = this.look();
    try {
      await this.asking;
    } finally {
      this.asking = null;
      clearTimeout(this.timer);
      if (this.again) {
        this.again = false;
        this.news();
      } else this.rest();
    }
  }

  rest() {
    clearTimeout(this.timer);
    const watched = [...this.watches.values()].some((watch) => watch.isRaw);
    if (this.live?.isOpen && !this.busy) {
      this.timer = setTimeout(() => { if (document.hidden) this.rest(); else this.news(); }, TOLD);
      return;
    }
    const pause = this.busy ? (this.isStreamed && !watched ? QUIET : this.isStreamed ? SET : BUSY) : settings.kind === "rooms" ? ROOM : QUIET;
    this.timer = setTimeout(() => { if (document.hidden) this.rest(); else this.news(); }, pause);
  }

  /** Return whether the answers that are written are watched, so that nobody has to look. */
  get isStreamed() {
    return this.open.every((item) => item.dataset.run);
  }

  get open() {
    return this.items.filter((item) => ["queued", "streaming", "waiting"].includes(item.dataset.status));
  }

  async look() {
    const items = this.items;
    const query = new URLSearchParams({ change: this.change, first: items[0]?.dataset.id ?? "", last: items.at(-1)?.dataset.id ?? "" });
    let body;
    try {
      body = await ask(`${settings.news}?${query}`);
    } catch (error) {
      this.lost?.(error);
      return;
    }
    this.lost?.(null);
    if (body) this.take(body);
    else this.finish();
  }

  take(body) {
    const atEnd = this.isAtEnd;
    const before = new Map(this.items.map((item) => [item.dataset.id, item]));
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const held = focused && { id: focused.closest("[data-id]")?.dataset.id, what: focused.dataset.do };
    const made = new Map(body.messages.map(({ id, html }) => [id, html]));
    const wanted = new Set(body.ids);
    for (const [id, item] of before) if (!wanted.has(id)) item.remove();
    let previous = null;
    let grown = false;
    for (const id of body.ids) {
      let item = before.get(id);
      const html = made.get(id);
      if (html !== undefined && (!item || this.sources.get(id) !== html) && !item?.querySelector("[data-editing]")) {
        const fresh = element(html);
        this.sources.set(id, html);
        if (item) {
          this.compare(item, fresh);
          item.replaceWith(fresh);
        } else grown = true;
        item = fresh;
      }
      if (!item) continue;
      if (previous ? previous.nextElementSibling !== item : this.list.firstElementChild !== item) {
        if (previous) previous.after(item);
        else this.list.prepend(item);
      }
      previous = item;
    }
    this.change = body.change;
    this.earlier.hidden = !body.has_more;
    this.root.querySelector("[data-empty]")?.remove();
    const title = this.root.querySelector("[data-title]");
    if (title && title.textContent !== body.title) {
      title.textContent = body.title;
      this.titled?.();
    }
    if (held?.id && !document.contains(focused)) {
      const item = document.getElementById(`message-${held.id}`);
      (item?.querySelector(`[data-do="${held.what}"]:not(:disabled)`) ?? item)?.focus({ preventScroll: true });
    }
    this.finish();
    if (atEnd) this.toEnd();
    else if (grown) this.latest.hidden = false;
    this.markRead();
  }

  /** Tell a screen reader what a message has become: the whole answer once, not each piece of it. */
  compare(old, fresh) {
    const was = old.dataset.status, is = fresh.dataset.status;
    if (was === is) return;
    if (is === "complete") tell(`${say("answered")} ${fresh.querySelector("[data-text]")?.textContent.trim().slice(0, 1000) ?? ""}`);
    else if (is === "stopped") tell(say("stopped"));
    else if (is === "waiting") tell(say("waiting"));
    else if (is === "failed" || is === "interrupted") tell(fresh.querySelector(".chat-notice p")?.textContent.trim() ?? "");
    if (!["queued", "streaming"].includes(is)) this.answered?.();
  }

  /** Watch the runs of what is being written, and no others. */
  finish() {
    const wanted = new Map();
    for (const item of this.open) {
      const { run, after, status } = item.dataset;
      // A run writes one message at a time; those that wait for their turn are not it.
      if (run && (status === "streaming" || !wanted.has(run))) wanted.set(run, { item, after: Number(after) });
    }
    for (const [run, watch] of this.watches) {
      if (!wanted.has(run)) {
        watch.close();
        this.watches.delete(run);
      }
    }
    for (const [run, { item, after }] of wanted) {
      if (!this.watches.has(run)) {
        const watch = new Watch(run, after, () => this.news());
        watch.painted = () => { if (this.isAtEnd) this.toEnd(); if (!this.asking) this.settle(); };
        this.watches.set(run, watch);
      }
      const tail = item.querySelector("[data-tail]");
      const watch = this.watches.get(run);
      if (watch.tail !== tail || tail === null) watch.attach(tail, after);
    }
    this.busy = this.open.length > 0;
    this.working?.(this.open.some((item) => item.dataset.status !== "waiting"));
    this.decorate();
  }

  /** A piece of an answer that is written for somebody else, by a run that this page does not watch itself. */
  wrote(run, event) {
    const item = this.list.querySelector(`[data-writes="${run}"]`);
    const tail = item?.querySelector("[data-tail]");
    if (event.event !== "delta" || !event.data) {
      this.news();
      return;
    }
    if (!tail || event.id <= Number(item.dataset.written)) return;
    const atEnd = this.isAtEnd;
    item.dataset.written = event.id;
    tail.append(event.data.text);
    if (atEnd) this.toEnd();
    this.settle();
  }

  /** Have text that has come set as Markdown, now and then. */
  settle() {
    if (this.settling) return;
    this.settling = setTimeout(() => { this.settling = 0; this.news(); }, SET);
  }

  decorate() {
    for (const block of this.list.querySelectorAll("[data-text] > pre:not([data-copied])")) {
      block.dataset.copied = "";
      block.tabIndex = 0;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "chat-copy", textContent: say("copy_code") });
      button.dataset.do = "copy-code";
      block.before(button);
    }
  }

  markRead() {
    const number = Number(this.items.at(-1)?.dataset.number ?? 0);
    if (!settings.read || document.hidden || !this.isAtEnd || number <= (this.read ?? 0)) return;
    this.read = number;
    ask(settings.read, { method: "POST", body: { number } }).then(() => this.seen?.(), () => { this.read = 0; });
  }

  // What is older

  async older(asked) {
    if (this.earlier.hidden || this.fetching) return;
    this.fetching = true;
    try {
      const first = this.items[0];
      const body = await ask(`${settings.older}?before=${first?.dataset.id ?? ""}`);
      const from = this.scroller.scrollHeight - this.scroller.scrollTop;
      const holder = document.createElement("template");
      holder.innerHTML = body.html;
      const known = new Set(this.items.map((item) => item.dataset.id));
      this.list.prepend(...[...holder.content.children].filter((item) => !known.has(item.dataset.id)));
      this.scroller.scrollTop = this.scroller.scrollHeight - from;
      this.earlier.hidden = !body.has_more;
      this.decorate();
      if (asked) {
        tell(say("earlier"));
        // The button may be gone, and the focus with it.
        this.list.firstElementChild?.focus({ preventScroll: true });
      }
    } catch (error) {
      if (asked) complain(error);
    } finally {
      this.fetching = false;
    }
  }

  // What can be done with a message

  async clicked(event) {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    const item = button.closest("[data-id]");
    const message = `${settings.messages}${item.dataset.id}/`;
    const async = { Prefer: "respond-async" };
    const done = {
      copy: () => copy(button.dataset.value),
      "copy-code": () => copy(button.nextElementSibling.textContent),
      regenerate: () => ask(`${message}regenerate/`, { method: "POST", body: {}, headers: async }),
      continue: () => ask(`${message}continue/`, { method: "POST", body: {}, headers: async }),
      select: () => ask(`${settings.messages}${button.dataset.value}/select/`, { method: "POST", body: {} }),
      approve: () => this.decide(button, true),
      refuse: () => this.decide(button, false),
      edit: () => this.edit(item),
      react: () => this.react(message, button, item),
      "delete-message": () => ask(message, { method: "DELETE" }),
    }[button.dataset.do];
    if (!done) return;
    button.disabled = true;
    try {
      await done();
      if (!["copy", "copy-code", "edit"].includes(button.dataset.do)) await this.news();
    } catch (error) {
      complain(error);
    } finally {
      button.disabled = false;
    }
  }

  /** Put an emoji on a message, or take it off again where it is one's own. */
  react(message, button, item) {
    const emoji = button.dataset.value;
    const mine = [...item.querySelectorAll("[aria-pressed='true']")].some((other) => other.dataset.value === emoji);
    button.closest("details")?.removeAttribute("open");
    if (mine) return ask(`${message}reactions/?${new URLSearchParams({ emoji })}`, { method: "DELETE" });
    return ask(`${message}reactions/`, { method: "POST", body: { emoji } });
  }

  decide(button, approved) {
    const key = button.closest("[data-approval]").dataset.approval;
    return ask(`${settings.approvals}${key}/decide/`, { method: "POST", body: { approved } });
  }

  /** Change a question: in a conversation as a branch beside it, in a room where it stands. */
  edit(item) {
    if (item.querySelector("[data-editing]")) return;
    const text = item.querySelector("[data-do='copy']").dataset.value;
    const form = element(`<form class="chat-edit" data-editing><label class="chat-unseen"></label><textarea rows="3"></textarea><p class="chat-buttons"><button class="chat-button"></button> <button type="button" class="chat-quiet"></button></p></form>`);
    const [label, area] = form.children;
    const [save, cancel] = form.querySelectorAll("button");
    area.id = `edit-${item.dataset.id}`;
    label.htmlFor = area.id;
    label.textContent = say("edit");
    area.value = text;
    save.textContent = say(settings.kind === "rooms" ? "save" : "ask");
    cancel.textContent = say("cancel");
    const shown = item.querySelector("[data-text]");
    const close = () => {
      form.remove();
      shown.hidden = false;
      item.querySelector("[data-do='edit']")?.focus();
    };
    cancel.addEventListener("click", close);
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      save.disabled = true;
      const url = `${settings.messages}${item.dataset.id}/`;
      try {
        if (settings.kind === "rooms") await ask(url, { method: "PATCH", body: { content: area.value } });
        else await ask(`${url}branch/`, { method: "POST", body: { content: area.value }, headers: { Prefer: "respond-async" } });
        close();
        await this.news();
      } catch (error) {
        save.disabled = false;
        complain(error);
      }
    });
    shown.hidden = true;
    shown.after(form);
    area.focus();
  }

  async stop() {
    try {
      await ask(settings.stop, { method: "POST", body: {} });
      await this.news();
    } catch (error) {
      complain(error);
    }
  }
}

/** Return the element of a piece of HTML that the server, or this script, has written. */
export function element(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast(say("copied"), { seconds: 2 });
}
