// The page's own settings: title, address, what search engines and social networks show, language, and what its type adds.

import { useId, useState } from "preact/hooks";
import type { FieldError, Json, Path, Schema } from "../model/types";
import { withValue } from "../model/document";
import { Field } from "../fields/field";
import { useApp, useStore } from "../parts/app";
import { t } from "../parts/words";

export function PagePanel() {
  const app = useApp();
  const { boot, store } = app;
  const values = useStore((state) => state.fields);
  const problems = useStore((state) => state.fieldErrors);
  const { shared, own, type } = boot.fields;
  const errors: FieldError[] = Object.entries(problems).flatMap(([name, found]) => found.map((msg) => ({ loc: [name], type: "invalid", msg })));
  const set = (value: Json | undefined, path: Path) => {
    const [name, ...rest] = path;
    store.setField(String(name), withValue(store.state.fields[name!], rest, value));
  };
  const field = (name: string, schema: Schema | undefined) =>
    schema && <Field key={name} name={name} schema={schema} root={schema} value={values[name]} path={[name]} errors={errors} onChange={set} siblings={values} />;
  const named = Object.keys(own);
  return (
    <form class="aice-form" onSubmit={(event) => event.preventDefault()}>
      {field("title", shared.title)}
      {!boot.root && <Slug errors={problems.slug ?? []} />}
      {field("in_menus", shared.in_menus)}
      {named.length > 0 && (
        <section>
          <h2>{type}</h2>
          {named.map((name) => field(name, own[name]))}
        </section>
      )}
      <section>
        <h2>{t("Search engines and sharing")}</h2>
        {field("seo_title", shared.seo_title)}
        {field("seo_description", shared.seo_description)}
        <Field name="image" schema={{ type: "string", title: t("Picture where the page is shared"), "x-widget": "asset" }} root={{}} value={(values.metadata as Record<string, Json> | undefined)?.image} path={["metadata", "image"]} errors={errors} onChange={set} />
        <Cards />
      </section>
      <section>
        <h2>{t("More")}</h2>
        {field("locale", shared.locale)}
        <Tags name="tags" label={t("Tags")} />
        <Tags name="categories" label={t("Categories")} />
      </section>
    </form>
  );
}

function Slug({ errors }: { errors: string[] }) {
  const { store } = useApp();
  const slug = useStore((state) => String(state.fields.slug ?? ""));
  const live = useStore((state) => state.status.live);
  const path = useStore((state) => state.status.path);
  const [typed, type] = useState<string | null>(null);
  const id = useId();
  const changed = typed !== null && typed.trim() !== "" && typed !== slug;
  const parent = path.replace(/[^/]+\/$/, "");
  return (
    <div class="aice-field" data-name="slug">
      <label for={id}>{t("Address")}</label>
      <div class="aice-pick">
        <span class="aice-slug">{parent}</span>
        <input id={id} type="text" value={typed ?? slug} aria-describedby={`${id}-help`} aria-invalid={errors.length ? "true" : undefined} onInput={(event) => type(event.currentTarget.value)} />
      </div>
      {changed && (
        <div class="aice-pick">
          <button type="button" class="aice-button aice-button--main" onClick={() => { store.setField("slug", typed.trim()); type(null); }}>{t("Change the address")}</button>
          <button type="button" class="aice-button" onClick={() => type(null)}>{t("Leave it")}</button>
        </div>
      )}
      <p class="aice-help" id={`${id}-help`}>{live && changed ? t("The page is published: links to the old address will lead to the new one.") : t("The page's part of the address.")}</p>
      {errors.map((msg) => <p key={msg} class="aice-error">{msg}</p>)}
    </div>
  );
}

/** Words in the page's metadata, parted by commas. */
function Tags({ name, label }: { name: string; label: string }) {
  const { store } = useApp();
  const metadata = useStore((state) => state.fields.metadata) as Record<string, Json> | undefined;
  const value = metadata?.[name];
  const [typed, type] = useState<string | null>(null);
  const id = useId();
  if (value !== undefined && !Array.isArray(value)) return null;
  return (
    <div class="aice-field">
      <label for={id}>{label}</label>
      <input id={id} type="text" value={typed ?? (value ?? []).join(", ")} onInput={(event) => {
        const text = event.currentTarget.value;
        type(text);
        const words = text.split(",").map((word) => word.trim()).filter(Boolean);
        const { [name]: _old, ...rest } = metadata ?? {};
        store.setField("metadata", words.length ? { ...rest, [name]: words } : rest);
      }} onBlur={() => type(null)} />
      <p class="aice-help">{t("Parted by commas.")}</p>
    </div>
  );
}

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text;
}

/** The page as a search result and as a card in a social network. */
function Cards() {
  const { boot } = useApp();
  const values = useStore((state) => state.fields);
  const status = useStore((state) => state.status);
  const title = String(values.seo_title || values.title || "");
  const description = String(values.seo_description || "");
  const image = String((values.metadata as Record<string, Json> | undefined)?.image ?? "");
  return (
    <div class="aice-cards">
      <figure>
        <figcaption>{t("In search results")}</figcaption>
        <div class="aice-card aice-card--search">
          <span class="aice-card__host">{boot.site.host}{status.path}</span>
          <strong>{clip(title, 60) || t("No title yet")}</strong>
          <span>{clip(description, 160) || t("Without a description search engines take words of the page.")}</span>
        </div>
        <Length label={t("Title")} text={title} best={[15, 60]} />
        <Length label={t("Description")} text={description} best={[50, 160]} />
      </figure>
      <figure>
        <figcaption>{t("Where it is shared")}</figcaption>
        <div class="aice-card aice-card--social">
          {/^(\/|https?:)/.test(image) ? <img src={image} alt="" /> : <span class="aice-card__image">{image ? t("Picture of the library") : t("No picture")}</span>}
          <span class="aice-card__host">{boot.site.host}</span>
          <strong>{clip(title, 70)}</strong>
          <span>{clip(description, 120)}</span>
        </div>
      </figure>
    </div>
  );
}

function Length({ label, text, best: [least, most] }: { label: string; text: string; best: [number, number] }) {
  const { length } = text;
  const good = length >= least && length <= most;
  return (
    <p class={`aice-length${good ? " aice-length--good" : ""}`}>
      <meter min={0} max={most * 1.3} low={least} high={most} optimum={(least + most) / 2} value={length} aria-label={t("Length of the {label}", { label })} />
      {label}: {t("{n} characters", { n: length })} · {good ? t("good") : length < least ? t("short") : t("is cut off")}
    </p>
  );
}
