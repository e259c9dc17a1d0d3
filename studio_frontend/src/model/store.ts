// The one state of the editor, and the only ways to change it.

import { applyAll, difference } from "./operations";
import { find, indexOf, isLocked } from "./document";
import { History } from "./history";
import { Rules } from "./rules";
import type { Other, Thread } from "../talk/talk";
import type { Block, Boot, Doc, Errors, Json, Op, Status } from "./types";

export type Saving = "saved" | "unsaved" | "saving" | "offline" | "refused" | "stopped";
export type Panel = "block" | "page" | "checks" | "assist" | "comments";
export type Width = "fit" | "desktop" | "tablet" | "phone";

export interface Proposal {
  id: number;
  title: string;
  agent: string;
  operations: any[];
  changes: { index: number; state: string; operation: any; text?: string[][] }[];
  fields: Record<string, Json>;
}

export interface Notice {
  text: string;
  action?: { label: string; run: () => void };
  bad?: boolean;
}

export interface State {
  doc: Doc;
  fields: Record<string, Json>;
  selected: string[];
  closed: ReadonlySet<string>;
  hovered: string | null;
  panel: Panel;
  showPanel: boolean;
  showTree: boolean;
  width: Width;
  dark: boolean;
  saving: Saving;
  problem: string;
  copied: boolean;
  version: number;
  status: Status;
  errors: Errors;
  /** What is wrong with the page's own fields, by name. */
  fieldErrors: Record<string, string[]>;
  notice: Notice | null;
  /** What is said to screen readers. */
  said: string;
  /** Changes that are shown on the page and not part of it: of a proposal, or while a model writes. */
  review: { doc: Doc; marks: Record<string, "added" | "changed" | "removed" | "stale">; proposal: Proposal | null } | null;
  typing: string | null;
  canUndo: boolean;
  canRedo: boolean;
  dialog: string | null;
  /** Whether the block types are known: until then the page is loaded, and nothing can be done to it. */
  ready: boolean;
  /** What is said about blocks: open threads first. */
  threads: readonly Thread[];
  /** Who else has the page open. */
  others: readonly Other[];
}

export interface Change {
  /** Changes with the same key within a moment are one step to undo. */
  key?: string;
  select?: string[];
  say?: string;
}

export class Store {
  state: State;
  rules = new Rules([]);
  readonly history = new History();
  private readonly listeners = new Set<() => void>();

  constructor(readonly boot: Boot) {
    this.state = {
      doc: boot.draft.content,
      fields: { ...boot.fields.values, slug: boot.fields.slug },
      selected: [],
      closed: new Set(),
      hovered: null,
      panel: "block",
      showPanel: innerWidth >= 900,
      showTree: innerWidth >= 900,
      width: "fit",
      dark: false,
      saving: "saved",
      problem: "",
      copied: true,
      version: boot.draft.version,
      status: boot.draft.status,
      errors: boot.draft.errors,
      fieldErrors: {},
      notice: null,
      said: "",
      review: null,
      typing: null,
      canUndo: false,
      canRedo: false,
      dialog: null,
      ready: false,
      threads: [],
      others: [],
    };
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(changes: Partial<State>): void {
    this.state = { ...this.state, ...changes };
    for (const listener of [...this.listeners]) listener();
  }

  /** Change the document; the only way there is. */
  apply(ops: readonly Op[], { key = "", select, say }: Change = {}): void {
    if (!ops.length) return;
    const before = this.state.selected;
    const [doc, undo] = applyAll(this.state.doc, ops);
    const after = select ?? before.filter((id) => indexOf(doc).has(id));
    this.history.add({ undo, redo: [...ops], before, after, key, at: Date.now() });
    this.shown(doc, after, say);
  }

  undo(): boolean {
    return this.step(this.history.done, this.history.undone, "undo", "before");
  }

  redo(): boolean {
    return this.step(this.history.undone, this.history.done, "redo", "after");
  }

  private step(from: any[], to: any[], batch: "undo" | "redo", selection: "before" | "after"): boolean {
    const step = from.pop();
    if (!step) return false;
    step.key = "";
    const [doc] = applyAll(this.state.doc, step[batch]);
    to.push(step);
    this.shown(doc, step[selection]);
    return true;
  }

  /** Take over a document that was made elsewhere: a merge, an accepted proposal. One step to undo. */
  adopt(doc: Doc): void {
    const ops = difference(this.state.doc, doc);
    if (ops.length) this.apply(ops);
  }

  private shown(doc: Doc, selected: string[], say?: string): void {
    const index = indexOf(doc);
    this.set({
      doc,
      selected: selected.filter((id) => index.has(id)),
      canUndo: this.history.done.length > 0,
      canRedo: this.history.undone.length > 0,
      review: null,
      ...(say ? { said: say } : {}),
    });
  }

  update(id: string, props: Block["props"], key = ""): void {
    const block = find(this.state.doc, id);
    if (!block || isLocked(block) || block.props === props) return;
    this.apply([{ op: "update", id, props }], { key: key && `${id} ${key}` });
  }

  setField(name: string, value: Json): void {
    this.set({ fields: { ...this.state.fields, [name]: value } });
  }

  select(ids: string[], { open = true } = {}): void {
    const same = ids.length === this.state.selected.length && ids.every((id, at) => this.state.selected[at] === id);
    if (same && !open) return;
    this.history.seal();
    const closed = new Set(this.state.closed);
    const index = indexOf(this.state.doc);
    for (const id of ids) for (let at = index.get(id)?.parent ?? null; at; at = index.get(at)?.parent ?? null) closed.delete(at);
    this.set({ selected: ids, closed: closed.size === this.state.closed.size ? this.state.closed : closed });
  }

  has(id: string): boolean {
    return indexOf(this.state.doc).has(id);
  }

  /** The block that keys and buttons are about: the one chosen last. */
  get current(): string | null {
    return this.state.selected.at(-1) ?? null;
  }

  tell(text: string, action?: Notice["action"], bad = false): void {
    this.set({ notice: { text, ...(action ? { action } : {}), bad }, said: text });
  }

  say(text: string): void {
    // The same words twice are said twice.
    this.set({ said: this.state.said === text ? `${text}\u00a0` : text });
  }
}
