// What every part of the editor can reach.

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Acts } from "../model/acts";
import type { State, Store } from "../model/store";
import type { Boot, Path, Place } from "../model/types";
import type { Http } from "../saving/http";
import type { Autosave } from "../saving/autosave";
import type { Canvas } from "../canvas/canvas";
import type { Ahead } from "../canvas/ahead";
import type { InPlace } from "../canvas/inplace";
import type { Drag } from "../canvas/drag";
import type { RichEditor, RichModule } from "../richtext/interface";
import type { Assist } from "../panels/assist";
import type { Talk } from "../talk/talk";

export interface App {
  boot: Boot;
  store: Store;
  acts: Acts;
  http: Http;
  autosave: Autosave;
  canvas: Canvas;
  inplace: InPlace;
  ahead: Ahead;
  drag: Drag;
  assist: Assist;
  talk: Talk;
  loadRich(): Promise<RichModule>;
  /** Open the dialog that adds a block at a place. */
  add(place: Place, from?: "tree" | "canvas" | "text"): void;
  /** Put the focus on a block's row in the tree. */
  focusRow(id: string): void;
  /** Put the focus into a block's form: on a field, on one that is wrong, or on the first. */
  focusField(id: string, name?: string): void;
  /** Scroll the page in the frame to a block. */
  showOnCanvas(id: string): void;
  reloadFrame(): void;
  /** Begin to type into a block on the page, or into one of its texts; into its form where the page does not show it. */
  typeInto(id: string, path?: Path): void;
  /** Go on in the next text of a block, or the one before; false if there is none. */
  typeNext(id: string, path: Path, step: 1 | -1): boolean;
  undo(): void;
  redo(): void;
  /** Publish, schedule, take off; returns what was wrong, or "". */
  decide(body: Record<string, unknown>, quiet?: boolean): Promise<string>;
  restorePage(): Promise<string>;
  copy(cut?: boolean): void;
  pasteAfter(): Promise<void>;
  /** A point of the window as a point of the page in the frame. */
  toPage(x: number, y: number): { x: number; y: number } | null;
  pickLink(url: string, done: (url: string) => void): void;
  /** Paste into rich text; true if it was taken. */
  pasteInto(data: DataTransfer, editor: RichEditor, inline: boolean, where: string): boolean;
}



export const AppContext = createContext<App>(null as never);
export const useApp = () => useContext(AppContext);

/** Put the focus on the first control that can be seen below an element, once there is one: rich text comes later. */
export function focusFirst(find: () => Element | null | undefined, wanted = "", then: (element: HTMLElement | undefined) => void = () => undefined): void {
  const all = "input, textarea, select, [contenteditable=true], button";
  const look = (tries: number) => {
    const controls = [...(find()?.querySelectorAll<HTMLElement>(wanted || all) ?? [])].filter((element) => element.checkVisibility());
    const [first] = controls.filter((element) => !element.closest(".aice-bar, .aice-rich:not(:has([contenteditable=true]))"));
    const waiting = find()?.querySelector(".aice-rich__text:not([contenteditable])");
    if (tries > 0 && (!first || (waiting && waiting.compareDocumentPosition(first) & 4))) return void setTimeout(() => look(tries - 1), 30);
    first?.focus();
    then(first);
  };
  requestAnimationFrame(() => look(40));
}

/** Part of the state, and a new drawing when it becomes another. */
export function useStore<T>(pick: (state: State) => T): T {
  const { store } = useApp();
  const [, draw] = useState({});
  const value = pick(store.state);
  useEffect(() => {
    let last = pick(store.state);
    if (last !== value) draw({});
    return store.subscribe(() => {
      const now = pick(store.state);
      if (now !== last) {
        last = now;
        draw({});
      }
    });
  }, [store]);
  return value;
}
