// A copy of what is not saved yet, in this browser: one a tab, so that two tabs do not write over each other's.

import type { Doc, Json } from "../model/types";

export interface Copy {
  key: string;
  version: number;
  base: Doc;
  doc: Doc;
  fields: Record<string, Json>;
  at: number;
}

const PREFIX = "ai-cms-edit";
/** Without locks a tab that has written nothing for so long counts as closed. */
const SILENT = 60_000;

export class Keeper {
  readonly key: string;
  private readonly prefix: string;
  private inStore = false;

  constructor(user: string, page: number) {
    this.prefix = `${PREFIX}:${user}:${page}:`;
    this.key = this.prefix + tabId(this.prefix);
    // Held as long as the tab lives: other tabs learn by it which copies belong to nobody any more.
    void navigator.locks?.request(this.key, { mode: "exclusive" }, () => new Promise(() => undefined));
  }

  /** Keep a copy; returns whether it could be. Where there is room it is written before this returns. */
  async keep(copy: Omit<Copy, "key" | "at">): Promise<boolean> {
    const text = JSON.stringify({ ...copy, key: this.key, at: Date.now() });
    try {
      localStorage.setItem(this.key, text);
      return true;
    } catch {
      // Full, or forbidden: the larger store may still take it.
      try {
        localStorage.removeItem(this.key);
      } catch {
        // Forbidden altogether.
      }
    }
    try {
      await store("readwrite", (table) => table.put(text, this.key));
      this.inStore = true;
      return true;
    } catch {
      return false;
    }
  }

  async forget(key: string = this.key): Promise<void> {
    try {
      localStorage.removeItem(key);
      if (this.inStore || key !== this.key) await store("readwrite", (table) => table.delete(key));
    } catch {
      // What cannot be forgotten is offered again, and is the same as what is saved.
    }
    if (key === this.key) this.inStore = false;
  }

  /** The copies that this tab and tabs that are gone have left, the newest first. */
  async left(): Promise<Copy[]> {
    const found: Copy[] = [];
    const alive = await this.alive();
    const texts: string[] = [];
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(this.prefix)) texts.push(localStorage.getItem(key) ?? "");
    } catch {
      // Forbidden.
    }
    try {
      const keys = (await store("readonly", (table) => table.getAllKeys())) as string[];
      for (const key of keys) if (key.startsWith(this.prefix)) texts.push((await store("readonly", (table) => table.get(key))) as string);
    } catch {
      // There is none.
    }
    for (const text of texts) {
      try {
        const copy = JSON.parse(text) as Copy;
        const own = copy.key === this.key;
        if (Array.isArray(copy.doc) && (own || (alive ? !alive.has(copy.key) : Date.now() - copy.at > SILENT))) found.push(copy);
      } catch {
        // Half written by a browser that crashed.
      }
    }
    return found.sort((one, other) => other.at - one.at);
  }

  private async alive(): Promise<Set<string> | null> {
    try {
      const { held } = await navigator.locks.query();
      return new Set((held ?? []).map((lock) => lock.name ?? ""));
    } catch {
      return null;
    }
  }
}

function tabId(prefix: string): string {
  const fresh = crypto.getRandomValues(new Uint32Array(2)).join("");
  try {
    // A reload is the same tab. A duplicated tab has the same id too, so it is taken out while the tab lives.
    const known = sessionStorage.getItem(prefix);
    sessionStorage.removeItem(prefix);
    const id = known ?? fresh;
    addEventListener("pagehide", () => sessionStorage.setItem(prefix, id));
    addEventListener("pageshow", () => sessionStorage.removeItem(prefix));
    return id;
  } catch {
    return fresh;
  }
}

function store<T>(mode: IDBTransactionMode, act: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(PREFIX, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("copies");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction("copies", mode);
      const request = act(transaction.objectStore("copies"));
      transaction.oncomplete = () => {
        database.close();
        resolve(request.result);
      };
      transaction.onabort = transaction.onerror = () => {
        database.close();
        reject(transaction.error);
      };
    };
  });
}
