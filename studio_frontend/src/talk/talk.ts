// What people say about blocks, and who else is at work on the page: asked for by a small beat while the tab is looked at.

import type { App } from "../parts/app";

export interface Person {
  id: number | string | null;
  handle: string;
  name: string;
  initials: string;
}

export interface Said {
  id: number;
  thread: number;
  block: string;
  body: string;
  author: Person;
  mine: boolean;
  created: string;
  mentions: Person[];
  can_delete: boolean;
}

export interface Thread extends Said {
  answers: Said[];
  resolved: { at: string; by: Person } | null;
  last: string;
}

export interface Other {
  person: Person;
  block_id: string;
  seen: string;
}

const AFTER_CHOICE = 500;
/** The page itself comes first. */
const AFTER_OPENING = 1000;
const HASH = /^#comment-(\d+)$/;

export class Talk {
  private stamp: string | null = null;
  private timer = 0;
  private every = 10;
  private at: string | null | undefined;
  /** The thread that a link leads to; it is opened once the page is there to be scrolled. */
  wanted: number | null = null;
  /** What is written and not sent yet, by the thread it answers ("" begins one): a panel that closes keeps it. */
  private readonly drafts: Record<string, string>;
  private readonly key: string;

  constructor(readonly app: App) {
    this.key = `ai-cms-comments:${app.boot.user}:${app.boot.page}`;
    this.drafts = this.kept();
  }

  private get urls() {
    return this.app.boot.urls;
  }

  start(): void {
    const { store } = this.app;
    store.subscribe(() => {
      if (store.current !== this.at) this.beat(AFTER_CHOICE);
    });
    document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(this.timer) : this.beat(0)));
    addEventListener("pageshow", (event) => event.persisted && this.beat(0));
    addEventListener("pagehide", () => {
      clearTimeout(this.timer);
      void this.app.http.raw(this.urls.presence!, { method: "POST", body: { leave: true }, keepalive: true }).catch(() => undefined);
    });
    addEventListener("hashchange", () => this.follow());
    this.follow();
    this.beat(AFTER_OPENING);
  }

  private beat(wait: number): void {
    this.at = this.app.store.current;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.sign(), wait);
  }

  /** Say that one is here and at which block; learn who else is, and whether something was said. */
  private async sign(): Promise<void> {
    const { http, store } = this.app;
    try {
      const found = await http.json<{ others: Other[]; every: number; talk: string }>(this.urls.presence!, { method: "POST", body: { block_id: store.current ?? "" } });
      this.every = found.every;
      if (JSON.stringify(found.others.map(({ person, block_id }) => [person.id, block_id])) !== JSON.stringify(store.state.others.map(({ person, block_id }) => [person.id, block_id]))) store.set({ others: found.others });
      if (found.talk !== this.stamp) {
        const before = this.stamp;
        this.stamp = found.talk;
        await this.load().catch(() => void (this.stamp = before));
      }
    } catch {
      // Saving tells of a network that is gone; who is here is told again once it is back.
      if (store.state.others.length) store.set({ others: [] });
    }
    if (!document.hidden) this.beat(this.every * 1000);
  }

  private async load(): Promise<void> {
    const { threads } = await this.app.http.json<{ threads: Thread[] }>(this.urls.comments!);
    this.app.store.set({ threads });
    this.open();
  }

  /** Open the thread that the address names. */
  private follow(): void {
    const found = HASH.exec(location.hash);
    if (!found) return;
    this.wanted = Number(found[1]);
    this.open();
  }

  /** Lead to the thread that is wanted: its block chosen, the page scrolled there, the panel beside it. */
  open(): void {
    const { store, canvas } = this.app;
    if (this.wanted !== null && this.stamp === null) this.beat(0);
    if (this.wanted === null || !canvas.document) return;
    const thread = store.state.threads.find(({ id, answers }) => id === this.wanted || answers.some((answer) => answer.id === this.wanted));
    if (!thread) return;
    const { wanted } = this;
    this.wanted = null;
    this.show(thread);
    store.set({ panel: "comments", showPanel: true, ...(innerWidth < 900 ? { showTree: false } : {}) });
    const focus = (tries: number) => {
      const element = document.getElementById(`comment-${wanted}`);
      if (element) {
        element.scrollIntoView({ block: "nearest" });
        element.focus({ preventScroll: true });
      } else if (tries > 0) requestAnimationFrame(() => focus(tries - 1));
    };
    requestAnimationFrame(() => focus(20));
  }

  /** Choose a thread's block and bring it into sight. */
  show(thread: Said): void {
    const { store } = this.app;
    if (!thread.block || !store.has(thread.block)) return;
    store.select([thread.block]);
    this.app.showOnCanvas(thread.block);
  }

  /** Say something; returns which handles name nobody. Raises Refusal. */
  async say(body: string, to: { parent: number } | { block: string }): Promise<string[]> {
    const found = await this.app.http.json<{ thread: Thread; unknown: string[] }>(this.urls.comments!, { method: "POST", body: { body, ...to } });
    this.put(found.thread);
    return found.unknown;
  }

  async settle(thread: Thread): Promise<void> {
    const step = thread.resolved ? "reopen" : "resolve";
    const found = await this.app.http.json<{ thread: Thread }>(`${this.urls.comments}${thread.id}/${step}/`, { method: "POST" });
    this.put(found.thread);
  }

  async remove(said: Said): Promise<void> {
    await this.app.http.raw(`${this.urls.comments}${said.id}/`, { method: "DELETE" });
    await this.load();
  }

  async people(text: string): Promise<Person[]> {
    const found = await this.app.http.json<{ people: Person[] }>(`${this.urls.people}?q=${encodeURIComponent(text)}`).catch(() => ({ people: [] }));
    return found.people;
  }

  private put(thread: Thread): void {
    const { store } = this.app;
    const others = store.state.threads.filter(({ id }) => id !== thread.id);
    store.set({ threads: [...others, thread].sort((one, other) => Number(!!one.resolved) - Number(!!other.resolved) || one.id - other.id) });
  }

  draft(name: string): string {
    return this.drafts[name] ?? "";
  }

  keep(name: string, text: string): void {
    if (text) this.drafts[name] = text;
    else delete this.drafts[name];
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.drafts));
    } catch {
      // Full or forbidden: it stays as long as the page does.
    }
  }

  private kept(): Record<string, string> {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) ?? "{}");
    } catch {
      return {};
    }
  }
}

const counts = new WeakMap<readonly Thread[], Map<string, number>>();

/** How many open threads each block has. */
export function openByBlock(threads: readonly Thread[]): Map<string, number> {
  let found = counts.get(threads);
  if (!found) {
    found = new Map();
    for (const { block, resolved } of threads) if (!resolved) found.set(block, (found.get(block) ?? 0) + 1);
    counts.set(threads, found);
  }
  return found;
}

const places = new WeakMap<readonly Other[], Map<string, Person[]>>();

/** Who else is at each block. */
export function othersByBlock(others: readonly Other[]): Map<string, Person[]> {
  let found = places.get(others);
  if (!found) {
    found = new Map();
    for (const { person, block_id } of others) if (block_id) found.set(block_id, [...(found.get(block_id) ?? []), person]);
    places.set(others, found);
  }
  return found;
}
