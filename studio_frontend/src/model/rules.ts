// Which block may stand where, as the server will judge it.

import { childrenOf, find, indexOf, isInside, isLocked } from "./document";
import type { Block, BlockType, Doc, Draft, Place, Props } from "./types";

export class Rules {
  readonly types: Map<string, BlockType>;

  constructor(types: readonly BlockType[]) {
    this.types = new Map(types.map((type) => [type.type, type]));
  }

  label(type: string): string {
    return this.types.get(type)?.label ?? type.replace(/_/g, " ");
  }

  isContainer(type: string): boolean {
    return !!this.types.get(type)?.children;
  }

  /** Whether a block of this type may stand in a parent of that one; "" is the root. */
  fits(type: string, parent: string): boolean {
    const child = this.types.get(type);
    if (!child) return false;
    if (child.parents && !child.parents.includes(parent)) return false;
    if (parent === "") return true;
    const allow = this.types.get(parent)?.children?.allow;
    return allow === "*" || (Array.isArray(allow) && allow.includes(type));
  }

  /** Whether there is room for more blocks in a parent. */
  hasRoom(doc: Doc, parent: string | null, more = 1): boolean {
    if (parent === null) return true;
    const block = find(doc, parent);
    const most = block && this.types.get(block.type)?.children?.max;
    return most == null || (block?.children?.length ?? 0) + more <= most;
  }

  private known(doc: Doc, parent: string | null): boolean {
    for (let at = parent; at !== null; at = indexOf(doc).get(at)?.parent ?? null) {
      const block = find(doc, at);
      if (!block || !this.types.has(block.type)) return false;
    }
    return true;
  }

  /** Whether new blocks of these types can be put into a parent. */
  takes(doc: Doc, types: readonly string[], parent: string | null): boolean {
    const type = parent === null ? "" : (find(doc, parent)?.type ?? "?");
    return this.known(doc, parent) && types.every((one) => this.fits(one, type)) && this.hasRoom(doc, parent, types.length);
  }

  /** Whether blocks that are there can be moved into a parent. */
  takesMoved(doc: Doc, ids: readonly string[], parent: string | null): boolean {
    const index = indexOf(doc);
    const nodes = ids.map((id) => index.get(id));
    if (nodes.some((node) => !node || isLocked(node.block) || (parent !== null && isInside(doc, parent, node.block.id)))) return false;
    const type = parent === null ? "" : (find(doc, parent)?.type ?? "?");
    const coming = nodes.filter((node) => node?.parent !== parent).length;
    return (
      this.known(doc, parent) &&
      nodes.every((node) => node && (node.parent === parent || this.fits(node.block.type, type))) &&
      (coming === 0 || this.hasRoom(doc, parent, coming))
    );
  }

  /** The types that can be put at a place, in the order of the catalogue. */
  offered(doc: Doc, place: Place): BlockType[] {
    return [...this.types.values()].filter((type) => this.takes(doc, [type.type], place.parent));
  }

  /** The nearest place at or above another one that takes blocks of these types. */
  nearest(doc: Doc, types: readonly string[], place: Place): Place | null {
    let { parent, after } = place;
    for (;;) {
      if (this.takes(doc, types, parent)) return { parent, after };
      if (parent === null) return null;
      after = parent;
      parent = indexOf(doc).get(parent)?.parent ?? null;
    }
  }

  /** A new block as it begins: empty, with as many children as it needs. */
  fresh(type: string): Draft {
    const entry = this.types.get(type);
    if (!entry) return { type, props: {} };
    const made: Draft = { type, props: this.begun(entry) };
    const { children } = entry;
    if (!children) return made;
    const only = Array.isArray(children.allow) && children.allow.length === 1 ? children.allow[0] : undefined;
    const least = children.min ?? 0;
    made.children = [];
    if (only && least > 0) {
      const wished = typeof entry.defaults.columns === "number" ? entry.defaults.columns : 2;
      const count = Math.min(Math.max(least, wished), children.max ?? Infinity);
      made.children = Array.from({ length: count }, () => this.fresh(only));
    }
    return made;
  }

  private begun(entry: BlockType): Props {
    for (const [name, schema] of Object.entries<any>(entry.schema.properties ?? {})) {
      if (schema["x-widget"] === "table") return { [name]: [["", ""], ["", ""]] };
    }
    return {};
  }

  /** A line that says what a block holds, for the tree. */
  excerpt(block: Block): string {
    const schema = this.types.get(block.type)?.schema.properties ?? {};
    for (const [name, value] of Object.entries(block.props)) {
      const field = schema[name];
      if (typeof value !== "string" || !value.trim() || !field || field.enum || field.const !== undefined) continue;
      if (field.format || ["url", "asset", "page-ref"].includes(field["x-widget"])) continue;
      return plainText(value).slice(0, 80);
    }
    for (const value of Object.values(block.props)) {
      const first: any = Array.isArray(value) ? value[0] : undefined;
      const text = typeof first === "string" ? first : Array.isArray(first) ? first.join(" · ") : (first?.alt ?? first?.heading);
      if (typeof text === "string" && text.trim()) return plainText(text).slice(0, 80);
    }
    return "";
  }

  siblingsOf(doc: Doc, id: string): readonly Block[] {
    return childrenOf(doc, indexOf(doc).get(id)?.parent ?? null);
  }
}

/** The words of HTML, or of text; no element is made in this document. */
export function plainText(html: string): string {
  if (!/[<&]/.test(html)) return html.trim();
  // The words of two paragraphs are not one.
  const parsed = new DOMParser().parseFromString(html.replace(/<\/(p|h\d|li|td|th|div|blockquote)>|<br\s*\/?>/gi, "$& "), "text/html");
  return (parsed.body.textContent ?? "").replace(/\s+/g, " ").trim();
}
