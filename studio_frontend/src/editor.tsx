// The editor as a whole: bar, list of blocks, page, form; and the keys that work everywhere.

import { useEffect, useState } from "preact/hooks";
import { Stage } from "./canvas/stage";
import type { Panel } from "./model/store";
import type { Draft, Place } from "./model/types";
import { useApp, useStore } from "./parts/app";
import { Icon } from "./parts/icons";
import { later, t } from "./parts/words";
import { AskingDialog } from "./panels/asking";
import { AssistPanel } from "./panels/assist_panel";
import { BlockPanel } from "./panels/block_panel";
import { ChecksPanel, useFindings } from "./panels/checks_panel";
import { Dialogs } from "./panels/dialogs";
import { Inserter, Palette } from "./panels/inserter";
import { PagePanel } from "./panels/page_panel";
import { TopBar } from "./panels/topbar";
import { Breadcrumb, Tree, TreeHead } from "./panels/tree";
import { LinkDialog } from "./fields/link";
import { CommentsPanel } from "./talk/comments_panel";
import { globalKeys } from "./keys";

type From = "tree" | "canvas" | "text";

export function Editor() {
  const app = useApp();
  const { store } = app;
  const showTree = useStore((state) => state.showTree);
  const showPanel = useStore((state) => state.showPanel);
  const panel = useStore((state) => state.panel);
  const said = useStore((state) => state.said);
  const { findings, words } = useFindings();
  const [adding, add] = useState<{ place: Place; from: From } | null>(null);
  const [linking, link] = useState<{ url: string; done: (url: string) => void } | null>(null);
  const [left, turn] = useState<"tree" | "palette">("tree");
  const [, draw] = useState({});

  useEffect(() => {
    app.autosave.onAsk = () => draw({});
    const keydown = globalKeys(app);
    addEventListener("keydown", keydown);
    return () => removeEventListener("keydown", keydown);
  }, []);
  app.add = (place, from = "tree") => {
    // Where one type alone may stand there is nothing to choose.
    const [only, ...others] = store.rules.offered(store.state.doc, place);
    if (only && !others.length) chosen({ type: only.type }, { place, from });
    else add({ place, from });
  };
  app.pickLink = (url, done) => link({ url, done });

  const chosen = (entry: { type?: string; blocks?: Draft[] }, { place, from } = adding!) => {
    // What is typed from now on is for the new block.
    document.querySelector<HTMLDialogElement>("dialog[open]")?.close();
    add(null);
    const ids = entry.type ? [app.acts.insert(entry.type, place)] : app.acts.insertDrafts(entry.blocks ?? [], place);
    const id = ids[0];
    if (!id) return;
    store.set({ panel: "block" });
    // From the keyboard back to the list; from the page straight into the text.
    if (from === "tree") requestAnimationFrame(() => app.focusRow(id));
    else app.typeInto(id);
  };

  const panels: [Panel, string, string][] = [["block", later("Block"), "block"], ["page", later("Page"), "page"], ["checks", later("Checks"), "checks"], ["comments", later("Comments"), "comment"], ["assist", later("AI"), "spark"]];
  const shownPanels = panels.filter(([name]) => name !== "assist" || app.assist.available || app.boot.urls.proposals);
  const notes = useStore((state) => state.threads);
  const badges: Partial<Record<Panel, number>> = { checks: findings.length, comments: notes.filter(({ resolved }) => !resolved).length };
  const ready = useStore((state) => state.ready);
  const { asking } = app.autosave;

  return (
    <>
      {showTree && <a class="aice-skip" href="#aice-list" onClick={(event) => { event.preventDefault(); app.focusRow(store.current ?? store.state.doc[0]?.id ?? ""); }}>{t("To the list of blocks")}</a>}
      {ready ? <TopBar findings={findings} /> : <header class="aice-top" />}
      <div class={`aice-main${showTree ? " aice-main--tree" : ""}${showPanel ? " aice-main--panel" : ""}`}>
        {showTree && (
          <aside id="aice-list" class="aice-panel aice-panel--tree" aria-label={t("List of blocks")}>
            {ready && <TreeHead />}
            <div class="aice-tabs" role="group" aria-label={t("Left side")}>
              <button type="button" aria-pressed={left === "tree"} onClick={() => turn("tree")}>{t("On the page")}</button>
              <button type="button" aria-pressed={left === "palette"} onClick={() => turn("palette")}>{t("To add")}</button>
            </div>
            {ready && (left === "tree" ? <Tree /> : <Palette />)}
          </aside>
        )}
        <main class="aice-middle" aria-label={t("The page")}>
          <Stage />
          {ready && <Breadcrumb />}
        </main>
        {showPanel && (
          <aside class="aice-panel aice-panel--form" aria-label={t("Settings and form")}>
            <div class="aice-tabs" role="group" aria-label={t("Right side")}>
              {shownPanels.map(([name, label, icon]) => (
                <button key={name} type="button" aria-pressed={panel === name} onClick={() => store.set({ panel: name })}>
                  <Icon name={icon} /> {t(label)}{badges[name] ? <span class="aice-badge">{badges[name]}</span> : null}
                </button>
              ))}
            </div>
            <div class="aice-panel__body">
              {ready && panel === "block" && <BlockPanel />}
              {panel === "page" && <PagePanel />}
              {panel === "checks" && <ChecksPanel findings={findings} words={words} />}
              {panel === "assist" && <AssistPanel />}
              {panel === "comments" && <CommentsPanel />}
            </div>
          </aside>
        )}
      </div>
      <Notices />
      <p class="aice-hidden" aria-live="polite" role="status" id="aice-said">{said}</p>
      {adding && <Inserter place={adding.place} onChoose={chosen} onClose={() => add(null)} />}
      {linking && <LinkDialog value={linking.url} onClose={() => link(null)} onDone={(url) => { link(null); linking.done(url); }} />}
      <Dialogs />
      {asking && <AskingDialog key={asking.kind} asking={asking} />}
    </>
  );
}

function Notices() {
  const { store } = useApp();
  const notice = useStore((state) => state.notice);
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => store.set({ notice: null }), notice.action ? 12_000 : 6_000);
    return () => clearTimeout(timer);
  }, [notice]);
  if (!notice) return null;
  return (
    <div class={`aice-notice${notice.bad ? " aice-notice--bad" : ""}`}>
      <span>{notice.text}</span>
      {notice.action && <button type="button" class="aice-button" onClick={() => { notice.action!.run(); store.set({ notice: null }); }}>{notice.action.label}</button>}
      <button type="button" class="aice-button aice-button--quiet" aria-label={t("Close")} onClick={() => store.set({ notice: null })}><Icon name="close" /></button>
    </div>
  );
}
