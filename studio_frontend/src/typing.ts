// Keys and pastes while somebody types on the page: Enter goes on in a new block, / adds one, what is pasted becomes blocks.

import { before, childrenOf, find, indexOf } from "./model/document";
import { clipboardBlocks } from "./model/acts";
import type { Draft } from "./model/types";
import type { App } from "./parts/app";
import { TITLE, type Typing } from "./canvas/inplace";
import type { RichEditor } from "./richtext/interface";
import { t } from "./parts/words";

interface Pasted {
  blocks: Draft[];
  inline: string;
  left_out: number;
  warnings: string[];
}

export async function readPasted(app: App, html: string, text: string): Promise<Pasted | null> {
  const own = clipboardBlocks(html);
  if (own) return { blocks: own, inline: "", left_out: 0, warnings: [] };
  try {
    const found = await app.http.json<Pasted>(app.boot.urls.paste!, { method: "POST", body: { html, text } });
    const left = found.warnings.length + found.left_out;
    if (left) app.store.tell(t("Pasted; {n} things could not be taken along: {what}", { n: left, what: found.warnings[0] ?? t("blocks that this page does not take") }));
    return found;
  } catch (error) {
    app.store.tell(error instanceof Error ? error.message : String(error), undefined, true);
    return null;
  }
}

/** Whether a text is more than words: the server makes blocks of it. */
const hasForm = (html: string, text: string) => /<(p|div|h\d|ul|ol|li|table|img|b|strong|i|em|a)\b/i.test(html) || /\t/.test(text) || /(^|\n)(#{1,6} |[-*+] |\d+[.)] |> |```|\|)/.test(text) || /\n\s*\n/.test(text);

export function pasteInto(app: App, data: DataTransfer, editor: RichEditor, inline: boolean, id: string | null): boolean {
  const html = data.getData("text/html");
  const text = data.getData("text/plain");
  if (!html && !text) {
    if (data.files.length) app.store.tell(t("Pictures are put in as blocks: add an image and choose or upload it there."));
    return data.files.length > 0;
  }
  if (!html && !hasForm("", text)) return false;
  void readPasted(app, html, text).then((found) => {
    if (!found) return;
    if (found.inline) editor.insertHtml(found.inline);
    else if (inline || id === null) editor.insertHtml(found.blocks.length ? asWords(text) : asWords(text));
    else if (found.blocks.every((block) => ["rich_text", "list", "heading", "quote"].includes(block.type) && asHtml(block)) && !found.blocks.some(({ type }) => type === "heading")) editor.insertHtml(found.blocks.map(asHtml).join(""));
    else {
      const rest = editor.at() === "middle" ? editor.splitOff() : "";
      const replace = editor.isEmpty();
      const drafts = [...found.blocks, ...(rest ? [{ type: "rich_text", props: { html: rest } }] : [])];
      app.inplace.end();
      app.acts.insertDrafts(drafts, app.acts.placeAfter(id));
      if (replace) app.acts.remove([id]);
    }
  });
  return true;
}

const asWords = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/\s*\n\s*/g, " ");

function asHtml(block: Draft): string {
  const { props = {} } = block;
  if (block.type === "rich_text") return String(props.html ?? "");
  if (block.type === "list") return `<${props.style ?? "ul"}>${((props.items as string[]) ?? []).map((item) => `<li>${item}</li>`).join("")}</${props.style ?? "ul"}>`;
  if (block.type === "quote" && !props.attribution) return `<blockquote>${String(props.text ?? "")}</blockquote>`;
  return "";
}

/** A key while typing on the page; true if it was taken. */
export function typingKey(app: App, event: KeyboardEvent, typing: Typing): boolean {
  const { id, element, rich, kind } = typing;
  const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
  const command = ctrlKey || metaKey;
  const { doc } = app.store.state;
  if (key === "Escape") {
    app.inplace.end();
    app.focusRow(id);
    return true;
  }
  if (command && key.toLowerCase() === "s") {
    void app.autosave.flush("manual");
    return true;
  }
  if (command && key.toLowerCase() === "z" && !rich) {
    app.inplace.end();
    if (shiftKey) app.redo();
    else app.undo();
    app.focusRow(id);
    return true;
  }
  if (command && key.toLowerCase() === "k" && rich) {
    const { link } = rich.state();
    app.pickLink(link, (url) => rich.run("link", url));
    return true;
  }
  if (command || altKey) return false;
  if (id === TITLE) {
    if (key !== "Enter") return false;
    app.inplace.end();
    const first = doc[0]?.id;
    if (first) app.typeInto(first);
    return true;
  }
  const empty = rich ? rich.isEmpty() : !element.textContent?.trim();
  if (key === "/" && (rich ? rich.lineIsEmpty() && kind === "rich" : empty)) {
    const remove = empty && rich !== null;
    app.inplace.end();
    const place = app.acts.placeAfter(id);
    app.add(remove ? { parent: place.parent, after: before(doc, id) } : place, "text");
    return true;
  }
  // Through the texts of a block; from the last one on to what comes after the page.
  if (key === "Tab" && (kind !== "rich" || typing.path.length > 1)) return app.typeNext(id, typing.path, shiftKey ? -1 : 1);
  const topLevel = find(doc, id)?.children === undefined;
  if (key === "Enter" && !shiftKey && kind !== "rich" && kind !== "lines") {
    if (!topLevel || typing.path.length > 1) return true;
    const place = app.acts.placeAfter(id);
    if (!app.store.rules.takes(doc, ["rich_text"], place.parent)) return true;
    app.inplace.end();
    const made = app.acts.insert("rich_text", place);
    if (made) app.typeInto(made);
    return true;
  }
  if ((key === "Backspace" || key === "Delete") && empty && topLevel && typing.path.length === 1 && onlyText(app, id)) {
    const node = indexOf(doc).get(id)!;
    const above = childrenOf(doc, node.parent)[node.index - 1]?.id;
    app.inplace.end();
    app.acts.remove([id]);
    if (above) app.typeInto(above);
    return true;
  }
  return false;
}

/** Type what was typed ahead: Enter and Tab among it lead on as they would have. */
export function typeAhead(app: App, text: string): void {
  const { now } = app.inplace;
  const at = text.search(/[\n\t]/);
  if (at < 0 || !now) return app.inplace.insert(text);
  app.inplace.insert(text.slice(0, at));
  app.ahead.keep(text.slice(at + 1));
  const key = text[at] === "\n" ? "Enter" : "Tab";
  const taken = typingKey(app, new KeyboardEvent("keydown", { key }), now);
  // Whoever is led elsewhere types the rest there.
  if (app.inplace.now !== now) return;
  if (!taken && key === "Enter" && now.rich) now.rich.run("enter");
  typeAhead(app, app.ahead.take(now.id));
}

/** Whether a block holds no words beside the text that is being typed. */
function onlyText(app: App, id: string): boolean {
  const block = find(app.store.state.doc, id);
  return !!block && ["rich_text", "heading"].includes(block.type);
}
