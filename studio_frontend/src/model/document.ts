// Reading documents: values that are never changed in place.

import type { Block, Doc, Draft, Json, Path } from "./types";

export interface Node {
  readonly block: Block;
  readonly parent: string | null;
  readonly index: number;
  readonly depth: number;
}

const indexes = new WeakMap<Doc, Map<string, Node>>();

/** The blocks of a document by id, in reading order. */
export function indexOf(doc: Doc): Map<string, Node> {
  let found = indexes.get(doc);
  if (!found) {
    found = new Map();
    collect(doc, null, 0, found);
    indexes.set(doc, found);
  }
  return found;
}

function collect(siblings: readonly Block[], parent: string | null, depth: number, into: Map<string, Node>): void {
  siblings.forEach((block, index) => {
    into.set(block.id, { block, parent, index, depth });
    if (block.children) collect(block.children, block.id, depth + 1, into);
  });
}

export function find(doc: Doc, id: string | null | undefined): Block | undefined {
  return id == null ? undefined : indexOf(doc).get(id)?.block;
}

export function childrenOf(doc: Doc, parent: string | null): readonly Block[] {
  return parent === null ? doc : (find(doc, parent)?.children ?? []);
}

/** Ids from the root to the block itself. */
export function chainOf(doc: Doc, id: string): string[] {
  const index = indexOf(doc);
  const chain: string[] = [];
  for (let at: string | null = id; at !== null; at = index.get(at)?.parent ?? null) chain.unshift(at);
  return chain;
}

export function isInside(doc: Doc, id: string | null, ancestor: string): boolean {
  return id !== null && chainOf(doc, id).includes(ancestor);
}

/** Those of the ids that stand in no other of them, in reading order. */
export function topmost(doc: Doc, ids: readonly string[]): string[] {
  const wanted = new Set(ids);
  return [...indexOf(doc).keys()].filter(
    (id) => wanted.has(id) && !chainOf(doc, id).slice(0, -1).some((above) => wanted.has(above)),
  );
}

/** The sibling before a block; null if it is the first. */
export function before(doc: Doc, id: string): string | null {
  const node = indexOf(doc).get(id);
  return node && node.index > 0 ? (childrenOf(doc, node.parent)[node.index - 1]?.id ?? null) : null;
}

export function newId(type: string): string {
  const random = crypto.getRandomValues(new Uint8Array(8));
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return (type.replace(/[^a-z]/g, "")[0] ?? "b") + hex.slice(1);
}

/** A copy with ids of its own, for duplicates, pastes and patterns. */
export function withFreshIds(draft: Draft | Block): Block {
  const { locked: _locked, provenance: _provenance, pictures: _pictures, ...meta } = draft.meta ?? {};
  return {
    id: newId(draft.type),
    type: draft.type,
    props: structuredClone(draft.props ?? {}),
    ...(draft.children ? { children: draft.children.map(withFreshIds) } : {}),
    ...(Object.keys(meta).length ? { meta } : {}),
  };
}

export function countBlocks(siblings: readonly (Block | Draft)[]): number {
  return siblings.reduce((sum, block) => sum + 1 + countBlocks(block.children ?? []), 0);
}

export function isLocked(block: Block | undefined): boolean {
  return block?.meta?.locked === true;
}

/** Whether two values are the same JSON. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const left = Object.keys(one);
  const right = Object.keys(other);
  if (left.length !== right.length) return false;
  return left.every((key) => key in other && same((one as never)[key], (other as never)[key]));
}

export function valueAt(value: Json | undefined, path: Path): Json | undefined {
  let found: any = value;
  for (const step of path) found = found?.[step];
  return found;
}

/** The value with another one at the end of the path; what is on the way is copied, and made where it is missing. */
export function withValue(value: Json | undefined, path: Path, wanted: Json | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined) return wanted as Json;
  const copy: any = Array.isArray(value) ? [...value] : typeof value === "object" && value ? { ...value } : typeof step === "number" ? [] : {};
  if (rest.length === 0 && wanted === undefined) delete copy[step];
  else copy[step] = withValue(copy[step], rest, wanted);
  return copy;
}
