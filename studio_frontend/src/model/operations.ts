// The four operations. Each has an inverse; everything that is not touched is shared with the document before.

import { before, chainOf, find, indexOf } from "./document";
import type { Block, Doc, Op } from "./types";

export class Inapplicable extends Error {}

function changed(doc: Doc, id: string, change: (block: Block) => Block): Doc {
  const chain = chainOf(doc, id);
  const go = (siblings: readonly Block[], depth: number): Block[] =>
    siblings.map((block) => {
      if (block.id !== chain[depth]) return block;
      return depth === chain.length - 1 ? change(block) : { ...block, children: go(block.children ?? [], depth + 1) };
    });
  return go(doc, 0);
}

function withSiblings(doc: Doc, parent: string | null, change: (siblings: Block[]) => Block[]): Doc {
  if (parent === null) return change([...doc]);
  if (!find(doc, parent)) throw new Inapplicable(`There is no block ${parent}.`);
  return changed(doc, parent, (block) => ({ ...block, children: change([...(block.children ?? [])]) }));
}

function put(doc: Doc, block: Block, parent: string | null, after: string | null): Doc {
  return withSiblings(doc, parent, (siblings) => {
    const at = after === null ? 0 : siblings.findIndex((sibling) => sibling.id === after) + 1;
    if (after !== null && at === 0) throw new Inapplicable(`${after} does not stand there.`);
    siblings.splice(at, 0, block);
    return siblings;
  });
}

/** Apply one operation; returns the new document and the operation that takes it back. */
export function applyOne(doc: Doc, op: Op): [Doc, Op] {
  if (op.op === "insert") {
    if (indexOf(doc).has(op.block.id)) throw new Inapplicable(`${op.block.id} is there already.`);
    return [put(doc, op.block, op.parent, op.after), { op: "remove", id: op.block.id }];
  }
  const node = indexOf(doc).get(op.id);
  if (!node) throw new Inapplicable(`There is no block ${op.id}.`);
  if (op.op === "update") {
    const { meta } = op;
    const next = changed(doc, op.id, (block) => {
      const made = { ...block, props: op.props, ...(meta ? { meta } : {}) };
      return made;
    });
    return [next, { op: "update", id: op.id, props: node.block.props, ...(meta ? { meta: node.block.meta ?? {} } : {}) }];
  }
  const place = { parent: node.parent, after: before(doc, op.id) };
  const without = withSiblings(doc, node.parent, (siblings) => siblings.filter((sibling) => sibling.id !== op.id));
  if (op.op === "remove") return [without, { op: "insert", block: node.block, ...place }];
  if (op.parent !== null && chainOf(doc, op.parent).includes(op.id)) throw new Inapplicable("A block cannot be moved into itself.");
  return [put(without, node.block, op.parent, op.after), { op: "move", id: op.id, ...place }];
}

/** Apply a batch, all or nothing; returns the document and the batch that takes it back. */
export function applyAll(doc: Doc, ops: readonly Op[]): [Doc, Op[]] {
  const inverse: Op[] = [];
  let now = doc;
  for (const op of ops) {
    const [next, undo] = applyOne(now, op);
    now = next;
    inverse.unshift(undo);
  }
  return [now, inverse];
}

/** Operations that lead from one document to another: what a merge or an accepted proposal did, as one step to undo. */
export function difference(from: Doc, to: Doc): Op[] {
  const ops: Op[] = [];
  let now = from;
  const run = (op: Op) => {
    ops.push(op);
    now = applyOne(now, op)[0];
  };
  const walk = (siblings: readonly Block[], parent: string | null) => {
    let after: string | null = null;
    for (const wanted of siblings) {
      const node = indexOf(now).get(wanted.id);
      const { children, ...shell } = wanted;
      if (!node || node.block.type !== wanted.type) {
        if (node) run({ op: "remove", id: wanted.id });
        run({ op: "insert", block: children ? { ...shell, children: [] } : shell, parent, after });
      } else {
        if (node.parent !== parent || before(now, wanted.id) !== after) run({ op: "move", id: wanted.id, parent, after });
        if (JSON.stringify([node.block.props, node.block.meta]) !== JSON.stringify([wanted.props, wanted.meta])) {
          run({ op: "update", id: wanted.id, props: wanted.props, meta: wanted.meta ?? {} });
        }
      }
      if (children) walk(children, wanted.id);
      after = wanted.id;
    }
  };
  const there = indexOf(to);
  // What goes, goes last: a block inside it may have been moved out.
  walk(to, null);
  for (const id of [...indexOf(now).keys()]) if (!there.has(id) && indexOf(now).has(id)) run({ op: "remove", id });
  return ops;
}
