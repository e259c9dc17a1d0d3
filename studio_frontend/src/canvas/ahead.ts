// What is typed between a key and the text that the key leads to, while that is being rendered: kept, and put where it belongs.

import { t } from "../parts/words";

export class Ahead {
  private field: HTMLTextAreaElement | null = null;
  private rest = "";
  private owner = "";
  private late: (text: string) => void = () => undefined;

  /** Take the keyboard for a block. `late` gets what was typed if somebody else begins before it was asked for. */
  begin(owner: string, late: (text: string) => void): void {
    if (this.field && this.owner !== owner) this.late(this.take(this.owner));
    this.owner = owner;
    this.late = late;
    if (this.field) return;
    const field = document.createElement("textarea");
    field.className = "aice-hidden";
    field.setAttribute("aria-label", t("Text"));
    field.value = this.rest;
    this.rest = "";
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key !== "Tab" || event.shiftKey) return;
      // It leads on to the next text, once this one is there.
      field.setRangeText("\t", field.selectionStart, field.selectionEnd, "end");
      event.preventDefault();
    });
    (document.getElementById("aice") ?? document.body).append(field);
    field.focus({ preventScroll: true });
    this.field = field;
  }

  /** Whether the keyboard is still here: nobody went elsewhere meanwhile. */
  held(owner: string): boolean {
    return !!this.field && this.owner === owner && document.activeElement === this.field;
  }

  /** Keep what is still to be typed for whoever begins next, or takes it. */
  keep(rest: string): void {
    this.rest = rest;
  }

  /** Return what was typed for a block, and let go. */
  take(owner: string): string {
    if (this.field && this.owner !== owner) return "";
    const text = this.field ? this.field.value : this.rest;
    this.field?.remove();
    this.field = null;
    this.rest = "";
    return text;
  }
}

/** Type a text into the field that has the focus, as its own keys would. */
export function typeText(element: Element, text: string): void {
  if (text) element.ownerDocument.execCommand("insertText", false, text);
}
