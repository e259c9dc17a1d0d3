// Rich text in the form: the same editor as on the page, with a bar of buttons.

import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../parts/app";
import { RichBar } from "../parts/richbar";
import { t } from "../parts/words";
import type { RichEditor } from "../richtext/interface";
import type { InputProps } from "./field";

export function RichField({ id, shape, value, described, set, label, props }: InputProps) {
  const app = useApp();
  const html = typeof value === "string" ? value : "";
  const holder = useRef<HTMLDivElement>(null);
  const editor = useRef<RichEditor | null>(null);
  const setter = useRef(set);
  setter.current = set;
  const [state, change] = useState<"waiting" | "ready" | "plain">("waiting");
  const inline = shape.kind === "inline";

  useEffect(() => {
    let gone = false;
    void app.loadRich().then((module) => {
      if (gone || !holder.current) return;
      editor.current = module.mount({
        element: holder.current,
        html,
        inline,
        label,
        onChange: (text) => setter.current(text === "" && shape.nullable ? null : text),
        onKey: (event) => {
          const block = holder.current?.closest<HTMLElement>(".aice-form[data-block]")?.dataset.block;
          if (event.key !== "Escape" || !block) return false;
          app.focusRow(block);
          return true;
        },
        onPaste: (data) => app.pasteInto(data, editor.current!, inline, String(props.path.join("."))),
      });
      change(editor.current ? "ready" : "plain");
    });
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, []);

  useEffect(() => {
    // What is undone, or typed on the page, is shown here too; what is typed here is here already.
    if (editor.current && !holder.current?.contains(document.activeElement)) editor.current.setHtml(html);
  }, [html]);

  if (state === "plain") {
    return (
      <>
        <textarea id={id} class="aice-code" rows={8} value={html} {...described} onInput={(event) => set(event.currentTarget.value)} />
        <p class="aice-help">{t("This text has elements that the editor would lose, so its HTML is shown.")}</p>
      </>
    );
  }
  return (
    <div class={`aice-rich${inline ? " aice-rich--inline" : ""}`}>
      {state === "ready" && editor.current && <RichBar editor={editor.current} inline={inline} label={label} />}
      <div id={id} ref={holder} class="aice-rich__text" data-rich={props.path.join(".")} />
    </div>
  );
}
