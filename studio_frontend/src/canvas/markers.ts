// The comments that the server puts around blocks, and around the place of a container's children.

export interface Range {
  start: Comment;
  end: Comment;
}

const MARK = /^(\/?)(block|slot|document)(?::([a-z0-9-]+))?$/;

export interface Mark {
  end: boolean;
  kind: "block" | "slot" | "document";
  id: string;
}

export function readMark(node: Node | null): Mark | null {
  if (node?.nodeType !== 8) return null;
  const found = MARK.exec((node as Comment).data);
  return found ? { end: found[1] === "/", kind: found[2] as Mark["kind"], id: found[3] ?? "" } : null;
}

export class Markers {
  readonly blocks = new Map<string, Range>();
  readonly slots = new Map<string, Range>();
  root: Range | null = null;

  /** Read the marks below a node; returns whether each beginning has its end. */
  scan(node: Node): boolean {
    const walker = (node.ownerDocument ?? (node as Document)).createTreeWalker(node, 128);
    const open = new Map<string, Comment>();
    let whole = true;
    while (walker.nextNode()) {
      const comment = walker.currentNode as Comment;
      const mark = readMark(comment);
      if (!mark) continue;
      const key = `${mark.kind}:${mark.id}`;
      if (!mark.end) open.set(key, comment);
      else if (open.has(key)) {
        this.keep(mark, { start: open.get(key)!, end: comment });
        open.delete(key);
      } else whole = false;
    }
    return whole && open.size === 0;
  }

  keep(mark: Pick<Mark, "kind" | "id">, range: Range): void {
    if (mark.kind === "document") this.root = range;
    else (mark.kind === "block" ? this.blocks : this.slots).set(mark.id, range);
  }

  slotOf(parent: string | null): Range | null {
    return parent === null ? this.root : (this.slots.get(parent) ?? null);
  }
}

/** The innermost block around a node, and its element on the way there. */
export function blockAround(node: Node | null): string | null {
  for (let at: Node | null = node; at; at = at.parentNode) {
    let closed = 0;
    for (let sibling: Node | null = at; sibling; sibling = sibling.previousSibling) {
      const mark = readMark(sibling);
      if (mark?.kind !== "block" || sibling === node) continue;
      if (mark.end) closed++;
      else if (closed === 0) return mark.id;
      else closed--;
    }
  }
  return null;
}

/** The nodes from one comment to the other, both included. */
export function nodesOf({ start, end }: Range): ChildNode[] {
  const found: ChildNode[] = [];
  for (let at: ChildNode | null = start; at; at = at.nextSibling) {
    found.push(at);
    if (at === end) break;
  }
  return found;
}

export function nodesInside(range: Range): ChildNode[] {
  return nodesOf(range).slice(1, -1);
}

export function makeRange(document: Document, kind: string, id: string): Range {
  return { start: document.createComment(`${kind}:${id}`), end: document.createComment(`/${kind}:${id}`) };
}
