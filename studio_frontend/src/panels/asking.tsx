// What has to be asked before saving can go on: two changes of one block, a session that ended, a page that is gone.

import { useEffect, useState } from "preact/hooks";
import { find } from "../model/document";
import { plainText } from "../model/rules";
import type { Block, Doc, Json } from "../model/types";
import { useApp } from "../parts/app";
import { Dialog } from "../parts/dialog";
import { t } from "../parts/words";
import type { Asking } from "../saving/autosave";

export function AskingDialog({ asking }: { asking: Asking }) {
  if (asking.kind === "conflict") return <ConflictDialog asking={asking} />;
  if (asking.kind === "logged-out") return <LoggedOutDialog other={asking.other} />;
  return <GoneDialog asking={asking} />;
}

function textOf(doc: Doc, id: string): string {
  const block = find(doc, id);
  if (!block) return "";
  const words = (value: Json): string => (typeof value === "string" ? plainText(value) : Array.isArray(value) ? value.map(words).join(" · ") : value && typeof value === "object" ? Object.values(value).map(words).join(" · ") : String(value ?? ""));
  return Object.values(block.props).map(words).filter(Boolean).join("\n");
}

function ConflictDialog({ asking }: { asking: Extract<Asking, { kind: "conflict" }> }) {
  const app = useApp();
  const { conflict } = asking;
  const [mine, choose] = useState<ReadonlySet<string>>(new Set(conflict.ids));
  const name = conflict.theirs.by || t("Somebody");
  const set = (id: string, own: boolean) => {
    const next = new Set(mine);
    if (own) next.add(id);
    else next.delete(id);
    choose(next);
  };
  return (
    <Dialog title={t("{name} changed the same block", { name })} wide firm>
      <p>{t("Everything else is brought together already. For these blocks choose whose words stay; the others stay in the history.")}</p>
      {conflict.ids.map((id) => {
        const block = find(conflict.mine, id) ?? find(conflict.theirs.content, id);
        const gone = (doc: Doc) => !find(doc, id);
        return (
          <fieldset key={id} class="aice-conflict">
            <legend>{app.store.rules.label(block?.type ?? "")}</legend>
            {([["mine", conflict.mine, t("Mine")], ["theirs", conflict.theirs.content, t("By {name}", { name })]] as const).map(([side, doc, label]) => (
              <label key={side} class="aice-conflict__side">
                <span><input type="radio" name={`conflict-${id}`} checked={mine.has(id) === (side === "mine")} onChange={() => set(id, side === "mine")} /> {label}</span>
                <span class="aice-conflict__text">{gone(doc) ? t("Removed") : textOf(doc, id) || t("No text")}</span>
              </label>
            ))}
          </fieldset>
        );
      })}
      <div class="aice-dialog__buttons">
        <button type="button" class="aice-button" onClick={() => asking.decide(new Set(conflict.ids))}>{t("All mine")}</button>
        <button type="button" class="aice-button" onClick={() => asking.decide(new Set())}>{t("All by {name}", { name })}</button>
        <button type="button" data-focus class="aice-button aice-button--main" onClick={() => asking.decide(new Set(mine))}>{t("Save this choice")}</button>
      </div>
    </Dialog>
  );
}

function LoggedOutDialog({ other }: { other: boolean }) {
  const app = useApp();
  useEffect(() => {
    const channel = new BroadcastChannel("ai-cms-studio");
    const look = () => void app.autosave.renewed();
    channel.onmessage = look;
    addEventListener("focus", look);
    return () => {
      channel.close();
      removeEventListener("focus", look);
    };
  }, []);
  return (
    <Dialog title={t("You have been logged out")} firm>
      <p>{other ? t("Somebody else is logged in in this browser now. Log in as {name} to save; your text stays here.", { name: app.boot.name }) : t("Your text is still here, and kept in this browser. Log in again in a small window; then it is saved.")}</p>
      <div class="aice-dialog__buttons">
        <button type="button" class="aice-button" onClick={() => void app.autosave.renewed()}>{t("I am logged in again")}</button>
        <button type="button" data-focus class="aice-button aice-button--main" onClick={() => window.open(app.boot.urls.login, "ai-cms-login", "popup,width=520,height=680")}>{t("Log in")}</button>
      </div>
    </Dialog>
  );
}

function GoneDialog({ asking }: { asking: Extract<Asking, { kind: "gone" }> }) {
  const app = useApp();
  const [copied, done] = useState(false);
  const [problem, fail] = useState("");
  const text = app.store.state.doc.flatMap(function words(block: Block): string[] {
    return [textOf([block], block.id), ...(block.children ?? []).flatMap(words)];
  }).filter(Boolean).join("\n\n");
  const restore = async () => {
    const failed = await app.restorePage();
    if (failed) fail(failed);
  };
  return (
    <Dialog title={t("This page is in the bin")} wide firm>
      <p>
        {asking.kept !== null
          ? t("It was put there while you were writing. Nothing is lost: your text is kept as number {n} of its history.", { n: asking.kept })
          : t("It is not there any more. Your text is here, and kept in this browser.")}
      </p>
      <textarea readOnly rows={10} aria-label={t("Your text")} value={text} />
      {problem && <p class="aice-error" role="alert">{problem}</p>}
      <div class="aice-dialog__buttons">
        <button type="button" class="aice-button" onClick={() => void navigator.clipboard.writeText(text).then(() => done(true))}>{copied ? t("Copied") : t("Copy the text")}</button>
        {asking.mayRestore && <button type="button" data-focus class="aice-button aice-button--main" onClick={() => void restore()}>{t("Restore the page and save")}</button>}
      </div>
    </Dialog>
  );
}
