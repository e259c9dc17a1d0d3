// The editor of rich text, over TipTap's core. A script of its own: it is loaded when somebody begins to type.

import { Editor } from "@tiptap/core";
import { extensions } from "./schema";
import { fingerprint, tidied } from "./html";
import type { RichEditor, RichOptions, RichState } from "./interface";

const MARKS: Record<string, string> = { bold: "bold", italic: "italic", underline: "underline", strike: "strike", code: "code", sub: "tag_sub", sup: "tag_sup", mark: "tag_mark" };

export function mount(options: RichOptions): RichEditor | null {
  const { element, html, inline } = options;
  const listeners = new Set<() => void>();
  let editor: Editor;
  let last = html;
  const read = () => tidied(editor.getHTML());
  try {
    editor = new Editor({
      element: { mount: element },
      extensions: extensions(inline),
      content: html,
      injectCSS: false,
      parseOptions: { preserveWhitespace: false },
      editorProps: {
        attributes: {
          role: "textbox",
          "aria-multiline": String(!inline),
          ...(options.label ? { "aria-label": options.label } : {}),
        },
        handleKeyDown: (_view, event) => {
          if (event.isComposing) return false;
          if (options.onKey?.(event)) {
            event.preventDefault();
            return true;
          }
          if (inline && event.key === "Enter" && !event.shiftKey) return true;
          return false;
        },
        handlePaste: (_view, event) => {
          const data = event.clipboardData;
          if (!data || !options.onPaste?.(data)) return false;
          event.preventDefault();
          return true;
        },
        handleDOMEvents: {
          keydown: (_view, event) => {
            event.stopPropagation();
            return false;
          },
          // Styles of what is dropped are blocked by the page's policy; it is pasted instead.
          drop: (_view, event) => {
            event.preventDefault();
            return true;
          },
        },
      },
      onUpdate: () => {
        const now = read();
        if (now !== last) {
          last = now;
          options.onChange(now);
        }
        tell();
      },
      onSelectionUpdate: () => tell(),
      onBlur: () => options.onBlur?.(),
    });
  } catch {
    return null;
  }
  if (fingerprint(read()) !== fingerprint(html)) {
    editor.destroy();
    return null;
  }
  last = read();

  const tell = () => {
    options.onState?.(state());
    for (const listener of listeners) listener();
  };

  const state = (): RichState => {
    const marks = Object.fromEntries(Object.entries(MARKS).map(([name, mark]) => [name, editor.isActive(mark)]));
    const block = editor.isActive("heading")
      ? `h${editor.getAttributes("heading").level}`
      : (["bulletList", "orderedList", "blockquote", "codeBlock"].find((name) => editor.isActive(name)) ?? "paragraph");
    return { marks, block, link: String(editor.getAttributes("link").href ?? "") };
  };

  const run = (command: string, value = ""): void => {
    const chain = editor.chain().focus();
    if (command in MARKS) chain.toggleMark(MARKS[command]!).run();
    else if (command === "paragraph") chain.clearNodes().run();
    else if (/^h[1-6]$/.test(command)) chain.toggleHeading({ level: Number(command[1]) as 1 }).run();
    else if (command === "bulletList") chain.toggleBulletList().run();
    else if (command === "orderedList") chain.toggleOrderedList().run();
    else if (command === "blockquote") chain.toggleBlockquote().run();
    else if (command === "codeBlock") chain.toggleCodeBlock().run();
    else if (command === "rule") chain.setHorizontalRule().run();
    else if (command === "enter") editor.commands.keyboardShortcut("Enter");
    else if (command === "undo") chain.undo().run();
    else if (command === "redo") chain.redo().run();
    else if (command === "clear") chain.unsetAllMarks().clearNodes().run();
    else if (command === "align") {
      const wanted = value ? `align-${value}` : null;
      chain.updateAttributes("paragraph", { class: wanted }).updateAttributes("heading", { class: wanted }).run();
    } else if (command === "link") {
      if (value) chain.extendMarkRange("link").setLink({ href: value }).run();
      else chain.extendMarkRange("link").unsetLink().run();
    }
  };

  return {
    focus: (point) => {
      editor.view.focus();
      const at = point ? editor.view.posAtCoords({ left: point.x, top: point.y })?.pos : undefined;
      editor.commands.focus(at ?? "end", { scrollIntoView: false });
    },
    run,
    insertHtml: (text) => editor.chain().focus().insertContent(text, { parseOptions: { preserveWhitespace: false } }).run(),
    insertText: (text) => editor.view.dispatch(editor.state.tr.insertText(text)),
    setHtml: (text) => {
      if (text === last) return;
      last = text;
      editor.commands.setContent(text, { emitUpdate: false, parseOptions: { preserveWhitespace: false } });
    },
    html: read,
    isEmpty: () => editor.isEmpty,
    lineIsEmpty: () => editor.state.selection.empty && editor.state.selection.$from.parent.content.size === 0,
    at: () => {
      const { selection, doc } = editor.state;
      if (!selection.empty) return "middle";
      const start = selection.from <= (inline ? 0 : 1);
      const end = selection.to >= doc.content.size - (inline ? 0 : 1);
      return start && end ? "both" : start ? "start" : end ? "end" : "middle";
    },
    state,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    splitOff: () => {
      const { selection, doc } = editor.state;
      const before = read();
      editor.chain().deleteRange({ from: 0, to: selection.from }).run();
      const rest = read();
      editor.commands.setContent(before, { emitUpdate: false });
      editor.chain().deleteRange({ from: selection.from, to: doc.content.size }).run();
      return rest;
    },
    destroy: () => editor.destroy(),
  };
}
