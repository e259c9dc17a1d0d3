// What a person can do to blocks, by mouse, key or button: each becomes operations.

import { t } from "../parts/words";
import { before, chainOf, childrenOf, find, indexOf, isLocked, topmost, withFreshIds } from "./document";
import type { Store } from "./store";
import type { Block, Draft, Op, Place } from "./types";

export class Acts {
  constructor(readonly store: Store) {}

  private get doc() {
    return this.store.state.doc;
  }

  private label(id: string): string {
    return this.store.rules.label(find(this.doc, id)?.type ?? "");
  }

  /** Where a new block goes: after the chosen one, or at the end. */
  placeAfter(id: string | null = this.store.current): Place {
    if (id === null) return { parent: null, after: this.doc.at(-1)?.id ?? null };
    return { parent: indexOf(this.doc).get(id)?.parent ?? null, after: id };
  }

  placeInside(id: string): Place {
    return { parent: id, after: childrenOf(this.doc, id).at(-1)?.id ?? null };
  }

  insert(type: string, place: Place): string | null {
    return this.insertDrafts([this.store.rules.fresh(type)], place)[0] ?? null;
  }

  /** Put blocks at the nearest place that takes them; returns their ids. */
  insertDrafts(drafts: readonly (Draft | Block)[], place: Place): string[] {
    const known = drafts.filter((draft) => this.store.rules.types.has(draft.type));
    const fitting = this.store.rules.nearest(this.doc, known.map((draft) => draft.type), place);
    if (!known.length || !fitting) {
      this.store.tell(t("This cannot be put here."), undefined, true);
      return [];
    }
    const blocks = known.map(withFreshIds);
    let { after } = fitting;
    const ops: Op[] = blocks.map((block) => {
      const op: Op = { op: "insert", block, parent: fitting.parent, after };
      after = block.id;
      return op;
    });
    const ids = blocks.map((block) => block.id);
    const words = ids.length === 1 ? t("{label} added", { label: this.store.rules.label(blocks[0]!.type) }) : t("{n} blocks added", { n: ids.length });
    this.store.apply(ops, { select: ids, say: words });
    return ids;
  }

  duplicate(ids: readonly string[] = this.store.state.selected): string[] {
    const chosen = topmost(this.doc, ids);
    const last = chosen.at(-1);
    if (!last) return [];
    const parent = indexOf(this.doc).get(last)?.parent ?? null;
    const blocks = chosen.map((id) => find(this.doc, id)!);
    if (!this.store.rules.takes(this.doc, blocks.map((block) => block.type), parent)) {
      this.store.tell(t("There is no room for another one here."), undefined, true);
      return [];
    }
    return this.insertDrafts(blocks, { parent, after: last });
  }

  remove(ids: readonly string[] = this.store.state.selected): void {
    const chosen = topmost(this.doc, ids);
    if (!chosen.length) return;
    if (chosen.some((id) => this.holdsLocked(id))) {
      this.store.tell(t("This block is locked."), undefined, true);
      return;
    }
    const next = this.neighbour(chosen);
    const words = chosen.length === 1 ? t("{label} removed.", { label: this.label(chosen[0]!) }) : t("{n} blocks removed.", { n: chosen.length });
    this.store.apply(
      chosen.map((id) => ({ op: "remove", id })),
      { select: next ? [next] : [] },
    );
    this.store.tell(words, { label: t("Undo"), run: () => this.store.undo() });
  }

  private holdsLocked(id: string): boolean {
    const block = find(this.doc, id);
    return isLocked(block) || (block?.children ?? []).some((child) => this.holdsLocked(child.id));
  }

  /** Where the focus goes once blocks are gone: the next sibling, else the one before, else the parent. */
  private neighbour(gone: readonly string[]): string | null {
    const first = gone[0]!;
    const siblings = this.store.rules.siblingsOf(this.doc, first).filter((block) => block.id === first || !gone.includes(block.id));
    const at = siblings.findIndex((block) => block.id === first);
    return siblings[at + 1]?.id ?? siblings[at - 1]?.id ?? indexOf(this.doc).get(first)?.parent ?? null;
  }

  /** Move blocks to a place; returns whether they went. */
  move(ids: readonly string[], place: Place): boolean {
    const chosen = topmost(this.doc, ids);
    if (!chosen.length || !this.store.rules.takesMoved(this.doc, chosen, place.parent)) return false;
    let { after } = place;
    // What is moved itself is no neighbour.
    while (after !== null && chosen.includes(after)) after = before(this.doc, after);
    const ops: Op[] = chosen.map((id) => {
      const op: Op = { op: "move", id, parent: place.parent, after };
      after = id;
      return op;
    });
    this.store.apply(ops, { select: chosen });
    this.announce(chosen[0]!);
    return true;
  }

  private announce(id: string): void {
    const node = indexOf(this.doc).get(id);
    if (!node) return;
    const count = childrenOf(this.doc, node.parent).length;
    const values = { label: this.label(id), n: node.index + 1, count, parent: node.parent ? this.label(node.parent) : "" };
    this.store.say(node.parent ? t("{label}: place {n} of {count} in {parent}", values) : t("{label}: place {n} of {count}", values));
  }

  private refuse(words: string): false {
    this.store.say(words);
    return false;
  }

  moveUp(): boolean {
    const ids = topmost(this.doc, this.store.state.selected);
    const first = ids[0];
    if (!first) return false;
    const above = before(this.doc, first);
    if (above === null) return this.refuse(t("It is the first one here already."));
    return this.move(ids, { parent: indexOf(this.doc).get(first)!.parent, after: before(this.doc, above) });
  }

  moveDown(): boolean {
    const ids = topmost(this.doc, this.store.state.selected);
    const last = ids.at(-1);
    if (!last) return false;
    const node = indexOf(this.doc).get(last)!;
    const below = childrenOf(this.doc, node.parent)[node.index + 1];
    if (!below) return this.refuse(t("It is the last one here already."));
    return this.move(ids, { parent: node.parent, after: below.id });
  }

  /** Move into the nearest block that takes it: the one before, or inside that, or the one behind. */
  moveIn(): boolean {
    const ids = topmost(this.doc, this.store.state.selected);
    const first = ids[0];
    if (!first) return false;
    const node = indexOf(this.doc).get(first)!;
    const siblings = childrenOf(this.doc, node.parent);
    for (const sibling of [siblings[node.index - 1], siblings[node.index + ids.length]]) {
      const target = sibling && this.opening(sibling, ids);
      if (target) return this.move(ids, this.placeInside(target));
    }
    return this.refuse(t("There is nothing here that it could be moved into."));
  }

  private opening(block: Block, ids: readonly string[]): string | null {
    if (this.store.rules.isContainer(block.type) && this.store.rules.takesMoved(this.doc, ids, block.id)) return block.id;
    for (const child of block.children ?? []) {
      const found = this.opening(child, ids);
      if (found) return found;
    }
    return null;
  }

  moveOut(): boolean {
    const ids = topmost(this.doc, this.store.state.selected);
    const first = ids[0];
    if (!first) return false;
    for (const above of chainOf(this.doc, first).slice(0, -1).reverse()) {
      const parent = indexOf(this.doc).get(above)?.parent ?? null;
      if (this.store.rules.takesMoved(this.doc, ids, parent)) return this.move(ids, { parent, after: above });
    }
    return this.refuse(t("It cannot be moved further out."));
  }

  // Copying, to this page and others

  copied(): Block[] {
    return topmost(this.doc, this.store.state.selected).map((id) => find(this.doc, id)!);
  }
}

export const CLIPBOARD = "ai-cms-blocks";

/** What is put on the clipboard: blocks for this editor, and their words for everybody else. */
export function clipboardText(blocks: readonly Block[], words: (block: Block) => string): { html: string; text: string } {
  const data = JSON.stringify(blocks).replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  const text = blocks.map(words).filter(Boolean).join("\n\n");
  const shown = text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return { html: `<div data-${CLIPBOARD}="${data}">${shown}</div>`, text };
}

/** Blocks of this editor in what was copied; null for anything else. */
export function clipboardBlocks(html: string): Draft[] | null {
  if (!html.includes(`data-${CLIPBOARD}`)) return null;
  const found = new DOMParser().parseFromString(html, "text/html").querySelector(`[data-${CLIPBOARD}]`);
  try {
    const blocks = JSON.parse(found?.getAttribute(`data-${CLIPBOARD}`) ?? "");
    return Array.isArray(blocks) && blocks.every((block) => typeof block?.type === "string") ? blocks : null;
  } catch {
    return null;
  }
}
