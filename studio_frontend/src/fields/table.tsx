// A grid of cells: rows and columns are added, moved and removed, and rows of a spreadsheet are pasted into it.

import { useRef } from "preact/hooks";
import type { Json } from "../model/types";
import { IconButton, Menu } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import type { InputProps } from "./field";

type Rows = string[][];

export function gridOf(value: Json | undefined): Rows {
  const rows = (Array.isArray(value) ? value : []).map((row) => (Array.isArray(row) ? row.map((cell) => (typeof cell === "string" ? cell : "")) : []));
  const width = Math.max(1, ...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...Array<string>(width - row.length).fill("")]);
}

const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Rows of text on the clipboard as a spreadsheet puts them there; null for anything else. */
export function pastedRows(data: DataTransfer): Rows | null {
  const text = data.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
  if (!text.includes("\t") && !(text.includes("\n") && data.getData("text/html").includes("<table"))) return null;
  return text.split("\n").map((line) => line.split("\t").map((cell) => escaped(cell.trim())));
}

export function TableField({ value, set, props, shape }: InputProps) {
  const rows = gridOf(value);
  const box = useRef<HTMLTableElement>(null);
  const width = rows[0]?.length ?? 0;
  const header = props.siblings?.header !== false;
  const column = props.siblings?.header_column === true;
  const focus = (row: number, cell: number) => requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-cell="${row}:${cell}"]`)?.focus());
  const write = (row: number, cell: number, text: string) => set(rows.map((cells, at) => (at === row ? cells.map((one, index) => (index === cell ? text : one)) : cells)));
  const addRow = (at: number) => set([...rows.slice(0, at), Array<string>(Math.max(width, 1)).fill(""), ...rows.slice(at)]);
  const addColumn = (at: number) => set(rows.map((row) => [...row.slice(0, at), "", ...row.slice(at)]));
  const swapped = <T,>(list: T[], from: number, to: number) => {
    const next = [...list];
    next.splice(to, 0, next.splice(from, 1)[0]!);
    return next;
  };
  const keydown = (event: KeyboardEvent, row: number, cell: number) => {
    const last = cell === width - 1;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (row === rows.length - 1) addRow(rows.length);
      focus(row + 1, cell);
    } else if (event.key === "Tab" && !event.shiftKey && last && row === rows.length - 1 && rows.some((cells) => cells.some(Boolean))) {
      event.preventDefault();
      addRow(rows.length);
      focus(row + 1, 0);
    } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      event.stopPropagation();
      const next = row + (event.key === "ArrowDown" ? 1 : -1);
      if (rows[next]) focus(next, cell);
    }
  };
  const paste = (event: ClipboardEvent, row: number, cell: number) => {
    const pasted = event.clipboardData && pastedRows(event.clipboardData);
    if (!pasted) return;
    event.preventDefault();
    const height = Math.max(rows.length, row + pasted.length);
    const broad = Math.max(width, cell + Math.max(...pasted.map((cells) => cells.length)));
    set(Array.from({ length: height }, (_row, at) => Array.from({ length: broad }, (_cell, index) => pasted[at - row]?.[index - cell] ?? rows[at]?.[index] ?? "")));
  };
  return (
    <div class="aice-grid" onPaste={(event) => event.stopPropagation()}>
      {rows.length > 0 && (
        <div class="aice-grid__scroll" tabIndex={0} role="group" aria-label={shape.label}>
          <table ref={box}>
            <thead>
              <tr>
                <td />
                {rows[0]!.map((_cell, at) => (
                  <td key={at}>
                    <Menu label={t("Column {n}", { n: at + 1 })} icon="more" class="aice-button--quiet aice-button--small" items={[
                      { label: t("Add a column before"), icon: "add", run: () => addColumn(at) },
                      { label: t("Add a column after"), icon: "add", run: () => addColumn(at + 1) },
                      { label: t("Move the column back"), icon: "back", off: at === 0, run: () => set(rows.map((row) => swapped(row, at, at - 1))) },
                      { label: t("Move the column on"), icon: "chevron", off: at === width - 1, run: () => set(rows.map((row) => swapped(row, at, at + 1))) },
                      { label: t("Remove the column"), icon: "trash", danger: true, off: width === 1, run: () => set(rows.map((row) => row.filter((_one, index) => index !== at))) },
                    ]} />
                  </td>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                <tr key={at}>
                  <td>
                    <Menu label={t("Row {n}", { n: at + 1 })} icon="more" class="aice-button--quiet aice-button--small" items={[
                      { label: t("Add a row before"), icon: "add", run: () => addRow(at) },
                      { label: t("Add a row after"), icon: "add", run: () => addRow(at + 1) },
                      { label: t("Move the row up"), icon: "up", off: at === 0, run: () => set(swapped(rows, at, at - 1)) },
                      { label: t("Move the row down"), icon: "down", off: at === rows.length - 1, run: () => set(swapped(rows, at, at + 1)) },
                      { label: t("Remove the row"), icon: "trash", danger: true, off: rows.length === 1, run: () => set(rows.filter((_one, index) => index !== at)) },
                    ]} />
                  </td>
                  {row.map((cell, index) => (
                    <td key={index} class={(header && at === 0) || (column && index === 0) ? "aice-grid__head" : ""}>
                      <Cell value={cell} name={`${at}:${index}`} label={t("Row {row}, column {column}", { row: at + 1, column: index + 1 })} write={(text) => write(at, index, text)} onKeyDown={(event) => keydown(event, at, index)} onPaste={(event) => paste(event, at, index)} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="aice-grid__tools">
        <button type="button" class="aice-button" onClick={() => { addRow(rows.length); focus(rows.length, 0); }}><Icon name="add" /> {t("Row")}</button>
        <button type="button" class="aice-button" disabled={!rows.length} onClick={() => { addColumn(width); focus(0, width); }}><Icon name="add" /> {t("Column")}</button>
        {rows.length > 0 && <IconButton icon="trash" label={t("Empty the table")} onClick={() => set([["", ""], ["", ""]])} />}
      </div>
    </div>
  );
}

interface CellProps {
  value: string;
  name: string;
  label: string;
  write: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onPaste: (event: ClipboardEvent) => void;
}

/** A cell with words only is a text input; one with links or bold words is edited on the page, and shown here. */
function Cell({ value, name, label, write, onKeyDown, onPaste }: CellProps) {
  const plain = !/<[a-z]/i.test(value);
  if (!plain) return <span class="aice-grid__html" tabIndex={0} data-cell={name} aria-label={`${label}: ${words(value)}`} role="textbox" aria-readonly="true" title={t("This cell has links or formats: edit it on the page.")} onKeyDown={onKeyDown}>{words(value)}</span>;
  return <input type="text" data-cell={name} aria-label={label} value={words(value)} onInput={(event) => write(escaped(event.currentTarget.value))} onKeyDown={onKeyDown} onPaste={onPaste} />;
}

const words = (html: string) => (/[<&]/.test(html) ? (new DOMParser().parseFromString(html, "text/html").body.textContent ?? "") : html);
