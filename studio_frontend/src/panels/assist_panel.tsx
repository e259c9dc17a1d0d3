// The panel beside the page in which a model is asked, and what it suggests is decided.

import { useEffect, useId, useState } from "preact/hooks";
import { find } from "../model/document";
import { plainText } from "../model/rules";
import { useApp, useStore } from "../parts/app";
import { Icon } from "../parts/icons";
import { later, t } from "../parts/words";

const TASKS: { name: string; label: string; needs: "blocks" | "brief" | "page"; payload?: Record<string, unknown> }[] = [
  { name: "improve", label: later("Improve the wording"), needs: "blocks" },
  { name: "proofread", label: later("Correct mistakes"), needs: "blocks" },
  { name: "rewrite", label: later("Shorten"), needs: "blocks", payload: { length: "shorter" } },
  { name: "rewrite", label: later("Rewrite …"), needs: "blocks" },
  { name: "translate", label: later("Translate …"), needs: "blocks" },
  { name: "continue", label: later("Continue the text"), needs: "page" },
  { name: "section_draft", label: later("A section from a brief …"), needs: "brief" },
];

export function AssistPanel() {
  const app = useApp();
  const { assist } = app;
  const selected = useStore((state) => state.selected);
  const review = useStore((state) => state.review);
  const [, draw] = useState({});
  const [asked, ask] = useState<(typeof TASKS)[number] | null>(null);
  const [words, type] = useState("");
  const [waiting, keep] = useState<{ id: number; title: string; agent: string }[]>([]);
  const id = useId();
  useEffect(() => {
    assist.onChange = () => {
      draw({});
      void assist.pending().then(keep);
    };
    void assist.pending().then(keep);
    return () => void (assist.onChange = () => undefined);
  }, []);
  if (assist.working) {
    return (
      <div class="aice-assist" aria-busy="true">
        <p role="status"><Icon name="spark" /> {t("The model is writing. The page stays as it is until you accept.")}</p>
        <button type="button" class="aice-button" onClick={() => void assist.stop()}>{t("Stop")}</button>
      </div>
    );
  }
  if (review) return <Review />;
  const start = (task: (typeof TASKS)[number], text: string) => {
    ask(null);
    type("");
    const payload: Record<string, unknown> = { ...task.payload };
    if (task.needs === "blocks" && selected.length) payload.blocks = selected;
    if (task.name === "rewrite" && text) payload.instruction = text;
    if (task.name === "translate") payload.language = text;
    if (task.needs === "brief") payload.brief = text;
    void assist.write(task.name, payload);
  };
  const result = assist.result;
  return (
    <div class="aice-assist">
      {waiting.length > 0 && (
        <section>
          <h2>{t("Suggestions to decide")}</h2>
          <ul class="aice-links">
            {waiting.map((one) => (
              <li key={one.id}><button type="button" class="aice-button" onClick={() => void assist.open(one.id)}><Icon name="spark" /> {one.title}</button></li>
            ))}
          </ul>
        </section>
      )}
      {assist.available ? (
        <section>
          <h2>{selected.length ? t("For {n} chosen blocks", { n: selected.length }) : t("For the whole page")}</h2>
          <ul class="aice-links">
            {TASKS.map((task) => (
              <li key={task.label}>
                <button type="button" class="aice-button" onClick={() => (task.label.endsWith("…") ? ask(task) : start(task, ""))}>{t(task.label)}</button>
              </li>
            ))}
          </ul>
          {asked && (
            <form class="aice-form" onSubmit={(event) => { event.preventDefault(); if (words.trim()) start(asked, words.trim()); }}>
              <div class="aice-field">
                <label for={id}>{asked.needs === "brief" ? t("What is the section about?") : asked.name === "translate" ? t("Into which language? (such as de)") : t("How is it to be rewritten?")}</label>
                <textarea id={id} rows={3} value={words} onInput={(event) => type(event.currentTarget.value)} ref={(element) => { if (element && !words) element.focus(); }} />
              </div>
              <div class="aice-pick">
                <button type="submit" class="aice-button aice-button--main" disabled={!words.trim()}>{t("Write")}</button>
                <button type="button" class="aice-button" onClick={() => ask(null)}>{t("Cancel")}</button>
              </div>
            </form>
          )}
        </section>
      ) : (
        <p class="aice-empty">{t("No writing tasks are installed on this site.")}</p>
      )}
      {result && (
        <section>
          <h2>{t("Result")}</h2>
          {Object.entries(result).map(([name, value]) => typeof value === "string" && (
            <div key={name} class="aice-result">
              <p>{plainText(value)}</p>
              <button type="button" class="aice-button" onClick={() => app.acts.insertDrafts([{ type: "rich_text", props: { html: /</.test(value) ? value : `<p>${value.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</p>` } }], app.acts.placeAfter())}>{t("Insert after the chosen block")}</button>
            </div>
          ))}
        </section>
      )}
    </div>
  );
}

function Review() {
  const app = useApp();
  const { assist, store } = app;
  const review = useStore((state) => state.review)!;
  const { proposal } = review;
  const label = (id: string) => store.rules.label((find(review.doc, id) ?? find(store.state.doc, id))?.type ?? "");
  const words: Record<string, string> = { added: t("New"), changed: t("Changed"), removed: t("Removed"), stale: t("Out of date") };
  const fields = Object.entries(proposal?.fields ?? {});
  return (
    <div class="aice-assist">
      <h2>{proposal?.title ?? t("Suggestions")}</h2>
      {proposal?.agent && <p class="aice-help">{t("By {name}", { name: proposal.agent })}</p>}
      <ul class="aice-reviewlist">
        {Object.entries(review.marks).map(([id, mark]) => {
          const change = proposal?.changes.find(({ operation }) => String(operation.block?.id ?? operation.id) === id);
          return (
            <li key={id} class={`aice-finding aice-finding--${mark}`}>
              <div>
                <p><strong>{words[mark]}</strong> · {label(id)} <button type="button" class="aice-button aice-button--quiet" onClick={() => app.showOnCanvas(id)}>{t("Show it")}</button></p>
                {change?.text && mark === "changed" && <p class="aice-diff">{change.text.map(([kind, text], at) => (kind === "equal" ? <span key={at}>{text}</span> : kind === "insert" ? <ins key={at}>{text}</ins> : <del key={at}>{text}</del>))}</p>}
                {mark === "added" && find(review.doc, id) && <p class="aice-diff"><ins>{store.rules.excerpt(find(review.doc, id)!)}</ins></p>}
                {proposal && mark !== "stale" && (
                  <div class="aice-pick">
                    <button type="button" class="aice-button" onClick={() => void assist.accept([id])}><Icon name="check" /> {t("Accept")}</button>
                    <button type="button" class="aice-button" onClick={() => void assist.reject([id])}><Icon name="close" /> {t("Reject")}</button>
                  </div>
                )}
                {mark === "stale" && <p class="aice-help">{t("The block was changed since; ask anew.")}</p>}
              </div>
            </li>
          );
        })}
        {fields.map(([name, value]) => <li key={name} class="aice-finding aice-finding--changed"><div><p><strong>{app.boot.fields.shared[name]?.title ?? app.boot.fields.own[name]?.title ?? name}</strong></p><p class="aice-diff"><ins>{typeof value === "string" ? value : JSON.stringify(value)}</ins></p></div></li>)}
      </ul>
      {proposal && (
        <div class="aice-pick">
          <button type="button" class="aice-button aice-button--main" onClick={() => void assist.accept()}>{t("Accept all")}</button>
          <button type="button" class="aice-button" onClick={() => void assist.reject()}>{t("Reject all")}</button>
          <button type="button" class="aice-button aice-button--quiet" onClick={() => assist.close()}>{t("Decide later")}</button>
        </div>
      )}
    </div>
  );
}
