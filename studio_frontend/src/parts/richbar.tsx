// The buttons for rich text, above the text or above the block on the page.

import { useEffect, useRef, useState } from "preact/hooks";
import type { RichEditor } from "../richtext/interface";
import { IconButton } from "./dialog";
import { useApp } from "./app";
import { later, t } from "./words";

const MARKS: [string, string, string][] = [
  ["bold", "bold", later("Bold")],
  ["italic", "italic", later("Italic")],
  ["underline", "underline", later("Underlined")],
  ["strike", "strike", later("Struck through")],
  ["code", "code", later("Code")],
];
const BLOCKS: [string, string][] = [
  ["paragraph", later("Paragraph")],
  ["h2", later("Heading 2")],
  ["h3", later("Heading 3")],
  ["h4", later("Heading 4")],
  ["blockquote", later("Quotation")],
  ["codeBlock", later("Code")],
];
const KEYS: Record<string, string> = { bold: "Ctrl+B", italic: "Ctrl+I", underline: "Ctrl+U", code: "Ctrl+E" };

export function RichBar({ editor, inline, label }: { editor: RichEditor; inline: boolean; label: string }) {
  const app = useApp();
  const [, draw] = useState({});
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => editor.watch(() => draw({})), [editor]);
  const { marks, block, link } = editor.state();
  const act = (command: string, value = "") => {
    editor.run(command, value);
    draw({});
  };
  const keydown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const controls = [...bar.current!.querySelectorAll<HTMLElement>("button,select")];
    const at = controls.indexOf(document.activeElement as HTMLElement);
    const step = (event.key === "ArrowRight") === (document.dir !== "rtl") ? 1 : -1;
    controls[(at + step + controls.length) % controls.length]?.focus();
    event.preventDefault();
  };
  return (
    <div ref={bar} class="aice-bar" role="toolbar" aria-label={t("Format of {label}", { label })} onKeyDown={keydown} onPointerDown={(event) => (event.target as Element).closest("button") && event.preventDefault()}>
      {!inline && (
        <select aria-label={t("Kind of paragraph")} value={BLOCKS.some(([name]) => name === block) ? block : "paragraph"} onChange={(event) => act(event.currentTarget.value)}>
          {BLOCKS.map(([name, words]) => <option key={name} value={name}>{t(words)}</option>)}
        </select>
      )}
      {MARKS.map(([name, icon, words]) => (
        <IconButton key={name} icon={icon} label={t(words)} {...(KEYS[name] ? { keys: KEYS[name] } : {})} pressed={!!marks[name]} onClick={() => act(name)} />
      ))}
      <IconButton icon="link" label={link ? t("Change the link") : t("Link")} keys="Ctrl+K" pressed={!!link} onClick={() => app.pickLink(link, (url) => act("link", url))} />
      {!inline && (
        <>
          <IconButton icon="list" label={t("Bullets")} pressed={block === "bulletList"} onClick={() => act("bulletList")} />
          <IconButton icon="numbers" label={t("Numbers")} pressed={block === "orderedList"} onClick={() => act("orderedList")} />
          <IconButton icon="rule" label={t("Line")} onClick={() => act("rule")} />
        </>
      )}
    </div>
  );
}
