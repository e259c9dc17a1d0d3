// Smaller dialogs: saving a pattern, taking a page off the site, the list of keys.

import { useState } from "preact/hooks";
import { useApp, useStore } from "../parts/app";
import { Dialog } from "../parts/dialog";
import { later, t } from "../parts/words";
import { Refusal } from "../saving/http";
import { forgetPatterns } from "./inserter";
import { ScheduleDialog } from "./topbar";

const KEYS: [string, string][] = [
  ["↑ ↓ Home End", later("Go through the list")],
  ["→ ←", later("Open, close, to the parent")],
  ["Enter", later("To the first field, Escape: back to the list")],
  ["/", later("Add a block")],
  ["Alt+↑ Alt+↓", later("Move up, move down")],
  ["Alt+→ Alt+←", later("Move in, move out")],
  ["Ctrl+D", later("Duplicate")],
  ["Delete", later("Remove")],
  ["Shift+↑ Shift+↓, Space", later("Choose several")],
  ["Ctrl+C Ctrl+X Ctrl+V", later("Copy, cut, paste blocks")],
  ["Ctrl+Z Ctrl+Shift+Z", later("Undo, redo")],
  ["Ctrl+S", later("Save")],
];

export function Dialogs() {
  const app = useApp();
  const dialog = useStore((state) => state.dialog);
  const close = () => app.store.set({ dialog: null });
  if (dialog === "schedule") return <ScheduleDialog onClose={close} />;
  if (dialog === "pattern") return <PatternDialog onClose={close} />;
  if (dialog === "unpublish") {
    return (
      <Dialog title={t("Take the page off the site?")} onClose={close}>
        <p>{t("Visitors will not find it any more. The draft stays, and it can be published again.")}</p>
        <div class="aice-dialog__buttons">
          <button type="button" class="aice-button" data-focus onClick={close}>{t("Leave it")}</button>
          <button type="button" class="aice-button aice-button--danger" onClick={() => { close(); void app.decide({ action: "unpublish" }); }}>{t("Take it off")}</button>
        </div>
      </Dialog>
    );
  }
  if (dialog === "keys") {
    return (
      <Dialog title={t("Keys")} onClose={close}>
        <dl class="aice-keys">
          {KEYS.map(([keys, words]) => (
            <div key={keys}>
              <dt><kbd>{keys}</kbd></dt>
              <dd>{t(words)}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    );
  }
  return null;
}

function PatternDialog({ onClose }: { onClose: () => void }) {
  const app = useApp();
  const [name, type] = useState("");
  const [problem, fail] = useState("");
  const send = async () => {
    try {
      await app.http.json(app.boot.urls.patterns!, { method: "POST", body: { name, blocks: app.acts.copied() } });
      forgetPatterns();
      onClose();
      app.store.tell(t("The pattern “{name}” is saved.", { name }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      fail(error.message);
    }
  };
  return (
    <Dialog title={t("Save as a pattern")} onClose={onClose}>
      <form class="aice-form" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <div class="aice-field">
          <label for="aice-pattern">{t("Name")}</label>
          <input id="aice-pattern" data-focus type="text" maxLength={100} value={name} onInput={(event) => type(event.currentTarget.value)} />
        </div>
        <p class="aice-help">{t("The chosen blocks can then be put into any page, as they are now.")}</p>
        {problem && <p class="aice-error" role="alert">{problem}</p>}
        <div class="aice-dialog__buttons"><button type="submit" class="aice-button aice-button--main" disabled={!name.trim()}>{t("Save")}</button></div>
      </form>
    </Dialog>
  );
}
