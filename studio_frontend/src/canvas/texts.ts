// Which element of a block shows which of its texts: found by what they say, so that no template has to help.

import type { Block, Json, Path, Schema } from "../model/types";
import { readMark, nodesInside, type Range } from "./markers";

export type TextKind = "plain" | "lines" | "inline" | "rich";

export interface Text {
  path: Path;
  kind: TextKind;
  value: string;
}

export interface Found extends Text {
  element: HTMLElement;
  /** Whether the element shows a stand-in for a text that is empty. */
  placeholder: boolean;
}

function resolve(schema: Schema, root: Schema): Schema {
  const reference = schema.$ref as string | undefined;
  if (!reference) return schema;
  const { $ref: _reference, ...rest } = schema;
  return { ...(root.$defs?.[reference.split("/").pop()!] ?? {}), ...rest };
}

function kindOf(schema: Schema): TextKind | null {
  const widget = schema["x-widget"];
  if (widget === "richtext") return "rich";
  if (widget === "inline-richtext") return "inline";
  if (widget === "textarea") return "lines";
  if (schema.type !== "string" || widget || schema.enum || schema.const !== undefined || schema.format || schema.pattern) return null;
  return schema["x-text"] === false ? null : "plain";
}

/** The texts in a block's props that a person may type. */
export function textsOf(block: Block, schema: Schema): Text[] {
  const found: Text[] = [];
  const walk = (value: Json | undefined, field: Schema, path: Path) => {
    const at = resolve(field, schema);
    const kind = kindOf(at);
    if (kind) {
      if (value === undefined || typeof value === "string") found.push({ path, kind, value: (value as string) ?? "" });
    } else if (at.type === "array" && Array.isArray(value)) {
      value.forEach((item, index) => walk(item, at.items ?? {}, [...path, index]));
    } else if (at.type === "object" && value && typeof value === "object" && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries<Schema>(at.properties ?? {})) walk(value[name], inner, [...path, name]);
    }
  };
  for (const [name, field] of Object.entries<Schema>(schema.properties ?? {})) walk(block.props[name], field, [name]);
  return found;
}

/** The elements that a block's own template made, in order; those of blocks inside it are left out. */
function ownElements(range: Range): HTMLElement[] {
  const found: HTMLElement[] = [];
  const walk = (nodes: Iterable<ChildNode>) => {
    let inside = 0;
    for (const node of nodes) {
      const mark = readMark(node);
      if (mark?.kind === "slot") inside += mark.end ? -1 : 1;
      else if (inside === 0 && node.nodeType === 1) {
        found.push(node as HTMLElement);
        walk(node.childNodes);
      }
    }
  };
  walk(nodesInside(range));
  return found;
}

const squeezed = (text: string | null) => (text ?? "").replace(/\s+/g, " ").trim();

function holdsBlocks(element: HTMLElement): boolean {
  const walker = element.ownerDocument.createTreeWalker(element, 128);
  while (walker.nextNode()) if (readMark(walker.currentNode)) return true;
  return false;
}

/** Find for each text the innermost element that shows it and nothing else. */
export function findTexts(block: Block, schema: Schema, range: Range): Found[] {
  const elements = ownElements(range).filter((element) => !holdsBlocks(element));
  const taken = new Set<Element>();
  const found: Found[] = [];
  const texts = textsOf(block, schema);
  for (const text of texts) {
    if (!text.value.trim()) continue;
    const element = elements.find((candidate) => !taken.has(candidate) && shows(candidate, text) && !isCopied(candidate, text));
    if (!element) continue;
    const inner = innermost(element, text);
    taken.add(inner);
    for (let above: Element | null = inner; above; above = above.parentElement) taken.add(above);
    found.push({ ...text, element: inner, placeholder: false });
  }
  const holders = elements.filter((element) => element.classList.contains("aicms-placeholder") || element.matches("td:empty, th:empty, li:empty"));
  const empty = texts.filter((text) => !text.value.trim());
  const required = (schema.required ?? []) as string[];
  // The stand-in of a template is for the text that has to be there, else for the first.
  empty.sort((one, other) => Number(required.includes(String(other.path[0]))) - Number(required.includes(String(one.path[0]))));
  for (const element of holders) {
    const text = element.matches("td, th") ? cellOf(element, empty) : empty[0];
    if (!text) continue;
    empty.splice(empty.indexOf(text), 1);
    const holder = element.tagName === "SPAN" && element.parentElement && squeezed(element.parentElement.textContent) === squeezed(element.textContent) ? element.parentElement : element;
    found.push({ ...text, element: holder, placeholder: true });
  }
  return found;
}

/** Show the new words of a text that changed where the old ones stand; what is more than words waits for the server. */
export function patchText(before: Block, after: Block, schema: Schema, range: Range): void {
  const changed = Object.keys(after.props).filter((name) => after.props[name] !== before.props[name]);
  const [name] = changed;
  if (changed.length !== 1 || typeof after.props[name!] !== "string") return;
  const found = findTexts(before, schema, range).find(({ path, kind }) => path.length === 1 && path[0] === name && kind === "plain");
  if (found && (found.placeholder || !found.element.children.length)) found.element.textContent = after.props[name!] as string;
}

function cellOf(cell: Element, texts: Text[]): Text | undefined {
  const row = cell.parentElement as HTMLTableRowElement;
  const index = (row.closest("table") as HTMLTableElement | null)?.rows ?? [];
  const at = [...index].indexOf(row);
  const column = [...row.cells].indexOf(cell as HTMLTableCellElement);
  return texts.find(({ path }) => path.length === 3 && path[1] === at && path[2] === column);
}

function shows(element: HTMLElement, { kind, value }: Text): boolean {
  if (kind === "plain" || kind === "lines") return squeezed(element.textContent) === squeezed(value);
  const template = element.ownerDocument.createElement("template");
  template.innerHTML = value;
  const normal = template.innerHTML;
  const shown = element.cloneNode(true) as HTMLElement;
  // Links in the frame cannot be reached by Tab: that is the editor's doing.
  for (const link of shown.querySelectorAll("[tabindex]")) link.removeAttribute("tabindex");
  return shown.innerHTML.trim() === normal.trim() || (kind === "inline" && squeezed(element.textContent) === squeezed(template.content.textContent) && !element.children.length);
}

function isCopied(element: HTMLElement, { kind }: Text): boolean {
  return (kind === "plain" || kind === "lines") && element.closest("svg, script, style, title") !== null;
}

function innermost(element: HTMLElement, text: Text): HTMLElement {
  if (text.kind === "rich") return element;
  for (const child of element.children) if (shows(child as HTMLElement, text) && !["A", "BR"].includes(child.tagName)) return innermost(child as HTMLElement, text);
  return element;
}
