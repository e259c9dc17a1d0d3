// The dialog that adds a block: typed, or chosen; recent ones first, patterns at the end.

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Draft, Place } from "../model/types";
import { useApp } from "../parts/app";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import { countBlocks } from "../model/document";

interface Entry {
  key: string;
  label: string;
  note: string;
  icon: string;
  group: string;
  type?: string;
  blocks?: Draft[];
}
export interface Pattern {
  id: number;
  name: string;
  description: string;
  blocks: Draft[];
}

const RECENT = "ai-cms-recent-blocks";

function recent(): string[] {
  try {
    return JSON.parse(localStorage.getItem(RECENT) ?? "[]");
  } catch {
    return [];
  }
}

function remember(type: string): void {
  try {
    localStorage.setItem(RECENT, JSON.stringify([type, ...recent().filter((one) => one !== type)].slice(0, 5)));
  } catch {
    // The order stays as it was.
  }
}

let patterns: Pattern[] | null = null;
export const forgetPatterns = () => void (patterns = null);

export function usePatterns(): Pattern[] {
  const app = useApp();
  const [found, keep] = useState(patterns ?? []);
  useEffect(() => {
    if (patterns) return;
    app.http.json<{ results: Pattern[] }>(app.boot.urls.patterns!).then(({ results }) => keep((patterns = results)), () => undefined);
  }, []);
  return found;
}

export function Inserter({ place, onChoose, onClose }: { place: Place; onChoose: (entry: { type?: string; blocks?: Draft[] }) => void; onClose: () => void }) {
  const app = useApp();
  const { rules, state } = app.store;
  const [words, type] = useState("");
  const [active, move] = useState(0);
  const saved = usePatterns();
  const all = useMemo<Entry[]>(() => {
    const types = rules.offered(state.doc, place);
    const last = recent();
    const entries: Entry[] = types.map((one) => ({ key: one.type, type: one.type, label: one.label, icon: one.icon, group: one.group, note: "" }));
    const front = last.map((name) => entries.find((entry) => entry.type === name)).filter((entry): entry is Entry => !!entry);
    const fitting = saved.filter((pattern) => rules.nearest(state.doc, pattern.blocks.map((block) => block.type), place));
    return [
      ...(entries.length > 8 ? front.map((entry) => ({ ...entry, key: `recent-${entry.key}`, group: t("Used last") })) : []),
      ...entries,
      ...fitting.map((pattern) => ({ key: `pattern-${pattern.id}`, blocks: pattern.blocks, label: pattern.name, icon: "pattern", group: t("Patterns"), note: pattern.description || t("{n} blocks", { n: countBlocks(pattern.blocks) }) })),
    ];
  }, [saved]);
  const wanted = words.trim().toLowerCase();
  const found = useMemo(() => {
    if (!wanted) return all;
    const own = all.filter((entry) => !entry.key.startsWith("recent-"));
    const starts = own.filter(({ label, type: name }) => label.toLowerCase().startsWith(wanted) || name?.startsWith(wanted));
    return [...starts, ...own.filter((entry) => !starts.includes(entry) && `${entry.label} ${entry.type ?? ""} ${entry.group}`.toLowerCase().includes(wanted))];
  }, [wanted, all]);
  const groups = [...new Set(found.map(({ group }) => group))];
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    if (entry.type) remember(entry.type);
    onChoose(entry);
  };
  let at = -1;
  return (
    <Dialog title={t("Add a block")} onClose={onClose}>
      <div class="aice-inserter">
        <input
          data-focus
          type="search"
          role="combobox"
          aria-label={t("Find a block")}
          aria-expanded="true"
          aria-controls="aice-inserter-list"
          aria-activedescendant={found[active] ? `aice-choice-${found[active].key}` : undefined}
          placeholder={t("Find a block")}
          autocomplete="off"
          value={words}
          onInput={(event) => {
            type(event.currentTarget.value);
            move(0);
          }}
          onKeyDown={(event) => {
            const columns = 3;
            const steps: Record<string, number> = { ArrowDown: wanted ? 1 : columns, ArrowUp: wanted ? -1 : -columns, ...(words ? {} : { ArrowRight: 1, ArrowLeft: -1 }) };
            const step = steps[event.key];
            if (step) move(Math.min(found.length - 1, Math.max(0, active + step)));
            else if (event.key === "Enter") choose(found[active]);
            else return;
            event.preventDefault();
            requestAnimationFrame(() => document.querySelector(".aice-choice[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
          }}
        />
        <div id="aice-inserter-list" role="listbox" aria-label={t("Blocks")} class="aice-choices">
          {groups.map((group) => (
            <div key={group} role="group" aria-label={group}>
              <p class="aice-choices__group" aria-hidden="true">{group}</p>
              <div class="aice-choices__grid" role="presentation">
                {found.filter((entry) => entry.group === group).map((entry) => {
                  at = found.indexOf(entry);
                  return (
                    <div key={entry.key} id={`aice-choice-${entry.key}`} role="option" class="aice-choice" aria-selected={at === active} onClick={() => choose(entry)}>
                      <Icon name={entry.icon} />
                      <span>{entry.label}</span>
                      {entry.note && <small>{entry.note}</small>}
                    </div>
                  );
                })}
              </div>
            </div>
          ))}
        </div>
        {!found.length && <p class="aice-empty">{wanted ? t("No block is called that.") : t("No block can be put here.")}</p>}
      </div>
    </Dialog>
  );
}

/** All blocks to be dragged onto the page or into the tree. */
export function Palette() {
  const app = useApp();
  const types = [...app.store.rules.types.values()];
  const saved = usePatterns();
  const groups = [...new Set(types.map(({ group }) => group))];
  return (
    <div class="aice-palette">
      {groups.map((group) => (
        <section key={group} aria-label={group}>
          <h2>{group}</h2>
          <div class="aice-choices__grid">
            {types.filter((one) => one.group === group).map((one) => (
              <button key={one.type} type="button" class="aice-choice" onPointerDown={(event) => app.drag.prepare(event, { kind: "new", type: one.type })} onClick={() => {
                const id = app.acts.insert(one.type, app.acts.placeAfter());
                if (id) app.showOnCanvas(id);
              }}>
                <Icon name={one.icon} />
                <span>{one.label}</span>
              </button>
            ))}
          </div>
        </section>
      ))}
      {saved.length > 0 && (
        <section aria-label={t("Patterns")}>
          <h2>{t("Patterns")}</h2>
          <div class="aice-choices__grid">
            {saved.map((pattern) => (
              <button key={pattern.id} type="button" class="aice-choice" onPointerDown={(event) => app.drag.prepare(event, { kind: "pattern", blocks: pattern.blocks, types: pattern.blocks.map((block) => block.type) })} onClick={() => app.acts.insertDrafts(pattern.blocks, app.acts.placeAfter())}>
                <Icon name="pattern" />
                <span>{pattern.name}</span>
              </button>
            ))}
          </div>
        </section>
      )}
    </div>
  );
}
