// Saving by itself: one save under way at a time, for a version, and only the number of the new one comes back.

import { t } from "../parts/words";
import { indexOf, same } from "../model/document";
import { applyAll } from "../model/operations";
import type { Store } from "../model/store";
import type { Block, Doc, DraftState, Json } from "../model/types";
import { Refusal, type Http } from "./http";
import type { Copy, Keeper } from "./keeper";

const PAUSE = 1000;
const LONGEST = 6000;
const RETRY = [2000, 4000, 8000, 15000];
const COPY_PAUSE = 200;

export interface Conflict {
  merged: Doc;
  mine: Doc;
  theirs: DraftState;
  ids: string[];
}
export type Asking =
  | { kind: "conflict"; conflict: Conflict; decide: (mine: Set<string>) => void }
  | { kind: "logged-out"; other: boolean }
  | { kind: "gone"; kept: number | null; mayRestore: boolean };

export class Autosave {
  /** What is known to be on the server. */
  private base: Doc;
  private saved: Doc;
  private savedFields: Record<string, Json>;
  private timer = 0;
  private copyTimer = 0;
  private waitingSince = 0;
  private running: Promise<void> | null = null;
  private failures = 0;
  asking: Asking | null = null;
  onAsk: () => void = () => undefined;

  constructor(
    readonly store: Store,
    readonly http: Http,
    readonly keeper: Keeper,
  ) {
    this.base = this.saved = store.state.doc;
    this.savedFields = store.state.fields;
    store.subscribe(() => this.look());
    addEventListener("online", () => this.soon(0));
    addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
    addEventListener("pagehide", () => this.dirty && this.copyNow());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        if (this.dirty) this.copyNow();
        this.soon(0);
      } else void this.compare();
    });
    addEventListener("pageshow", (event) => event.persisted && void this.compare());
  }

  get dirty(): boolean {
    return this.store.state.doc !== this.saved || this.changedFields() !== null;
  }

  /** The document that the server has, as far as is known here. */
  get known(): Doc {
    return this.saved;
  }

  private changedFields(): Record<string, Json> | null {
    const now = this.store.state.fields;
    if (now === this.savedFields) return null;
    const changed = Object.fromEntries(Object.entries(now).filter(([name, value]) => !same(value, this.savedFields[name])));
    return Object.keys(changed).length ? changed : null;
  }

  private last: { doc: Doc; fields: Record<string, Json> } | null = null;

  private look(): void {
    const { doc, fields } = this.store.state;
    if (this.last?.doc === doc && this.last.fields === fields) return;
    this.last = { doc, fields };
    if (!this.dirty) return;
    this.waitingSince ||= Date.now();
    clearTimeout(this.copyTimer);
    this.copyTimer = window.setTimeout(() => this.copyNow(), COPY_PAUSE);
    if (this.asking) return;
    if (this.store.state.saving === "saved") this.store.set({ saving: "unsaved" });
    if (this.store.state.saving !== "offline") this.soon(Math.max(0, Math.min(PAUSE, this.waitingSince + LONGEST - Date.now())));
  }

  private copyNow(): void {
    const { doc, fields } = this.store.state;
    void this.keeper.keep({ version: this.store.state.version, base: this.base, doc, fields }).then((copied) => {
      if (copied !== this.store.state.copied) this.store.set({ copied });
    });
  }

  private soon(wait: number): void {
    clearTimeout(this.timer);
    if (this.asking) return;
    this.timer = window.setTimeout(() => void this.save(), wait);
  }

  /** Save what there is, now; returns whether everything is on the server. */
  async flush(kind = ""): Promise<boolean> {
    for (let tries = 0; tries < 5 && (this.dirty || this.running); tries++) {
      await this.save(kind);
      if (this.asking || ["offline", "refused"].includes(this.store.state.saving)) return false;
    }
    return !this.dirty;
  }

  save(kind = ""): Promise<void> {
    if (this.running) return this.running;
    clearTimeout(this.timer);
    if (!this.dirty || this.asking) return Promise.resolve();
    this.running = this.send(kind).finally(() => {
      this.running = null;
      // What was typed meanwhile is waiting already.
      if (this.dirty && !this.asking && this.store.state.saving === "unsaved") this.soon(PAUSE);
    });
    return this.running;
  }

  private async send(kind: string): Promise<void> {
    const { doc, fields, version } = this.store.state;
    const changed = this.changedFields();
    this.waitingSince = 0;
    this.store.set({ saving: "saving" });
    const { slug, ...named } = changed ?? {};
    try {
      const answer = await this.http.json(this.store.boot.urls.draft!, {
        method: "PUT",
        version,
        body: {
          ...(doc === this.saved ? {} : { content: doc }),
          ...(changed ? { fields: named, ...(typeof slug === "string" ? { slug } : {}) } : {}),
          ...(kind ? { kind } : {}),
        },
      });
      this.failures = 0;
      this.base = withCleaned(doc, answer.cleaned);
      this.saved = doc;
      this.savedFields = fields;
      const still = this.store.state.doc !== doc || this.changedFields() !== null;
      this.store.set({ version: answer.version, errors: answer.errors, status: answer.status, saving: still ? "unsaved" : "saved", problem: "", fieldErrors: {} });
      if (!still) void this.keeper.forget();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await this.failed(error);
    }
  }

  private async failed(error: Refusal): Promise<void> {
    if (error.kind === "stale") return this.merge();
    this.copyNow();
    if (error.kind === "offline") {
      const wait = RETRY[Math.min(this.failures++, RETRY.length - 1)]!;
      this.store.set({ saving: "offline" });
      this.soon(wait);
    } else if (error.kind === "logged-out") {
      this.ask({ kind: "logged-out", other: false });
    } else if (error.kind === "gone") {
      this.ask({ kind: "gone", kept: error.body?.kept ?? null, mayRestore: !!error.body?.may_restore });
    } else {
      // A field of the page, such as a slug that is taken: it is said there, and everything else is tried again without it.
      const names = Object.keys(this.store.state.fields);
      const found = Object.entries<any>(error.body ?? {}).filter(([name, texts]) => names.includes(name) && Array.isArray(texts));
      const fieldErrors = Object.fromEntries(found.map(([name, texts]) => [name, texts.map(String)]));
      if (["slug_taken", "path_taken_by_route", "publish_needed"].includes(error.body?.code)) fieldErrors.slug = [error.message];
      this.store.set({ saving: "refused", problem: error.message, fieldErrors });
      const wrong = Object.keys(fieldErrors);
      if (wrong.length) await this.without(wrong);
    }
  }

  /** Save all but the fields that were refused; they stay in the form, unsaved. */
  private async without(names: string[]): Promise<void> {
    const { doc, version } = this.store.state;
    const changed = Object.entries(this.changedFields() ?? {}).filter(([name]) => !names.includes(name));
    if (doc === this.saved && !changed.length) return;
    try {
      const body = { ...(doc === this.saved ? {} : { content: doc }), fields: Object.fromEntries(changed) };
      const answer = await this.http.json(this.store.boot.urls.draft!, { method: "PUT", version, body });
      this.base = withCleaned(doc, answer.cleaned);
      this.saved = doc;
      this.savedFields = { ...this.savedFields, ...Object.fromEntries(changed) };
      this.store.set({ version: answer.version, errors: answer.errors, status: answer.status });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private ask(asking: Asking): void {
    this.asking = asking;
    this.store.set({ saving: "stopped" });
    this.onAsk();
  }

  /** Go on once what was asked is answered. */
  goOn(): void {
    this.asking = null;
    this.failures = 0;
    this.onAsk();
    this.store.set({ saving: this.dirty ? "unsaved" : "saved" });
    if (this.dirty) this.soon(0);
  }

  /** Look whether somebody else has changed the page; what they wrote comes in at once. */
  async compare(): Promise<void> {
    if (this.running || this.asking) return;
    try {
      const found = await this.http.json(this.store.boot.urls.state!);
      if (found.version !== this.store.state.version && !this.running) await this.merge();
    } catch (error) {
      if (error instanceof Refusal && error.kind === "logged-out") this.ask({ kind: "logged-out", other: false });
    }
  }

  /** Ask who is logged in now; go on if it is the same person. */
  async renewed(): Promise<void> {
    if (this.asking?.kind !== "logged-out") return;
    try {
      const found = await this.http.json(this.store.boot.urls.state!);
      if (found.user !== this.store.boot.user) {
        this.ask({ kind: "logged-out", other: true });
        return;
      }
      this.http.token = found.token;
      this.goOn();
      this.store.tell(t("You are logged in again."));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  /** Bring what is here and what is on the server together; asks where both changed the same block. */
  async merge(base: Doc = this.base): Promise<void> {
    for (let tries = 0; ; tries++) {
      const mine = this.store.state.doc;
      // Of what is as it was saved the server may have a cleaned form: that is no change of ours.
      let found: DraftState & { merged: Doc; conflicts: string[]; fields: Record<string, Json> };
      try {
        found = await this.http.json(this.store.boot.urls.merge!, { method: "POST", body: { base, mine: mine === this.saved ? base : mine } });
      } catch (error) {
        if (!(error instanceof Refusal) || error.kind === "stale") throw error;
        return this.failed(error);
      }
      // Typed meanwhile: the newest words go into the merge too.
      if (this.store.state.doc !== mine && tries < 4) continue;
      if (found.conflicts.length) {
        const conflict = { merged: found.merged, mine, theirs: found, ids: found.conflicts };
        this.ask({ kind: "conflict", conflict, decide: (chosen) => this.decided(conflict, chosen, found.fields) });
        return;
      }
      const own = mine !== this.saved;
      this.take(found, found.merged, found.fields);
      if (!same(found.content, base)) {
        this.store.tell(
          own
            ? t("{name} changed this page too. Both changes are in it now.", { name: found.by || t("Somebody") })
            : t("{name} changed this page. You see it as it is now.", { name: found.by || t("Somebody") }),
        );
      }
      return;
    }
  }

  private decided(conflict: Conflict, chosen: Set<string>, fields: Record<string, Json>): void {
    let doc = conflict.merged;
    const mine = indexOf(conflict.mine);
    for (const id of conflict.ids) {
      if (!chosen.has(id)) {
        // Theirs: the merge keeps a block that one side removed, so that nothing typed is lost.
        if (!indexOf(conflict.theirs.content).has(id) && indexOf(doc).has(id)) doc = applyAll(doc, [{ op: "remove", id }])[0];
        continue;
      }
      const own = mine.get(id)?.block;
      if (own && indexOf(doc).has(id)) doc = applyAll(doc, [{ op: "update", id, props: own.props }])[0];
      else if (!own && indexOf(doc).has(id)) doc = applyAll(doc, [{ op: "remove", id }])[0];
    }
    this.asking = null;
    this.take(conflict.theirs, doc, fields);
    this.onAsk();
  }

  /** Show a merged document, and count what the server has as saved. */
  take(theirs: DraftState, doc: Doc, fields: Record<string, Json>): void {
    const before = this.savedFields;
    const mine = this.store.state.fields;
    this.base = this.saved = theirs.content;
    this.savedFields = { ...before, ...fields };
    const kept = Object.fromEntries(Object.keys(mine).map((name) => [name, same(mine[name], before[name]) ? this.savedFields[name]! : mine[name]!]));
    this.store.set({ version: theirs.version, status: theirs.status, errors: theirs.errors, fields: kept });
    if (same(doc, theirs.content)) doc = theirs.content;
    this.store.adopt(doc);
    if (same(this.store.state.doc, theirs.content)) this.saved = this.store.state.doc;
    this.goOn();
    if (!this.dirty) void this.keeper.forget();
  }

  /** Bring back what a tab that is gone had not saved. */
  async restore(copy: Copy): Promise<boolean> {
    const { doc, fields, version } = this.store.state;
    const { slug: _slug, ...fieldsThen } = copy.fields;
    if (same(copy.doc, doc) && Object.entries(fieldsThen).every(([name, value]) => same(value, fields[name]))) {
      await this.keeper.forget(copy.key);
      return false;
    }
    if (copy.version === version) {
      this.store.adopt(copy.doc);
      this.store.set({ fields: { ...fields, ...copy.fields } });
    } else {
      this.store.adopt(copy.doc);
      await this.merge(copy.base);
    }
    if (copy.key !== this.keeper.key) {
      this.copyNow();
      await this.keeper.forget(copy.key);
    }
    return true;
  }
}

/** The document with the props of those blocks that the server has cleaned. */
function withCleaned(doc: Doc, cleaned: Record<string, Block["props"]>): Doc {
  const index = indexOf(doc);
  let now = doc;
  for (const [id, props] of Object.entries(cleaned)) if (index.has(id)) now = applyAll(now, [{ op: "update", id, props }])[0];
  return now;
}
