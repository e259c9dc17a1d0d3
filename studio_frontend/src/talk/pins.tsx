// On the page: a note at each block with open comments, and who else is at a block.

import { At } from "../canvas/at";
import type { Rect } from "../canvas/canvas";
import { useApp, useStore } from "../parts/app";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import { Face } from "./composer";
import { openByBlock, othersByBlock, type Person } from "./talk";

export function Pins({ rectOf, width }: { rectOf: (id: string) => Rect | null; width: number }) {
  const counts = openByBlock(useStore((state) => state.threads));
  const people = othersByBlock(useStore((state) => state.others));
  const ids = new Set([...counts.keys(), ...people.keys()]);
  return (
    <>
      {[...ids].map((id) => {
        const rect = id ? rectOf(id) : null;
        return rect && <Pin key={id} id={id} count={counts.get(id) ?? 0} people={people.get(id) ?? []} rect={rect} width={width} />;
      })}
    </>
  );
}

function Pin({ id, count, people, rect, width }: { id: string; count: number; people: Person[]; rect: Rect; width: number }) {
  const { store } = useApp();
  // At the block's outer edge, inside of the window.
  const room = 8 + people.length * 26 + (count ? 44 : 0);
  const rtl = document.dir === "rtl";
  const x = rtl ? Math.max(4, rect.x - 4) : Math.min(rect.x + rect.width + 4, width) - room;
  return (
    <>
      {people.length > 0 && <At {...rect} class="aice-frame aice-frame--other" />}
      <At x={x} y={Math.max(2, rect.y + 4)} class="aice-pin">
        {people.map((person) => <Face key={person.id} person={person} label={t("{name} is here", { name: person.name })} />)}
        {count > 0 && (
          <button type="button" class="aice-pin__notes" aria-label={t("Comments: {n}", { n: count })} title={t("Comments: {n}", { n: count })} onClick={() => {
            store.select([id]);
            store.set({ panel: "comments", showPanel: true, ...(innerWidth < 900 ? { showTree: false } : {}) });
          }}>
            <Icon name="comment" /> {count}
          </button>
        )}
      </At>
    </>
  );
}
