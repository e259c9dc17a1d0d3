// The tree of blocks: the keyboard's home, by the ARIA pattern of a tree.

import { Component } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { chainOf, find, indexOf, isLocked } from "../model/document";
import type { Block, Doc } from "../model/types";
import { useApp, useStore, type App } from "../parts/app";
import { Icon } from "../parts/icons";
import { IconButton } from "../parts/dialog";
import { t } from "../parts/words";
import { Face } from "../talk/composer";
import { openByBlock, othersByBlock, type Person } from "../talk/talk";

export interface Row {
  id: string;
  block: Block;
  level: number;
  size: number;
  position: number;
  open: boolean | null;
}

export function rowsOf(doc: Doc, closed: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const walk = (siblings: readonly Block[], level: number) =>
    siblings.forEach((block, at) => {
      const open = block.children?.length ? !closed.has(block.id) : null;
      rows.push({ id: block.id, block, level, size: siblings.length, position: at + 1, open });
      if (open) walk(block.children!, level + 1);
    });
  walk(doc, 1);
  return rows;
}

interface RowProps {
  app: App;
  row: Row;
  selected: boolean;
  current: boolean;
  errors: number;
  mark: string;
  notes: number;
  people: Person[] | undefined;
}

/** A row is drawn again only when something of it is another: a page can have hundreds. */
class TreeRow extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { row, selected, current, errors, mark, notes, people } = this.props;
    return (
      row.block.props !== next.row.block.props || row.block.type !== next.row.block.type || row.open !== next.row.open || row.level !== next.row.level || row.size !== next.row.size ||
      row.position !== next.row.position || row.block.meta !== next.row.block.meta || selected !== next.selected || current !== next.current || errors !== next.errors || mark !== next.mark ||
      notes !== next.notes || people !== next.people
    );
  }

  render({ app, row, selected, current, errors, mark, notes, people }: RowProps) {
    const { block } = row;
    const label = app.store.rules.label(block.type);
    const text = app.store.rules.excerpt(block);
    return (
      <div
        role="treeitem"
        id={`aice-row-${row.id}`}
        data-id={row.id}
        class={`aice-row${selected ? " aice-row--selected" : ""}${mark ? ` aice-row--${mark}` : ""}`}
        data-level={Math.min(row.level, 8)}
        aria-level={row.level}
        aria-setsize={row.size}
        aria-posinset={row.position}
        aria-selected={selected}
        aria-expanded={row.open ?? undefined}
        tabIndex={current ? 0 : -1}
      >
        <span class="aice-row__fold" data-fold={row.open === null ? undefined : row.id}>
          {row.open !== null && <Icon name="chevron" />}
        </span>
        <span class="aice-row__icon"><Icon name={app.store.rules.types.get(block.type)?.icon ?? "block"} /></span>
        <span class="aice-row__label">{label}</span>
        {text && <span class="aice-row__text">{text}</span>}
        {isLocked(block) && <span class="aice-row__badge" title={t("Locked")}><Icon name="lock" /></span>}
        {people?.map((person) => <Face key={person.id} person={person} label={t("{name} is here", { name: person.name })} />)}
        {notes > 0 && <span class="aice-row__badge" title={t("Comments: {n}", { n: notes })}><Icon name="comment" /><span aria-hidden="true">{notes}</span><span class="aice-hidden">{t("Comments: {n}", { n: notes })}</span></span>}
        {errors > 0 && <span class="aice-row__badge aice-row__badge--bad" title={t("Something is missing here")}>{errors}<span class="aice-hidden"> {t("errors")}</span></span>}
      </div>
    );
  }
}

export function Tree() {
  const app = useApp();
  const { store, acts } = app;
  const doc = useStore((state) => state.review?.doc ?? state.doc);
  const marks = useStore((state) => state.review?.marks);
  const selected = useStore((state) => state.selected);
  const closed = useStore((state) => state.closed);
  const errors = useStore((state) => state.errors);
  const notes = openByBlock(useStore((state) => state.threads));
  const people = othersByBlock(useStore((state) => state.others));
  const rows = useMemo(() => rowsOf(doc, closed), [doc, closed]);
  const tree = useRef<HTMLDivElement>(null);
  const word = useRef({ text: "", at: 0 });
  const anchor = useRef<string | null>(null);
  const currentId = selected.at(-1) && rows.some((row) => row.id === selected.at(-1)) ? selected.at(-1)! : rows[0]?.id;

  useEffect(() => {
    const id = selected.at(-1);
    if (id) document.getElementById(`aice-row-${id}`)?.scrollIntoView({ block: "nearest" });
  }, [selected]);

  const go = (row: Row | undefined, extend = false) => {
    if (!row) return;
    if (extend && anchor.current) {
      const from = rows.findIndex(({ id }) => id === anchor.current);
      const to = rows.indexOf(row);
      const range = rows.slice(Math.min(from, to), Math.max(from, to) + 1).map(({ id }) => id);
      store.select(from <= to ? range : range.reverse());
    } else {
      anchor.current = row.id;
      store.select([row.id]);
    }
    app.focusRow(row.id);
    app.showOnCanvas(row.id);
  };

  const fold = (id: string, shut: boolean) => {
    const next = new Set(store.state.closed);
    if (shut) next.add(id);
    else next.delete(id);
    store.set({ closed: next });
  };

  const keydown = (event: KeyboardEvent) => {
    const at = rows.findIndex((row) => row.id === currentId);
    const row = rows[at];
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    const stop = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (ctrlKey || metaKey || (altKey && !/^Arrow/.test(key))) return;
    if (altKey) {
      const rtl = document.dir === "rtl";
      const act = { ArrowUp: "moveUp", ArrowDown: "moveDown", ArrowRight: rtl ? "moveOut" : "moveIn", ArrowLeft: rtl ? "moveIn" : "moveOut" }[key] as "moveUp" | undefined;
      if (!act) return;
      stop();
      acts[act]();
      if (store.current) app.focusRow(store.current);
      return;
    }
    const [forward, backward] = document.dir === "rtl" ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
    if (key === "ArrowDown") go(rows[at + 1], shiftKey);
    else if (key === "ArrowUp") go(rows[at - 1], shiftKey);
    else if (key === "Home") go(rows[0], shiftKey);
    else if (key === "End") go(rows.at(-1), shiftKey);
    else if (key === forward && row) {
      if (row.open === false) fold(row.id, false);
      else if (row.open) go(rows[at + 1]);
    } else if (key === backward && row) {
      if (row.open) fold(row.id, true);
      else {
        const parent = indexOf(doc).get(row.id)?.parent;
        if (parent) go(rows.find(({ id }) => id === parent));
      }
    } else if (key === "Enter" && row) {
      store.select([row.id]);
      app.ahead.begin(row.id, () => undefined);
      app.focusField(row.id);
    } else if (key === " " && row) {
      store.select(selected.includes(row.id) ? selected.filter((id) => id !== row.id) : [...selected, row.id]);
    } else if (key === "Delete" || key === "Backspace") {
      acts.remove();
      const next = store.current ?? store.state.doc[0]?.id;
      if (next) app.focusRow(next);
      else tree.current?.focus();
    } else if (key === "/") {
      app.add(acts.placeAfter(currentId ?? null), "tree");
    } else if (key.length === 1 && key !== " ") {
      const now = Date.now();
      word.current = { text: now - word.current.at < 700 ? word.current.text + key.toLowerCase() : key.toLowerCase(), at: now };
      const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
      go(order.find(({ block }) => `${store.rules.label(block.type)} ${store.rules.excerpt(block)}`.toLowerCase().startsWith(word.current.text)) ?? order.find(({ block }) => store.rules.excerpt(block).toLowerCase().startsWith(word.current.text)));
    } else return;
    stop();
  };

  const click = (event: MouseEvent) => {
    const target = event.target as Element;
    const folding = target.closest<HTMLElement>("[data-fold]")?.dataset.fold;
    if (folding) return fold(folding, !closed.has(folding));
    const id = target.closest<HTMLElement>("[role=treeitem]")?.dataset.id;
    const row = rows.find((one) => one.id === id);
    if (!row) return;
    if (event.ctrlKey || event.metaKey) {
      store.select(selected.includes(row.id) ? selected.filter((one) => one !== row.id) : [...selected, row.id]);
      app.focusRow(row.id);
    } else go(row, event.shiftKey);
  };

  return (
    <div class="aice-treebox">
      <div
        ref={tree}
        {...(rows.length ? { role: "tree", "aria-label": t("Blocks of the page"), "aria-multiselectable": "true" } : { tabIndex: -1 })}
        class="aice-tree"
        onKeyDown={keydown}
        onClick={click}
        onDblClick={() => store.current && app.focusField(store.current)}
        onPointerDown={(event) => {
          const id = (event.target as Element).closest<HTMLElement>("[role=treeitem]")?.dataset.id;
          if (id && !(event.target as Element).closest("[data-fold]")) app.drag.prepare(event, { kind: "move", ids: selected.includes(id) ? selected : [id] });
        }}
      >
        {rows.map((row) => (
          <TreeRow key={row.id} app={app} row={row} selected={selected.includes(row.id)} current={row.id === currentId} errors={errors[row.id]?.length ?? 0} mark={marks?.[row.id] ?? ""} notes={notes.get(row.id) ?? 0} people={people.get(row.id)} />
        ))}
      </div>
      {rows.length === 0 && (
        <div class="aice-empty">
          <p>{t("The page has no blocks yet.")}</p>
          <button type="button" class="aice-button aice-button--main" onClick={() => app.add({ parent: null, after: null }, "canvas")}>
            <Icon name="add" /> {t("Add the first block")}
          </button>
        </div>
      )}
    </div>
  );
}

/** The way from the page to the chosen block. */
export function Breadcrumb() {
  const app = useApp();
  const id = useStore((state) => state.selected.at(-1) ?? null);
  const doc = useStore((state) => state.doc);
  const chain = id && find(doc, id) ? chainOf(doc, id) : [];
  return (
    <nav class="aice-crumbs" aria-label={t("Where the chosen block stands")}>
      <button type="button" class="aice-crumb" aria-current={chain.length ? undefined : "true"} onClick={() => app.store.select([])}>
        {t("Page")}
      </button>
      {chain.map((one, at) => (
        <button key={one} type="button" class="aice-crumb" aria-current={at === chain.length - 1 ? "true" : undefined} onClick={() => { app.store.select([one]); app.showOnCanvas(one); }}>
          {app.store.rules.label(find(doc, one)!.type)}
        </button>
      ))}
    </nav>
  );
}

export function TreeHead() {
  const app = useApp();
  return (
    <div class="aice-panel__head">
      <h2>{t("Blocks")}</h2>
      <IconButton icon="add" label={t("Add a block")} keys="/" onClick={() => app.add(app.acts.placeAfter(), "canvas")} />
    </div>
  );
}
