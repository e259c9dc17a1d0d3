// The form of the chosen block, made from its JSON Schema.

import { useMemo } from "preact/hooks";
import { find, isLocked, withValue } from "../model/document";
import type { FieldError, Json, Path, Props } from "../model/types";
import { ObjectFields } from "../fields/field";
import { useApp, useStore } from "../parts/app";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";

const NONE: FieldError[] = [];

export function BlockPanel() {
  const app = useApp();
  const { store } = app;
  const id = useStore((state) => state.selected.at(-1) ?? null);
  const several = useStore((state) => state.selected.length);
  const block = useStore((state) => find(state.doc, id));
  const errors = useStore((state) => (id && state.errors[id]) || NONE);
  const type = block && store.rules.types.get(block.type);
  const change = useMemo(
    () => (value: Json | undefined, path: Path) => {
      const now = find(store.state.doc, id);
      if (now) store.update(now.id, withValue(now.props, path, value) as Props, path.join("."));
    },
    [id],
  );
  if (!block) {
    return (
      <div class="aice-empty">
        <p>{t("Choose a block on the page or in the list to change it, or add one.")}</p>
        <button type="button" class="aice-button aice-button--main" onClick={() => app.add(app.acts.placeAfter(null), "canvas")}><Icon name="add" /> {t("Add a block")}</button>
      </div>
    );
  }
  if (!type) return <p class="aice-empty">{t("This site does not know blocks of the type “{type}”. It stays as it is, and can be moved or removed.", { type: block.type })}</p>;
  const own = errors.filter(({ loc }) => loc.length === 0 || loc[0] === "children");
  return (
    <form class="aice-form" key={block.id} data-block={block.id} onSubmit={(event) => event.preventDefault()} onKeyDown={(event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        app.focusRow(block.id);
      }
    }}>
      <h2 class="aice-form__title"><Icon name={type.icon} /> {type.label}{several > 1 && <small> {t("(last of {n} chosen)", { n: several })}</small>}</h2>
      {typeof block.meta?.placeholder === "string" && <p class="aice-help">{block.meta.placeholder}</p>}
      {isLocked(block) && <p class="aice-help"><Icon name="lock" /> {t("This block is locked.")}</p>}
      {own.map(({ msg }) => <p key={msg} class="aice-error"><Icon name="warn" /> {msg}</p>)}
      <fieldset class="aice-form__all" disabled={isLocked(block)}>
        <ObjectFields schema={type.schema} root={type.schema} value={block.props} path={[]} errors={errors} onChange={change} />
      </fieldset>
      {!Object.keys(type.schema.properties ?? {}).length && <p class="aice-help">{t("There is nothing to set here; what counts is what stands inside.")}</p>}
    </form>
  );
}
