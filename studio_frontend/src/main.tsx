// Start: read what the page brings, fetch the block types, draw.

import { render } from "preact";
import { Canvas } from "./canvas/canvas";
import { Drag } from "./canvas/drag";
import { patchText } from "./canvas/texts";
import { Ahead, typeText } from "./canvas/ahead";
import { InPlace } from "./canvas/inplace";
import { Editor } from "./editor";
import { Acts, clipboardText } from "./model/acts";
import { Rules } from "./model/rules";
import { Store } from "./model/store";
import type { Boot, BlockType, Op } from "./model/types";
import { AppContext, focusFirst, type App } from "./parts/app";
import { t, useWords } from "./parts/words";
import { Assist } from "./panels/assist";
import { Talk } from "./talk/talk";
import { Autosave } from "./saving/autosave";
import { Http, Refusal } from "./saving/http";
import { Keeper } from "./saving/keeper";
import type { RichModule } from "./richtext/interface";
import { pasteInto, readPasted, typeAhead, typingKey } from "./typing";

async function start(): Promise<void> {
  const boot = JSON.parse(document.getElementById("aice-boot")!.textContent!) as Boot;
  useWords(boot.words);
  const http = new Http(boot);
  const store = new Store(boot);
  const manifest = http.json<{ types: BlockType[] }>(boot.urls.manifest!);
  const app = { boot, http, store } as App;
  app.acts = new Acts(store);
  const keeper = new Keeper(boot.user, boot.page);
  app.autosave = new Autosave(store, http, keeper);
  app.canvas = new Canvas(http, boot.urls.render!);
  app.canvas.patch = (before, after, range) => {
    const type = store.rules.types.get(after.type);
    if (type) patchText(before, after, type.schema, range);
  };
  app.canvas.onTrouble = (away) => {
    if (away && store.state.saving === "saved") store.set({ saving: "offline" });
    else if (!away && store.state.saving === "offline") void app.autosave.save();
  };
  // Before lists and forms are drawn anew: a key is on the page first.
  store.subscribe(() => app.canvas.sync(store.state.review?.doc ?? store.state.doc));
  app.drag = new Drag(app);
  app.ahead = new Ahead();
  app.assist = new Assist(app);
  app.talk = new Talk(app);
  let rich: Promise<RichModule> | null = null;
  // The address comes from the server: with hashed file names no script could know it.
  app.loadRich = () => (rich ??= import(/* @vite-ignore */ boot.urls.richtext!) as Promise<RichModule>);
  app.inplace = new InPlace(store, app.canvas, {
    loadRich: app.loadRich,
    onKey: (event, typing) => typingKey(app, event, typing),
    paste: (data, typing) => !!typing.rich && pasteInto(app, data, typing.rich, typing.kind === "inline", typing.id),
  });
  app.pasteInto = (data, editor, inline) => pasteInto(app, data, editor, inline, inline ? null : store.current);
  app.focusRow = (id) => {
    if (!store.state.showTree && innerWidth >= 900) store.set({ showTree: true });
    requestAnimationFrame(() => document.getElementById(`aice-row-${id}`)?.focus({ preventScroll: true }));
  };
  app.focusField = (id, name) => {
    store.select([id]);
    store.set({ panel: "block", showPanel: true, ...(innerWidth < 900 ? { showTree: false } : {}) });
    focusFirst(() => {
      const form = document.querySelector(`.aice-panel--form .aice-form[data-block="${id}"]`);
      const wrong = form?.querySelector("[aria-invalid=true]")?.closest("[data-name]");
      return (name ? form?.querySelector(`[data-name="${name}"]`) : wrong) ?? form?.querySelector(".aice-form__all");
    }, "", (element) => {
      const text = app.ahead.take(id);
      if (element) typeText(element, text);
    });
  };
  app.typeInto = (wanted, path) => {
    const id = app.inplace.typable(wanted);
    app.showOnCanvas(id ?? wanted);
    if (!id) return app.focusField(wanted);
    const late = (text: string) => app.inplace.add(id, path, text);
    app.ahead.begin(id, late);
    const tries = (left: number) => {
      // Who went elsewhere meanwhile is left there; what was typed stands where it was meant to.
      if (!app.ahead.held(id)) return late(app.ahead.take(id));
      void app.inplace.begin(id, null, undefined, path).then((began) => {
        if (began) return typeAhead(app, app.ahead.take(id));
        // A new block is typed into once the server has rendered it.
        if (left > 0 && (app.canvas.busy || left > 24)) setTimeout(() => tries(left - 1), 40);
        else app.focusField(id, path?.join("."));
      });
    };
    tries(25);
  };
  app.typeNext = (id, path, step) => {
    const paths = app.inplace.paths(id);
    const next = paths[paths.findIndex((one) => one.join(".") === path.join(".")) + step];
    if (!next) return false;
    app.inplace.end();
    app.typeInto(id, next);
    return true;
  };
  app.undo = () => {
    app.inplace.end();
    store.say(store.undo() ? t("Undone.") : t("There is nothing to undo."));
  };
  app.redo = () => {
    app.inplace.end();
    store.say(store.redo() ? t("Redone.") : t("There is nothing to redo."));
  };
  app.decide = async (body, quiet = false) => {
    if (!(await app.autosave.flush("manual"))) {
      const words = t("Not everything is saved yet; try again in a moment.");
      store.tell(words, undefined, true);
      return words;
    }
    try {
      const found = await http.json(boot.urls.decide!, { method: "POST", version: store.state.version, body });
      store.set({ version: found.version, status: found.status });
      store.tell({ publish: t("Published."), unpublish: t("Taken off the site."), schedule: t("The schedule is saved.") }[String(body.action)] ?? t("Done."));
      return "";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.kind === "stale") {
        await app.autosave.merge();
        return error.message;
      }
      const { errors = {}, fields = {} } = error.body ?? {};
      if (Object.keys(errors).length) store.set({ errors });
      if (Object.keys(fields).length) store.set({ fieldErrors: fields });
      const first = Object.keys(errors)[0];
      const show = first ? { label: t("Show the field"), run: () => { store.select([first]); app.showOnCanvas(first); app.focusField(first); } } : { label: t("Show the field"), run: () => store.set({ panel: "page", showPanel: true }) };
      if (!quiet) store.tell(error.message, Object.keys(errors).length || Object.keys(fields).length ? show : undefined, true);
      return error.message;
    }
  };
  app.restorePage = async () => {
    try {
      const found = await http.json(boot.urls.decide!, { method: "POST", body: { action: "restore" } });
      store.set({ version: found.version, status: found.status });
      app.autosave.goOn();
      return "";
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return error.message;
    }
  };
  clipboard(app);
  // For scripts of a host: the same four operations, undo, and what is shown.
  (window as any).aiCmsEditor = {
    get document() {
      return store.state.doc;
    },
    get busy() {
      return app.canvas.busy;
    },
    apply: (ops: Op[]) => store.apply(ops),
    undo: () => store.undo(),
    redo: () => store.redo(),
    select: (ids: string[]) => store.select(ids),
    subscribe: (listener: () => void) => store.subscribe(listener),
  };
  render(
    <AppContext.Provider value={app}>
      <Editor />
    </AppContext.Provider>,
    document.getElementById("aice")!,
  );
  // The page in the frame is under way meanwhile.
  const { types } = await manifest;
  store.rules = new Rules(types);
  store.set({ ready: true });
  app.talk.start();
  for (const copy of await keeper.left()) {
    if (await app.autosave.restore(copy)) {
      store.tell(t("Text that had not been saved is back."), { label: t("Discard it"), run: () => store.undo() });
    }
  }
}

/** Copy, cut and paste of whole blocks, here and between pages; texts keep their own. */
function clipboard(app: App): void {
  const { store, acts } = app;
  const inText = () => !!document.activeElement?.closest("input, textarea, select, [contenteditable], iframe, dialog");
  const put = (data: DataTransfer) => {
    const { html, text } = clipboardText(acts.copied(), (block) => store.rules.excerpt(block));
    data.setData("text/html", html);
    data.setData("text/plain", text);
  };
  const take = async (html: string, text: string) => {
    const found = await readPasted(app, html, text);
    if (found?.blocks.length) {
      const ids = acts.insertDrafts(found.blocks, acts.placeAfter());
      if (ids.at(-1)) app.focusRow(ids.at(-1)!);
    }
  };
  const chosen = () => store.state.selected.length > 0 && !inText() && getSelection()?.isCollapsed !== false;
  document.addEventListener("copy", (event) => {
    if (!chosen() || !event.clipboardData) return;
    put(event.clipboardData);
    event.preventDefault();
    store.say(t("Copied."));
  });
  document.addEventListener("cut", (event) => {
    if (!chosen() || !event.clipboardData) return;
    put(event.clipboardData);
    event.preventDefault();
    acts.remove();
  });
  document.addEventListener("paste", (event) => {
    if (inText() || !event.clipboardData) return;
    event.preventDefault();
    void take(event.clipboardData.getData("text/html"), event.clipboardData.getData("text/plain"));
  });
  app.copy = (cut = false) => {
    const { html, text } = clipboardText(acts.copied(), (block) => store.rules.excerpt(block));
    const item = new ClipboardItem({ "text/html": new Blob([html], { type: "text/html" }), "text/plain": new Blob([text], { type: "text/plain" }) });
    navigator.clipboard.write([item]).then(
      () => (cut ? acts.remove() : store.tell(t("Copied."))),
      () => store.tell(t("The browser did not allow it. Use Ctrl+C in the list."), undefined, true),
    );
  };
  app.pasteAfter = async () => {
    try {
      const [item] = await navigator.clipboard.read();
      const read = async (type: string) => (item?.types.includes(type) ? (await item.getType(type)).text() : "");
      await take(await read("text/html"), await read("text/plain"));
    } catch {
      store.tell(t("The browser did not allow it. Use Ctrl+V in the list."), undefined, true);
    }
  };
}

void start().catch((error: unknown) => {
  const holder = document.getElementById("aice")!;
  render(null, holder);
  const box = document.createElement("p");
  box.className = "aice-loading";
  holder.replaceChildren(box);
  box.textContent = t("The editor could not be opened: {problem}", { problem: error instanceof Error ? error.message : String(error) });
  throw error;
});
