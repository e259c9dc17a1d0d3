// An address, or a page of this site: typed, or found by its words.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useApp } from "../parts/app";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import type { InputProps } from "./field";

interface PageFound {
  id: number;
  title: string;
  path: string;
  url: string;
  live: boolean;
}

/** What is found for words, a moment after they were typed; without words what was changed last. */
export function useFound<T>(url: (words: string) => string, words: string): T[] | null {
  const app = useApp();
  const [found, keep] = useState<T[] | null>(null);
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(() => {
      app.http
        .json<{ results: T[] }>(url(words), { signal: control.signal })
        .then(({ results }) => keep(results))
        .catch(() => control.signal.aborted || keep([]));
    }, words ? 180 : 0);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [words]);
  return found;
}

export function PageSearch({ onChoose, pick = "url" }: { onChoose: (value: string) => void; pick?: "url" | "path" }) {
  const app = useApp();
  const [words, type] = useState("");
  const [active, move] = useState(0);
  const id = useId();
  const found = useFound<PageFound>((text) => `${app.boot.urls.links}?q=${encodeURIComponent(text)}`, words);
  const pages = found ?? [];
  return (
    <div class="aice-search">
      <label for={id}>{t("Find a page")}</label>
      <input
        id={id}
        data-focus
        type="search"
        role="combobox"
        aria-expanded={pages.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={pages[active] ? `${id}-${pages[active].id}` : undefined}
        autocomplete="off"
        value={words}
        onInput={(event) => {
          type(event.currentTarget.value);
          move(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") move(Math.min(active + 1, pages.length - 1));
          else if (event.key === "ArrowUp") move(Math.max(active - 1, 0));
          else if (event.key === "Enter" && pages[active]) onChoose(pages[active][pick]);
          else return;
          event.preventDefault();
        }}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={t("Pages")} class="aice-results">
        {pages.map((page, at) => (
          <li key={page.id} id={`${id}-${page.id}`} role="option" aria-selected={at === active} onClick={() => onChoose(page[pick])}>
            <Icon name="page" />
            <span>{page.title}</span>
            <span class="aice-results__note">{page.path}{page.live ? "" : ` · ${t("not published")}`}</span>
          </li>
        ))}
      </ul>
      {found && !found.length && <p class="aice-help">{t("No page has these words.")}</p>}
    </div>
  );
}

/** Ask for an address; "" takes the link away. */
export function LinkDialog({ value, onDone, onClose }: { value: string; onDone: (url: string) => void; onClose: () => void }) {
  const [url, type] = useState(value);
  const id = useId();
  return (
    <Dialog title={value ? t("Change the link") : t("Link")} onClose={onClose}>
      <form
        class="aice-form"
        onSubmit={(event) => {
          event.preventDefault();
          onDone(url.trim());
        }}
      >
        <PageSearch onChoose={onDone} />
        <div class="aice-field">
          <label for={id}>{t("Or an address")}</label>
          <input id={id} type="text" inputMode="url" value={url} placeholder="https://" onInput={(event) => type(event.currentTarget.value)} />
        </div>
        <div class="aice-dialog__buttons">
          {value && <button type="button" class="aice-button" onClick={() => onDone("")}>{t("Take the link away")}</button>}
          <button type="submit" class="aice-button aice-button--main">{t("Link")}</button>
        </div>
      </form>
    </Dialog>
  );
}

export function LinkField({ id, shape, value, described, set, label }: InputProps) {
  const [open, show] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const text = typeof value === "string" ? value : "";
  return (
    <div class="aice-pick">
      <input id={id} type="text" inputMode="url" value={text} placeholder={shape.kind === "page" ? "/" : "https://, /…, #…"} {...described} onInput={(event) => set(event.currentTarget.value)} />
      <button ref={button} type="button" class="aice-button" aria-label={t("Find a page for {label}", { label })} title={t("Find a page")} onClick={() => show(true)}>
        <Icon name="search" />
      </button>
      {open && (
        <Dialog title={t("Find a page")} onClose={() => show(false)}>
          <PageSearch pick={shape.kind === "page" ? "path" : "url"} onChoose={(found) => { set(found); show(false); }} />
        </Dialog>
      )}
    </div>
  );
}
