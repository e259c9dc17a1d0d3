// Dragging with the pointer: from the palette, the tree and the page, to the tree and the page. Nothing moves until it is dropped.

import { before, childrenOf, indexOf, topmost } from "../model/document";
import type { Place } from "../model/types";
import type { App } from "../parts/app";
import type { Rect } from "./canvas";

export type Load = { kind: "new"; type: string } | { kind: "pattern"; blocks: any[]; types: string[] } | { kind: "move"; ids: string[] };

export interface Line {
  x: number;
  y: number;
  length: number;
  vertical: boolean;
  inside: boolean;
}

interface Target {
  parent: string | null;
  rect: Rect;
  depth: number;
  children: { id: string; rect: Rect }[];
  vertical: boolean;
}

const THRESHOLD = 5;
const EDGE = 50;
const LONG_PRESS = 250;

export class Drag {
  /** The line that shows where a drop goes: in the page (its coordinates) or in the tree. */
  line: Line | null = null;
  row: { id: string; where: "before" | "after" | "inside" } | null = null;
  active = false;
  onChange: () => void = () => undefined;
  private load: Load | null = null;
  private targets: Target[] = [];
  private place: Place | null = null;
  private pointer = { x: 0, y: 0 };
  private scrolling = 0;
  private stop: (() => void) | null = null;

  constructor(readonly app: App) {}

  /** A pointer went down on something that can be dragged: it is a drag once it has moved. */
  prepare(event: PointerEvent, load: Load): void {
    if (event.button !== 0 || this.stop) return;
    const touch = event.pointerType === "touch";
    const from = { x: event.clientX, y: event.clientY };
    const root = document.documentElement;
    let timer = 0;
    const begin = () => {
      if (this.active) return;
      root.setPointerCapture(event.pointerId);
      this.begin(load);
      this.move(from.x, from.y);
    };
    const move = (moved: PointerEvent) => {
      if (moved.pointerId !== event.pointerId) return;
      const far = Math.hypot(moved.clientX - from.x, moved.clientY - from.y) > THRESHOLD;
      if (!this.active) {
        if (!far) return;
        // A finger that moves at once scrolls.
        if (touch) return end();
        begin();
      }
      this.move(moved.clientX, moved.clientY);
      moved.preventDefault();
    };
    const up = () => {
      const was = this.active;
      if (was) this.drop();
      end();
      if (!was) return;
      // The click that ends a drag chooses nothing.
      addEventListener("click", stopClick, true);
      setTimeout(() => removeEventListener("click", stopClick, true), 0);
    };
    const stopClick = (click: Event) => {
      click.stopPropagation();
      click.preventDefault();
    };
    const key = (pressed: KeyboardEvent) => {
      if (pressed.key !== "Escape" || !this.active) return;
      pressed.preventDefault();
      pressed.stopPropagation();
      end();
    };
    const end = () => {
      clearTimeout(timer);
      root.removeEventListener("pointermove", move);
      root.removeEventListener("pointerup", up);
      root.removeEventListener("pointercancel", end);
      removeEventListener("keydown", key, true);
      if (root.hasPointerCapture(event.pointerId)) root.releasePointerCapture(event.pointerId);
      this.stop = null;
      this.finish();
    };
    root.addEventListener("pointermove", move);
    root.addEventListener("pointerup", up);
    root.addEventListener("pointercancel", end);
    addEventListener("keydown", key, true);
    this.stop = end;
    if (touch) timer = window.setTimeout(begin, LONG_PRESS);
  }

  private begin(load: Load): void {
    this.active = true;
    this.load = load.kind === "move" ? { kind: "move", ids: topmost(this.app.store.state.doc, load.ids) } : load;
    this.app.inplace.end();
    getSelection()?.removeAllRanges();
    document.documentElement.classList.add("aice-dragging");
    this.measure();
    this.scrolling = requestAnimationFrame(() => this.scroll());
    this.onChange();
  }

  private accepts(parent: string | null): boolean {
    const { rules, state } = this.app.store;
    if (this.load?.kind === "new") return rules.takes(state.doc, [this.load.type], parent);
    if (this.load?.kind === "pattern") return rules.takes(state.doc, this.load.types, parent);
    return !!this.load && rules.takesMoved(state.doc, this.load.ids, parent);
  }

  /** All lists of blocks that take what is dragged, where they stand in the page; measured once. */
  private measure(): void {
    const { canvas, store } = this.app;
    const { doc } = store.state;
    const page = canvas.document;
    this.targets = [];
    if (!page || !canvas.usable) return;
    const { scrollX, scrollY } = page.defaultView!;
    const absolute = (rect: Rect): Rect => ({ ...rect, x: rect.x + scrollX, y: rect.y + scrollY });
    for (const parent of [null, ...indexOf(doc).keys()]) {
      if (parent !== null && !store.rules.isContainer(indexOf(doc).get(parent)!.block.type)) continue;
      if (!this.accepts(parent)) continue;
      const slot = canvas.markers.slotOf(parent);
      const holder = slot?.start.parentElement;
      if (!holder) continue;
      const children = childrenOf(doc, parent)
        .map(({ id }) => ({ id, rect: canvas.rectOf(id) }))
        .filter((child): child is { id: string; rect: Rect } => child.rect !== null)
        .map(({ id, rect }) => ({ id, rect: absolute(rect) }));
      const rect = absolute(parent === null ? wider(canvas.slotRect(null), holder) : holderRect(holder, canvas.slotRect(parent)));
      const [first, second] = children;
      const style = page.defaultView!.getComputedStyle(holder);
      const rowish = (style.display.includes("flex") && style.flexDirection.startsWith("row")) || (style.display.includes("grid") && style.gridTemplateColumns.split(" ").length > 1);
      const vertical = first && second ? second.rect.x >= first.rect.x + first.rect.width - 2 || (rowish && Math.abs(second.rect.y - first.rect.y) < 4) : rowish;
      const depth = parent === null ? 0 : indexOf(doc).get(parent)!.depth + 1;
      this.targets.push({ parent, rect, depth, children, vertical });
    }
  }

  private move(x: number, y: number): void {
    this.pointer = { x, y };
    this.line = this.row = this.place = null;
    const element = document.elementFromPoint(x, y);
    const row = element?.closest<HTMLElement>("[role=treeitem]");
    if (row) this.overRow(row, y);
    else if (element?.closest(".aice-stage__shield, .aice-stage__frame")) this.overPage(x, y);
    this.markRow();
    this.onChange();
  }

  /** Show in the list where a drop goes; rows are drawn too rarely to do it themselves. */
  private markRow(): void {
    for (const row of document.querySelectorAll("[data-drop]")) row.removeAttribute("data-drop");
    if (this.row) document.getElementById(`aice-row-${this.row.id}`)?.setAttribute("data-drop", this.row.where);
  }

  private overRow(row: HTMLElement, y: number): void {
    const id = row.dataset.id!;
    const { doc } = this.app.store.state;
    const node = indexOf(doc).get(id);
    if (!node) return;
    const { top, height } = row.getBoundingClientRect();
    const part = (y - top) / height;
    const container = this.app.store.rules.isContainer(node.block.type) && this.accepts(id);
    const beside = this.accepts(node.parent);
    if (container && (!beside || (part > 0.3 && part < 0.7))) {
      this.place = { parent: id, after: childrenOf(doc, id).at(-1)?.id ?? null };
      this.row = { id, where: "inside" };
    } else if (beside) {
      const above = part < 0.5;
      this.place = { parent: node.parent, after: above ? before(doc, id) : id };
      this.row = { id, where: above ? "before" : "after" };
    }
  }

  private overPage(clientX: number, clientY: number): void {
    const page = this.app.canvas.document?.defaultView;
    const point = this.app.toPage(clientX, clientY);
    if (!page || !point) return;
    const x = point.x + page.scrollX;
    const y = point.y + page.scrollY;
    let best: Target | null = null;
    for (const target of this.targets) {
      // The edge of a container belongs to the list around it.
      const edge = target.parent === null ? -Infinity : Math.min(8, target.rect.height / 5);
      if (within(target.rect, x, y, edge) && (!best || target.depth > best.depth)) best = target;
    }
    best ??= this.targets.find(({ parent }) => parent === null) ?? null;
    if (!best) return;
    const { children, vertical, rect } = best;
    let at = 0;
    if (vertical) at = children.filter((child) => y > child.rect.y + child.rect.height || (y >= child.rect.y && x > child.rect.x + child.rect.width / 2)).length;
    else at = children.filter((child) => y > child.rect.y + child.rect.height / 2).length;
    const previous = children[at - 1];
    const next = children[at];
    this.place = { parent: best.parent, after: previous?.id ?? null };
    const inside = children.length === 0;
    if (inside) this.line = { x: rect.x, y: rect.y + rect.height / 2, length: rect.width, vertical: false, inside };
    else if (vertical) {
      const beside = previous && (!next || next.rect.y > previous.rect.y + previous.rect.height / 2 ? previous : null);
      const neighbour = beside ?? next ?? previous!;
      const edge = beside ? beside.rect.x + beside.rect.width + 4 : previous && next ? (previous.rect.x + previous.rect.width + next.rect.x) / 2 : next ? next.rect.x - 4 : 0;
      this.line = { x: edge, y: neighbour.rect.y, length: neighbour.rect.height, vertical: true, inside };
    } else {
      const edge = previous && next ? (previous.rect.y + previous.rect.height + next.rect.y) / 2 : previous ? previous.rect.y + previous.rect.height + 4 : next!.rect.y - 4;
      const neighbour = next ?? previous!;
      this.line = { x: neighbour.rect.x, y: edge, length: neighbour.rect.width, vertical: false, inside };
    }
  }

  /** Near the upper and lower edge the page scrolls. */
  private scroll(): void {
    if (!this.active) return;
    const page = this.app.canvas.document?.defaultView;
    const stage = document.querySelector(".aice-stage__frame")?.getBoundingClientRect();
    const { x, y } = this.pointer;
    if (page && stage && x > stage.left && x < stage.right) {
      const up = y - stage.top;
      const down = stage.bottom - y;
      const speed = up > 0 && up < EDGE ? -(EDGE - up) : down > 0 && down < EDGE ? EDGE - down : 0;
      if (speed) {
        page.scrollBy(0, speed / 2.5);
        this.move(x, y);
      }
    }
    this.scrolling = requestAnimationFrame(() => this.scroll());
  }

  private drop(): void {
    const { load, place } = this;
    if (!load || !place) return;
    const { acts } = this.app;
    if (load.kind === "move") acts.move(load.ids, place);
    else {
      const ids = load.kind === "new" ? [acts.insert(load.type, place)] : acts.insertDrafts(load.blocks, place);
      if (ids[0]) this.app.store.set({ panel: "block" });
    }
  }

  private finish(): void {
    cancelAnimationFrame(this.scrolling);
    this.active = false;
    this.load = this.line = this.row = this.place = null;
    this.targets = [];
    document.documentElement.classList.remove("aice-dragging");
    this.markRow();
    this.onChange();
  }
}

function within(rect: Rect, x: number, y: number, edge: number): boolean {
  return x >= rect.x - 4 && x <= rect.x + rect.width + 4 && y >= rect.y + edge && y <= rect.y + rect.height - edge;
}

function wider(slot: Rect | null, holder: Element): Rect {
  const { x, width, y, height } = holder.getBoundingClientRect();
  return { x, width, y: slot ? Math.min(slot.y, y) : y, height: Math.max(height, slot ? slot.height : 0) };
}

/** The element around a container's children, if the slot has it for itself; else the slot alone. */
function holderRect(holder: Element, slot: Rect | null): Rect {
  const { x, y, width, height } = holder.getBoundingClientRect();
  return slot && slot.height > height * 2 ? slot : { x, y, width, height };
}
