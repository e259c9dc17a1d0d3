// Typing on the page itself: the element that shows a text becomes editable, and nothing else of the page changes.

import { valueAt, withValue } from "../model/document";
import type { Store } from "../model/store";
import type { Path, Props } from "../model/types";
import { find } from "../model/document";
import type { Canvas } from "./canvas";
import { findTexts, textsOf, type Found } from "./texts";
import { typeText } from "./ahead";
import type { RichEditor, RichModule } from "../richtext/interface";

export interface Typing {
  id: string;
  path: Path;
  kind: Found["kind"];
  element: HTMLElement;
  rich: RichEditor | null;
}

/** Stands for the page's title, which is no block: ids have no colon. */
export const TITLE = "page:title";

export interface InPlaceOptions {
  loadRich: () => Promise<RichModule>;
  paste: (data: DataTransfer, typing: Typing) => boolean;
  onKey: (event: KeyboardEvent, typing: Typing) => boolean;
}

export class InPlace {
  now: Typing | null = null;
  private ending: (() => void) | null = null;

  constructor(
    readonly store: Store,
    readonly canvas: Canvas,
    readonly options: InPlaceOptions,
  ) {}

  texts(id: string): Found[] {
    const block = find(this.store.state.doc, id);
    const type = block && this.store.rules.types.get(block.type);
    const range = this.canvas.markers.blocks.get(id);
    return block && type && range?.start.isConnected && block.meta?.locked !== true ? findTexts(block, type.schema, range) : [];
  }

  /** The paths of a block's texts in order, whether the page shows them or not. */
  paths(id: string): Path[] {
    const block = find(this.store.state.doc, id);
    const type = block && this.store.rules.types.get(block.type);
    return block && type ? textsOf(block, type.schema).map(({ path }) => path) : [];
  }

  /** Return the first block that has texts: the block itself, or one inside. */
  typable(id: string): string | null {
    if (this.paths(id).length) return id;
    for (const child of find(this.store.state.doc, id)?.children ?? []) {
      const found = this.typable(child.id);
      if (found) return found;
    }
    return null;
  }

  /** Begin to type into the text of a block that stands at an element or at a path, or into its first; false if there is none. */
  async begin(id: string, at: Element | null, point?: { x: number; y: number }, path?: Path): Promise<boolean> {
    const all = this.texts(id);
    const texts = path ? all.filter((text) => text.path.join(".") === path.join(".")) : all;
    const found = (at && texts.find(({ element }) => element.contains(at) || at.contains(element))) || (at ? undefined : texts[0]);
    if (!found) return false;
    this.end();
    return found.kind === "rich" || found.kind === "inline" ? this.beginRich(id, found, point) : this.beginPlain(id, found, point);
  }

  /** Type into the page's title where the page shows it; false if that is not at an element. */
  beginTitle(at: Element | null, point?: { x: number; y: number }): boolean {
    const element = at?.closest<HTMLElement>("h1");
    const value = String(this.store.state.fields.title ?? "");
    if (!element || element.children.length || !value || element.textContent?.replace(/\s+/g, " ").trim() !== value.replace(/\s+/g, " ").trim()) return false;
    this.end();
    return this.beginPlain(TITLE, { element, path: ["title"], kind: "plain", value, placeholder: false }, point);
  }

  private beginPlain(id: string, found: Found, point?: { x: number; y: number }): boolean {
    const { element, path, value } = found;
    this.canvas.hold(id);
    if (found.placeholder || found.kind === "lines" || element.textContent !== value) element.textContent = value;
    element.contentEditable = "plaintext-only";
    element.setAttribute("data-aice-typing", "");
    element.spellcheck = true;
    if (found.kind === "lines") element.style.whiteSpace = "pre-wrap";
    const typing: Typing = { id, path, kind: found.kind, element, rich: null };
    const input = () => {
      const text = (element.innerText ?? "").replace(/\u00a0/g, " ");
      this.write(id, path, found.kind === "lines" ? text.replace(/\n$/, "") : text.replace(/\s*\n\s*/g, " ").trimEnd());
    };
    const keydown = (event: KeyboardEvent) => {
      if (event.isComposing) return;
      if (this.options.onKey(event, typing)) event.preventDefault();
      event.stopPropagation();
    };
    const paste = (event: ClipboardEvent) => {
      event.preventDefault();
      const text = event.clipboardData?.getData("text/plain") ?? "";
      element.ownerDocument.execCommand("insertText", false, found.kind === "lines" ? text : text.replace(/\s*\n\s*/g, " "));
    };
    const blur = () => this.left(typing);
    element.addEventListener("input", input);
    element.addEventListener("keydown", keydown);
    element.addEventListener("paste", paste);
    element.addEventListener("blur", blur);
    this.start(typing, () => {
      element.removeEventListener("input", input);
      element.removeEventListener("keydown", keydown);
      element.removeEventListener("paste", paste);
      element.removeEventListener("blur", blur);
      element.removeAttribute("contenteditable");
      element.removeAttribute("data-aice-typing");
      element.style.removeProperty("white-space");
      if (element.getAttribute("style") === "") element.removeAttribute("style");
    });
    element.ownerDocument.defaultView?.focus();
    element.focus({ preventScroll: true });
    placeCaret(element, point);
    return true;
  }

  private async beginRich(id: string, found: Found, point?: { x: number; y: number }): Promise<boolean> {
    this.canvas.hold(id);
    const module = await this.options.loadRich();
    if (!found.element.isConnected) {
      this.canvas.release(id);
      return this.begin(id, null);
    }
    const { element, path } = found;
    const before = [...element.childNodes];
    element.replaceChildren();
    const typing: Typing = { id, path, kind: found.kind, element, rich: null };
    const editor = module.mount({
      element,
      html: found.value,
      inline: found.kind === "inline",
      onChange: (html) => this.write(id, path, html),
      onKey: (event) => this.options.onKey(event, typing),
      onPaste: (data) => this.options.paste(data, typing),
      onBlur: () => this.left(typing),
    });
    if (!editor) {
      // The text holds what this editor would lose: it is edited in the form.
      element.replaceChildren(...before);
      this.canvas.release(id);
      return false;
    }
    typing.rich = editor;
    element.setAttribute("data-aice-typing", "");
    this.start(typing, () => {
      const html = editor.html();
      editor.destroy();
      // Until the server has rendered the block; ProseMirror leaves nothing behind.
      element.innerHTML = html;
      for (const name of ["contenteditable", "data-aice-typing", "role", "aria-multiline", "translate"]) element.removeAttribute(name);
      element.classList.remove("ProseMirror", "tiptap", "ProseMirror-focused");
    });
    element.ownerDocument.defaultView?.focus();
    editor.focus(point);
    return true;
  }

  private start(typing: Typing, ending: () => void): void {
    this.now = typing;
    this.ending = ending;
    this.store.select(typing.id === TITLE ? [] : [typing.id]);
    this.store.set({ typing: typing.id, hovered: null });
  }

  /** The focus went elsewhere: to the buttons of this text it may, and it comes back. */
  private left(typing: Typing): void {
    setTimeout(() => {
      if (this.now !== typing) return;
      const active = document.activeElement;
      if (active?.closest(".aice-bar, .aice-dialog")) return;
      const page = typing.element.ownerDocument;
      if (active === page.defaultView?.frameElement && typing.element.contains(page.activeElement)) return;
      this.end();
    });
  }

  private write(id: string, path: Path, value: string): void {
    if (id === TITLE) return this.store.setField("title", value);
    const block = find(this.store.state.doc, id);
    if (!block || valueAt(block.props, path) === value) return;
    this.store.update(id, withValue(block.props, path, value) as Props, path.join("."));
  }

  /** Put a text at the end of one of a block's texts, or of its first, without typing there. */
  add(id: string, path: Path | undefined, text: string): void {
    const block = find(this.store.state.doc, id);
    const type = block && this.store.rules.types.get(block.type);
    const texts = block && type ? textsOf(block, type.schema) : [];
    const found = path ? texts.find((one) => one.path.join(".") === path.join(".")) : texts[0];
    const words = text.replace(/[\n\t]+/g, " ").trim();
    if (!found || !words) return;
    const html = words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    this.write(id, found.path, found.value + (found.kind === "rich" ? `<p>${html}</p>` : found.kind === "inline" ? html : words));
  }

  /** Type a text where the cursor is. */
  insert(text: string): void {
    if (!this.now || !text) return;
    if (this.now.rich) this.now.rich.insertText(text);
    else typeText(this.now.element, text);
  }

  /** Stop typing; the block is rendered by the server again. */
  end(): void {
    const { now, ending } = this;
    if (!now || !ending) return;
    this.now = this.ending = null;
    ending();
    this.canvas.release(now.id);
    this.store.history.seal();
    this.store.set({ typing: null });
  }
}

function placeCaret(element: HTMLElement, point?: { x: number; y: number }): void {
  const { ownerDocument: document } = element;
  const selection = document.getSelection();
  const at = point && (document as any).caretPositionFromPoint?.(point.x, point.y);
  if (at && element.contains(at.offsetNode)) selection?.collapse(at.offsetNode, at.offset);
  else {
    selection?.selectAllChildren(element);
    selection?.collapseToEnd();
  }
}
