// What lies over the page: frames of chosen blocks, their buttons, places to add a block, the line of a drop.

import { useRef } from "preact/hooks";
import { before, find, indexOf, isLocked } from "../model/document";
import { useApp, useStore } from "../parts/app";
import { IconButton, Menu } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { RichBar } from "../parts/richbar";
import { t } from "../parts/words";
import { Pins } from "../talk/pins";
import { At } from "./at";
import type { Rect } from "./canvas";

export function Overlay({ scale, width, height }: { scale: number; width: number; height: number }) {
  const app = useApp();
  const { store, canvas, drag } = app;
  const selected = useStore((state) => state.selected);
  const hovered = useStore((state) => state.hovered);
  const typing = useStore((state) => state.typing);
  const review = useStore((state) => state.review);
  const doc = useStore((state) => state.doc);
  const scaled = (rect: Rect): Rect => ({ x: rect.x * scale, y: rect.y * scale, width: rect.width * scale, height: rect.height * scale });
  const rectOf = (id: string) => {
    const rect = canvas.rectOf(id);
    return rect && scaled(rect);
  };
  const visible = (rect: Rect | null): rect is Rect => !!rect && rect.y < height && rect.y + rect.height > 0;
  const current = selected.at(-1);
  const currentRect = current ? rectOf(current) : null;
  const hoverRect = hovered && !selected.includes(hovered) && !drag.active ? rectOf(hovered) : null;
  // The layer has a hole where somebody types, so the pointer is not seen there.
  const active = hovered ?? typing ?? (matchMedia("(hover: none)").matches ? current : null);
  const activeRect = active && !drag.active && !review ? rectOf(active) : null;
  const page = canvas.document?.defaultView;
  const { line } = drag;

  return (
    <div class="aice-overlay">
      {hovered && visible(hoverRect) && (
        <>
          <At {...hoverRect} class="aice-frame aice-frame--hover" />
          {!review && find(doc, hovered) && (
            <At x={Math.max(4, hoverRect.x)} y={chipY(hoverRect)} class="aice-chip">
              <span>{store.rules.label(find(doc, hovered)!.type)}</span>
              {!isLocked(find(doc, hovered)) && <IconButton icon="duplicate" label={t("Duplicate {label}", { label: store.rules.label(find(doc, hovered)!.type) })} onClick={() => app.acts.duplicate([hovered])} />}
            </At>
          )}
        </>
      )}
      {selected.map((id) => {
        const rect = rectOf(id);
        return visible(rect) && <At key={id} {...rect} class={`aice-frame aice-frame--chosen${typing === id ? " aice-frame--typing" : ""}`} />;
      })}
      {review && Object.entries(review.marks).map(([id, mark]) => {
        const rect = rectOf(id);
        return visible(rect) && <Reviewed key={id} id={id} mark={mark} rect={rect} />;
      })}
      {!review && !drag.active && <Pins rectOf={(id) => { const rect = rectOf(id); return visible(rect) ? rect : null; }} width={width} />}
      {activeRect && visible(activeRect) && <Gaps id={active!} rect={activeRect} />}
      {!drag.active && !review && [...canvas.markers.slots.keys()].map((id) => {
        if (find(doc, id)?.children?.length || !find(doc, id)) return null;
        const rect = canvas.slotRect(id);
        const at = rect && scaled(rect);
        if (!visible(at) || !at.width) return null;
        return (
          <At key={id} x={at.x + at.width / 2 - 16} y={at.y + at.height / 2 - 16} class="aice-inside">
            <button type="button" class="aice-plus" aria-label={t("Add a block inside {label}", { label: store.rules.label(find(doc, id)!.type) })} onClick={() => app.add({ parent: id, after: null }, "canvas")}><Icon name="add" /></button>
          </At>
        );
      })}
      {doc.length === 0 && canvas.usable && <EmptyPage rect={scaled(canvas.slotRect(null) ?? { x: 0, y: 0, width, height: 80 })} />}
      {current && !drag.active && !review && visible(currentRect) && find(doc, current) && <Toolbar id={current} rect={currentRect} width={width} height={height} />}
      {line && page && (
        <At
          x={(line.x - page.scrollX) * scale - (line.vertical ? 2 : 0)}
          y={(line.y - page.scrollY) * scale - (line.vertical ? 0 : 2)}
          width={line.vertical ? 4 : line.length * scale}
          height={line.vertical ? line.length * scale : 4}
          class={`aice-drop${line.inside ? " aice-drop--inside" : ""}`}
        />
      )}
    </div>
  );
}

const chipY = (rect: Rect) => (rect.y >= 26 ? rect.y - 26 : Math.max(2, rect.y + 2));

function EmptyPage({ rect }: { rect: Rect }) {
  const app = useApp();
  return (
    <At x={rect.x + Math.max(0, rect.width / 2 - 110)} y={rect.y + 16} class="aice-inside">
      <button type="button" class="aice-button aice-button--main" onClick={() => app.add({ parent: null, after: null }, "canvas")}><Icon name="add" /> {t("Add the first block")}</button>
    </At>
  );
}

/** A + at either edge of the block under the pointer. */
function Gaps({ id, rect }: { id: string; rect: Rect }) {
  const app = useApp();
  const { doc } = app.store.state;
  const node = indexOf(doc).get(id);
  if (!node || !app.store.rules.offered(doc, { parent: node.parent, after: id }).length) return null;
  const label = app.store.rules.label(node.block.type);
  // Above the chosen block stand its buttons.
  const chosen = app.store.state.selected.includes(id);
  const beside = isBeside(app, id);
  const spots = beside
    ? [{ x: rect.x - 12, y: rect.y + rect.height / 2 - 12 }, { x: rect.x + rect.width - 12, y: rect.y + rect.height / 2 - 12 }]
    : [{ x: chosen ? rect.x + rect.width - 28 : rect.x + rect.width / 2 - 12, y: rect.y - 21 }, { x: rect.x + rect.width / 2 - 12, y: rect.y + rect.height - 3 }];
  return (
    <>
      <At {...spots[0]!} class="aice-gap"><button type="button" class="aice-plus" tabIndex={-1} aria-label={t("Add a block before {label}", { label })} onClick={() => app.add({ parent: node.parent, after: before(doc, id) }, "canvas")}><Icon name="add" /></button></At>
      <At {...spots[1]!} class="aice-gap"><button type="button" class="aice-plus" tabIndex={-1} aria-label={t("Add a block after {label}", { label })} onClick={() => app.add({ parent: node.parent, after: id }, "canvas")}><Icon name="add" /></button></At>
    </>
  );
}

/** Whether a block stands beside its siblings rather than below them. */
function isBeside(app: ReturnType<typeof useApp>, id: string): boolean {
  const siblings = app.store.rules.siblingsOf(app.store.state.doc, id);
  const at = siblings.findIndex((block) => block.id === id);
  const other = siblings[at + 1] ?? siblings[at - 1];
  const one = other && app.canvas.rectOf(id);
  const two = other && app.canvas.rectOf(other.id);
  return !!one && !!two && (two.x >= one.x + one.width - 2 || one.x >= two.x + two.width - 2);
}

function Toolbar({ id, rect, width, height }: { id: string; rect: Rect; width: number; height: number }) {
  const app = useApp();
  const { acts, store } = app;
  const block = find(store.state.doc, id)!;
  const several = store.state.selected.length;
  const label = several > 1 ? t("{n} blocks", { n: several }) : store.rules.label(block.type);
  const locked = isLocked(block);
  const rich = app.inplace.now?.id === id ? app.inplace.now.rich : null;
  const element = useRef<HTMLDivElement>(null);
  const own = element.current?.offsetHeight ?? 38;
  // Above the block; where there is no room below it, and at the edge of the page while it is longer than that.
  const y = rect.y >= own + 6 ? rect.y - own - 6 : rect.y + rect.height + own + 8 < height ? rect.y + rect.height + 6 : Math.max(6, Math.min(height - own - 6, 6));
  const x = Math.max(4, Math.min(rect.x, width - (element.current?.offsetWidth ?? 300) - 4));
  return (
    <At x={x} y={y} class="aice-toolbox">
      <div ref={element} class="aice-toolbar" role="toolbar" aria-label={t("What can be done to {label}", { label })}>
        {rich && app.inplace.now ? (
          <RichBar editor={rich} inline={app.inplace.now.kind === "inline"} label={label} />
        ) : (
          <button type="button" class="aice-button aice-button--quiet aice-grip" tabIndex={-1} aria-label={t("Drag {label}", { label })} onPointerDown={(event) => app.drag.prepare(event, { kind: "move", ids: store.state.selected })} onClick={() => app.focusRow(id)}>
            <Icon name="grip" /> {label}
          </button>
        )}
        <span class="aice-toolbar__rule" />
        <IconButton icon="up" label={t("Move up")} keys="Alt+↑" disabled={locked} onClick={() => acts.moveUp()} />
        <IconButton icon="down" label={t("Move down")} keys="Alt+↓" disabled={locked} onClick={() => acts.moveDown()} />
        <IconButton icon="duplicate" label={t("Duplicate")} keys="Ctrl+D" onClick={() => acts.duplicate()} />
        <IconButton icon="trash" label={t("Remove")} keys="Delete" disabled={locked} onClick={() => acts.remove()} />
        <Menu label={t("More")} icon="more" class="aice-button--quiet" items={[
          { label: t("Move into the block before"), icon: "in", run: () => void acts.moveIn() },
          { label: t("Move out"), icon: "out", run: () => void acts.moveOut() },
          { label: t("Copy"), icon: "copy", run: () => app.copy() },
          { label: t("Cut"), icon: "copy", off: locked, run: () => app.copy(true) },
          { label: t("Paste after it"), icon: "copy", run: () => void app.pasteAfter() },
          { label: t("Save as a pattern"), icon: "pattern", run: () => store.set({ dialog: "pattern" }) },
          { label: t("Comment on it"), icon: "comment", run: () => store.set({ panel: "comments", showPanel: true }) },
          app.boot.urls.generate ? { label: t("Write with AI"), icon: "spark", run: () => store.set({ panel: "assist", showPanel: true }) } : null,
        ]} />
      </div>
    </At>
  );
}

function Reviewed({ id, mark, rect }: { id: string; mark: string; rect: Rect }) {
  const app = useApp();
  const { review } = app.store.state;
  const words: Record<string, string> = { added: t("New"), changed: t("Changed"), removed: t("Removed"), stale: t("Out of date") };
  return (
    <>
      <At {...rect} class={`aice-frame aice-frame--${mark}`} />
      <At x={Math.max(4, rect.x)} y={chipY(rect)} class={`aice-chip aice-chip--${mark}`}>
        <span>{words[mark]}</span>
        {review?.proposal && mark !== "stale" && (
          <>
            <IconButton icon="check" label={t("Accept this change")} onClick={() => void app.assist.accept([id])} />
            <IconButton icon="close" label={t("Reject this change")} onClick={() => void app.assist.reject([id])} />
          </>
        )}
      </At>
    </>
  );
}
