// Keeps the page in the frame like the document: what is there is moved, what changed is rendered by the server.

import { find, indexOf } from "../model/document";
import type { Block, Doc } from "../model/types";
import { Refusal, type Http } from "../saving/http";
import { makeRange, Markers, nodesInside, nodesOf, type Range } from "./markers";

const MOST = 150;
const RETRY = 3000;

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export class Canvas {
  markers = new Markers();
  /** The document that the frame shows, or will once the server has answered. */
  private shown: Doc = [];
  private readonly known = new Map<string, Block>();
  private readonly dirty = new Set<string>();
  private readonly rendered = new Map<string, string>();
  /** The order in which the blocks of each list were put last. */
  private readonly placed = new Map<string | null, string>();
  /** Blocks that are being typed into: what the server says of them waits. */
  private readonly held = new Set<string>();
  private parked: DocumentFragment | null = null;
  private flying = false;
  private frame: Document | null = null;
  /** Whether the page's template shows the document with both marks of each block. */
  usable = false;
  onChange: () => void = () => undefined;
  onTrouble: (away: boolean) => void = () => undefined;
  /** Show a changed text at once, before the server has rendered it, where it can be found. */
  patch: (before: Block, after: Block, range: Range) => void = () => undefined;

  constructor(
    readonly http: Http,
    readonly url: string,
  ) {}

  get document(): Document | null {
    return this.frame;
  }

  /** Begin with a frame that has been loaded and shows `doc`. */
  attach(frame: Document, doc: Doc): void {
    this.frame = frame;
    this.markers = new Markers();
    const whole = this.markers.scan(frame);
    this.usable = whole && this.markers.root !== null;
    this.parked = frame.createDocumentFragment();
    this.known.clear();
    this.dirty.clear();
    this.rendered.clear();
    this.placed.clear();
    this.held.clear();
    this.shown = doc;
    for (const [id, { block }] of indexOf(doc)) this.known.set(id, block);
    for (const [id, range] of [...this.markers.blocks]) {
      if (this.known.has(id)) continue;
      this.markers.blocks.delete(id);
      // Other documents of the page have marks too; what stood in this one and is gone since is taken out.
      if (this.usable && isBetween(range.start, this.markers.root!)) for (const node of nodesOf(range)) node.remove();
    }
    this.markEmpty();
  }

  /** Show another document. */
  sync(next: Doc): void {
    if (!this.frame || !this.usable || next === this.shown) return;
    const index = indexOf(next);
    this.shown = next;
    for (const [id, { block }] of index) {
      const before = this.known.get(id);
      if (before === block) continue;
      const count = before?.children?.length ?? -1;
      if (!before || before.props !== block.props || before.meta !== block.meta || before.type !== block.type || count !== (block.children?.length ?? -1)) {
        this.dirty.add(id);
        const range = this.markers.blocks.get(id);
        if (before && before.type === block.type && range?.start.isConnected && !this.held.has(id)) this.patch(before, block, range);
      }
      this.known.set(id, block);
    }
    // What stands in what goes may stay: it is taken out first.
    for (const id of [...this.known.keys()]) if (!index.has(id)) this.rescue(id, index);
    for (const id of [...this.known.keys()]) {
      if (index.has(id)) continue;
      const range = this.markers.blocks.get(id);
      if (range) for (const node of nodesOf(range)) node.remove();
      this.forget(id);
    }
    this.place(next, null);
    this.markEmpty();
    void this.flush();
    this.onChange();
  }

  private rescue(id: string, index: ReadonlyMap<string, unknown>): void {
    const slot = this.markers.slots.get(id);
    if (!slot) return;
    for (const [inner, range] of this.markers.blocks) {
      if (index.has(inner) && range.start.parentNode === slot.start.parentNode && isBetween(range.start, slot)) this.park(range);
    }
  }

  private park(range: Range): void {
    for (const node of nodesOf(range)) this.parked!.append(node);
  }

  private forget(id: string): void {
    this.known.delete(id);
    this.dirty.delete(id);
    this.rendered.delete(id);
    this.markers.blocks.delete(id);
    this.markers.slots.delete(id);
    this.placed.delete(id);
  }

  /** Bring the blocks of one list into their order and place; those that are new get marks with nothing between. */
  private place(siblings: readonly Block[], parent: string | null, anew = false): void {
    const slot = this.markers.slotOf(parent);
    if (!slot?.start.parentNode) {
      // The container is not rendered yet: what moves into it waits outside of the page.
      this.placed.delete(parent);
      for (const block of siblings) {
        const range = this.markers.blocks.get(block.id);
        if (range && range.start.getRootNode() !== this.parked) this.park(range);
        if (block.children) this.place(block.children, block.id);
      }
      return;
    }
    const order = siblings.map((block) => block.id).join();
    if (!anew && this.placed.get(parent) === order) {
      for (const block of siblings) if (block.children) this.place(block.children, block.id);
      return;
    }
    this.placed.set(parent, order);
    const starts = new Map(siblings.map((block, position) => [this.markers.blocks.get(block.id)?.start as Node, position]));
    const there = new Array<number>(siblings.length).fill(-1);
    let at = 0;
    for (const node of nodesInside(slot)) {
      const position = starts.get(node);
      if (position !== undefined) there[position] = at++;
    }
    const staying = longestRun(there);
    let cursor: ChildNode = slot.start;
    siblings.forEach((block, position) => {
      let range = this.markers.blocks.get(block.id);
      if (!range) {
        range = makeRange(this.frame!, "block", block.id);
        this.markers.blocks.set(block.id, range);
        cursor.after(range.start, range.end);
        this.dirty.add(block.id);
      } else if (!staying.has(position)) {
        const nodes = nodesOf(range);
        cursor.after(...nodes);
      }
      cursor = range.end;
      if (block.children) this.place(block.children, block.id);
    });
  }

  private markEmpty(): void {
    for (const [id, slot] of this.markers.slots) {
      const holder = slot.start.parentElement;
      if (!holder) continue;
      const empty = !(find(this.shown, id)?.children?.length ?? 0);
      if (empty) holder.setAttribute("data-aice-empty", id);
      else if (holder.getAttribute("data-aice-empty") === id) holder.removeAttribute("data-aice-empty");
    }
  }

  /** Have what is dirty rendered: one request under way, the newest wins. */
  private async flush(): Promise<void> {
    if (this.flying) return;
    this.flying = true;
    try {
      for (;;) {
        const ids = [...this.dirty].filter((id) => !this.held.has(id) && this.known.has(id)).slice(0, MOST);
        if (!ids.length) return;
        for (const id of ids) this.dirty.delete(id);
        const sent = ids.map((id) => this.known.get(id)!);
        try {
          const blocks = sent.map(({ id, type, props, meta, v, children }) => ({
            id,
            type,
            props,
            ...(v === undefined ? {} : { v }),
            ...(meta ? { meta } : {}),
            ...(children ? { n: children.length } : {}),
          }));
          const answer = await this.http.json<{ html: Record<string, string> }>(this.url, { method: "POST", body: { blocks } });
          this.onTrouble(false);
          for (const id of ids) if (answer.html[id] !== undefined) this.take(id, answer.html[id]!);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          for (const id of ids) this.dirty.add(id);
          this.onTrouble(true);
          setTimeout(() => void this.flush(), RETRY);
          return;
        }
        this.onChange();
      }
    } finally {
      this.flying = false;
    }
  }

  private take(id: string, html: string): void {
    const range = this.markers.blocks.get(id);
    if (!range || !this.known.has(id) || this.dirty.has(id)) return;
    if (this.held.has(id)) {
      this.dirty.add(id);
      return;
    }
    if (this.rendered.get(id) === html && nodesInside(range).length) return;
    this.rendered.set(id, html);
    const template = this.frame!.createElement("template");
    template.innerHTML = html;
    const fresh = new Markers();
    fresh.scan(template.content);
    const made = fresh.blocks.get(id);
    if (!made) return;
    const newSlot = fresh.slots.get(id);
    const oldSlot = this.markers.slots.get(id);
    if (oldSlot?.start.parentNode) {
      // The children are alive: a film goes on playing, and nothing of them is rendered again.
      const children = nodesInside(oldSlot);
      if (newSlot) newSlot.start.after(...children);
      else for (const node of children) this.parked!.append(node);
    }
    const inner = nodesInside(made);
    for (const node of nodesInside(range)) node.remove();
    range.start.after(...inner);
    if (newSlot) this.markers.slots.set(id, newSlot);
    else this.markers.slots.delete(id);
    const children = find(this.shown, id)?.children;
    if (children) this.place(children, id, true);
    this.markEmpty();
    range.start.parentNode?.dispatchEvent(new CustomEvent("ai-cms:block-rendered", { bubbles: true, detail: { id } }));
  }

  /** While a block is typed into, its place in the page is left alone. */
  hold(id: string): void {
    this.held.add(id);
  }

  release(id: string): void {
    if (!this.held.delete(id) || !this.known.has(id)) return;
    this.dirty.add(id);
    this.rendered.delete(id);
    void this.flush();
  }

  get busy(): boolean {
    return this.flying || [...this.dirty].some((id) => !this.held.has(id));
  }

  /** Where a block is in the frame's window; null if nothing of it is shown. */
  rectOf(id: string): Rect | null {
    const marks = this.markers.blocks.get(id);
    if (!marks?.start.isConnected || !this.frame) return null;
    return this.rectBetween(marks);
  }

  slotRect(parent: string | null): Rect | null {
    const slot = this.markers.slotOf(parent);
    if (!slot?.start.parentElement || !this.frame) return null;
    const inside = this.rectBetween(slot);
    if (inside) return inside;
    const { x, y, width, height } = slot.start.parentElement.getBoundingClientRect();
    return { x, y, width, height };
  }

  private rectBetween({ start, end }: Range): Rect | null {
    const range = this.frame!.createRange();
    range.setStartAfter(start);
    range.setEndBefore(end);
    const { x, y, width, height } = range.getBoundingClientRect();
    return width || height ? { x, y, width, height } : null;
  }
}

function isBetween(node: Node, { start, end }: Range): boolean {
  return !!(start.compareDocumentPosition(node) & 4) && !!(node.compareDocumentPosition(end) & 4);
}

/** The places of the longest run of rising numbers: those need not be moved. */
function longestRun(numbers: number[]): Set<number> {
  const tails: number[] = [];
  const previous = new Array<number>(numbers.length).fill(-1);
  numbers.forEach((value, at) => {
    if (value < 0) return;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[tails[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    previous[at] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = at;
  });
  const found = new Set<number>();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = previous[at]!) found.add(at);
  return found;
}
