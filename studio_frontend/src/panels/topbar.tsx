// The bar at the top: where one is, how it is saved, how wide the page is, and publishing.

import { useState } from "preact/hooks";
import type { Width } from "../model/store";
import { useApp, useStore } from "../parts/app";
import { Dialog, IconButton, Menu } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { later, t } from "../parts/words";
import { Face } from "../talk/composer";
import type { Finding } from "./checks";

const WIDTHS: [Width, string][] = [["fit", later("Fit")], ["desktop", later("Desktop")], ["tablet", later("Tablet")], ["phone", later("Phone")]];

export function TopBar({ findings }: { findings: Finding[] }) {
  const app = useApp();
  const { store, boot } = app;
  const title = useStore((state) => String(state.fields.title ?? ""));
  const status = useStore((state) => state.status);
  const width = useStore((state) => state.width);
  const dark = useStore((state) => state.dark);
  const canUndo = useStore((state) => state.canUndo);
  const canRedo = useStore((state) => state.canRedo);
  const showTree = useStore((state) => state.showTree);
  const showPanel = useStore((state) => state.showPanel);
  return (
    <header class="aice-top">
      <div class="aice-top__left">
        {boot.urls.home && <a class="aice-button aice-button--quiet" href={boot.urls.home} aria-label={t("Leave the editor")} title={t("Leave the editor")}><Icon name="back" /></a>}
        <IconButton icon="tree" label={t("List of blocks")} pressed={showTree} onClick={() => store.set({ showTree: !showTree, ...(innerWidth < 900 ? { showPanel: false } : {}) })} />
        <h1 class="aice-top__title">{title || t("Untitled")}</h1>
        <span class={`aice-status aice-status--${status.status}`}>{status.go_live_at ? t("Scheduled") : status.label}</span>
      </div>
      <div class="aice-top__middle">
        <IconButton icon="undo" label={t("Undo")} keys="Ctrl+Z" disabled={!canUndo} onClick={() => app.undo()} />
        <IconButton icon="redo" label={t("Redo")} keys="Ctrl+Shift+Z" disabled={!canRedo} onClick={() => app.redo()} />
        <span class="aice-toolbar__rule" />
        <div class="aice-widths" role="group" aria-label={t("Width of the page")}>
          {WIDTHS.map(([name, label]) => <IconButton key={name} icon={name} label={t(label)} pressed={width === name} onClick={() => store.set({ width: name })} />)}
        </div>
        <IconButton icon={dark ? "sun" : "moon"} label={t("Show the page dark")} pressed={dark} onClick={() => store.set({ dark: !dark })} />
      </div>
      <div class="aice-top__right">
        <Others />
        <SaveState />
        {findings.length > 0 && (
          <button type="button" class="aice-button aice-button--quiet aice-top__checks" aria-label={t("{n} things to mend", { n: findings.length })} title={t("{n} things to mend", { n: findings.length })} onClick={() => store.set({ panel: "checks", showPanel: true })}>
            <Icon name="checks" /> {findings.length}
          </button>
        )}
        {boot.urls.preview && <a class="aice-button aice-button--quiet" href={boot.urls.preview} target="_blank" rel="noopener" aria-label={t("Preview in a new tab")} title={t("Preview in a new tab")} onClick={() => void app.autosave.flush()}><Icon name="open" /></a>}
        <IconButton icon="settings" label={t("Settings and form")} pressed={showPanel} onClick={() => store.set({ showPanel: !showPanel, ...(innerWidth < 900 ? { showTree: false } : {}) })} />
        <Publish />
      </div>
    </header>
  );
}

/** Who else has the page open; a press leads to where they are. */
function Others() {
  const app = useApp();
  const others = useStore((state) => state.others);
  if (!others.length) return null;
  const show = (id: string) => {
    if (!app.store.has(id)) return;
    app.store.select([id]);
    app.showOnCanvas(id);
  };
  return (
    <div class="aice-others" role="group" aria-label={t("Who else is here")}>
      {others.slice(0, 3).map(({ person, block_id }) => (
        <button key={person.id} type="button" class="aice-others__one" aria-label={t("{name} has this page open", { name: person.name })} title={t("{name} has this page open", { name: person.name })} onClick={() => show(block_id)}><Face person={person} /></button>
      ))}
      {others.length > 3 && <span class="aice-others__more" title={others.slice(3).map(({ person }) => person.name).join(", ")}>+{others.length - 3}</span>}
    </div>
  );
}

function SaveState() {
  const app = useApp();
  const saving = useStore((state) => state.saving);
  const problem = useStore((state) => state.problem);
  const copied = useStore((state) => state.copied);
  const words = {
    saved: t("Saved"),
    unsaved: t("Unsaved"),
    saving: t("Saving …"),
    offline: t("Offline: kept in this browser"),
    refused: t("Not saved: {problem}", { problem }),
    stopped: t("Not saved"),
  }[saving];
  const bad = saving === "offline" || saving === "refused" || saving === "stopped";
  return (
    <span class={`aice-save aice-save--${saving}`}>
      <span role="status" class="aice-save__words" title={words}>{words}{!copied && saving !== "saved" ? ` · ${t("this browser cannot keep a copy")}` : ""}</span>
      {bad && saving !== "stopped" && <button type="button" class="aice-button" onClick={() => void app.autosave.save()}>{t("Try again")}</button>}
    </span>
  );
}

function Publish() {
  const app = useApp();
  const status = useStore((state) => state.status);
  const saving = useStore((state) => state.saving);
  const { rights, urls } = app.boot;
  const [busy, work] = useState(false);
  const done = status.live && !status.changed && saving === "saved";
  if (!rights.publish) return null;
  const publish = async () => {
    work(true);
    await app.decide({ action: "publish" }).finally(() => work(false));
  };
  return (
    <div class="aice-publish">
      <button type="button" class="aice-button aice-button--main" disabled={busy || done} onClick={() => void publish()}>
        {done ? t("Published") : status.live ? t("Publish changes") : t("Publish")}
      </button>
      <Menu label={t("More ways to publish")} icon="down" class="aice-button--main" items={[
        { label: t("Publish later …"), icon: "history", run: () => app.store.set({ dialog: "schedule" }) },
        { label: t("Take off the site …"), icon: "close", off: !status.live, danger: true, run: () => app.store.set({ dialog: "unpublish" }) },
        status.live ? { label: t("Show the published page"), icon: "open", run: () => window.open(status.url, "_blank", "noopener") } : null,
        urls.history ? { label: t("History"), icon: "history", run: () => void app.autosave.flush().then(() => location.assign(urls.history!)) } : null,
        { label: t("Load the page anew"), icon: "redo", run: () => app.reloadFrame() },
        { label: t("Keys"), icon: "checks", run: () => app.store.set({ dialog: "keys" }) },
      ]} />
    </div>
  );
}

/** "2030-01-31T08:00" of a moment, in the site's time zone as far as the browser knows it. */
function local(moment: string | null, zone: string): string {
  if (!moment) return "";
  try {
    const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(new Date(moment));
    return parts.replace(" ", "T");
  } catch {
    return moment.slice(0, 16);
  }
}

export function ScheduleDialog({ onClose }: { onClose: () => void }) {
  const app = useApp();
  const { zone } = app.boot.site;
  const { status } = app.store.state;
  const [live, setLive] = useState(local(status.go_live_at, zone));
  const [end, setEnd] = useState(local(status.expire_at, zone));
  const [problem, fail] = useState("");
  const send = async () => {
    const failed = await app.decide({ action: "schedule", go_live_at: live || null, expire_at: end || null }, true);
    if (failed) fail(failed);
    else onClose();
  };
  return (
    <Dialog title={t("Publish later")} onClose={onClose}>
      <form class="aice-form" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <div class="aice-field">
          <label for="aice-live">{t("Published from")}</label>
          <input id="aice-live" data-focus type="datetime-local" value={live} onInput={(event) => setLive(event.currentTarget.value)} />
        </div>
        <div class="aice-field">
          <label for="aice-end">{t("Taken off at")}</label>
          <input id="aice-end" type="datetime-local" value={end} onInput={(event) => setEnd(event.currentTarget.value)} />
        </div>
        <p class="aice-help">{t("Times are those of the site: {zone}. The draft as it is now is what will be published.", { zone })}</p>
        {problem && <p class="aice-error" role="alert">{problem}</p>}
        <div class="aice-dialog__buttons">
          {(status.go_live_at || status.expire_at) && <button type="button" class="aice-button" onClick={() => { setLive(""); setEnd(""); }}>{t("Clear both")}</button>}
          <button type="submit" class="aice-button aice-button--main">{t("Save the schedule")}</button>
        </div>
      </form>
    </Dialog>
  );
}
