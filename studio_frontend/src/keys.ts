// The keys that work everywhere, but where a text has its own for the same.

import type { App } from "./parts/app";

function inText(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
}

export function globalKeys(app: App): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const text = inText(event.target);
    if (event.key === "Escape" && app.store.state.review) app.assist.close();
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (key === "s") void app.autosave.flush("manual");
    else if ((event.target as HTMLElement).closest?.(".aice-rich")) return;
    else if (key === "z" && !event.shiftKey) app.undo();
    else if ((key === "z" && event.shiftKey) || key === "y") app.redo();
    else if (key === "d" && !text) {
      const [id] = app.acts.duplicate();
      if (id) app.focusRow(id);
    } else return;
    event.preventDefault();
  };
}
