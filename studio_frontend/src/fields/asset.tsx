// A picture or file: found in the library, uploaded, or named by its address.

import { useId, useRef, useState } from "preact/hooks";
import type { Props } from "../model/types";
import { useApp } from "../parts/app";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import { Refusal } from "../saving/http";
import type { InputProps } from "./field";
import { useFound } from "./link";

interface Asset {
  id: number;
  kind: "image" | "file";
  title: string;
  name: string;
  reference: string;
  url: string;
  thumbnail: string | null;
  alt: string | null;
  width: number | null;
  height: number | null;
}

const known = new Map<string, Asset>();

export function AssetField({ id, shape, value, described, set, props, label }: InputProps) {
  const app = useApp();
  const [open, show] = useState(false);
  const text = typeof value === "string" ? value : "";
  const isImage = /image|picture|poster|src/i.test(`${props.name}`) || /image/i.test(String(shape.schema.title ?? ""));
  const asset = known.get(text);
  const shown = asset?.thumbnail ?? (isImage && /^(\/|https?:)/.test(text) ? text : null);
  const choose = (found: Asset) => {
    known.set(found.reference, found);
    show(false);
    set(found.reference);
    // A picture that has been described is not described again.
    const alt = altName(props.name, props.siblings);
    if (alt && found.alt && !props.siblings?.[alt]) props.onChange(found.alt, [...props.path.slice(0, -1), alt]);
  };
  return (
    <div class="aice-asset">
      {text && (
        <div key="shown" class="aice-asset__shown">
          {shown ? <img src={shown} alt="" /> : <Icon name={isImage ? "image" : "file"} />}
          <span>{asset?.title || asset?.name || text}</span>
        </div>
      )}
      <div key="pick" class="aice-pick">
        {app.boot.urls.assets && (
          <button key="choose" type="button" class="aice-button" onClick={() => show(true)}>
            <Icon name="image" /> {text ? t("Change") : t("Choose or upload")}<span class="aice-hidden"> {label}</span>
          </button>
        )}
        {text && <button type="button" class="aice-button" onClick={() => set(shape.nullable ? null : "")}>{t("Clear")}<span class="aice-hidden"> {label}</span></button>}
      </div>
      <details class="aice-asset__address" open={!app.boot.urls.assets}>
        <summary>{t("Address")}</summary>
        <input id={id} type="text" value={text} aria-label={t("Address of {label}", { label })} {...described} onInput={(event) => set(event.currentTarget.value)} />
      </details>
      {open && <AssetDialog image={isImage} onChoose={choose} onClose={() => show(false)} />}
    </div>
  );
}

/** The field beside a picture that holds its alternative text. */
function altName(name: string, siblings: Props | undefined): string | null {
  const names = name === "src" ? ["alt"] : [name.replace(/_url$/, "") + "_alt"];
  return names.find((one) => siblings && (one in siblings || one === "alt")) ?? names[0] ?? null;
}

export function AssetDialog({ image, onChoose, onClose }: { image: boolean; onChoose: (asset: Asset) => void; onClose: () => void }) {
  const app = useApp();
  const [words, type] = useState("");
  const [busy, work] = useState(false);
  const [problem, fail] = useState("");
  const [over, drag] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const kind = image ? "&kind=image" : "";
  const found = useFound<Asset>((text) => `${app.boot.urls.assets}?page_size=40${kind}${text ? `&search=${encodeURIComponent(text)}` : ""}`, words);
  const upload = async (file: File | undefined) => {
    if (!file) return;
    work(true);
    fail("");
    const form = new FormData();
    form.append("file", file);
    try {
      onChoose(await app.http.json<Asset>(app.boot.urls.assets!, { method: "POST", form }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      fail(error.kind === "offline" ? t("The server cannot be reached. Try again.") : error.message);
    } finally {
      work(false);
    }
  };
  return (
    <Dialog title={image ? t("Choose a picture") : t("Choose a file")} wide onClose={onClose}>
      <div
        class={`aice-assets${over ? " aice-assets--over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          drag(true);
        }}
        onDragLeave={() => drag(false)}
        onDrop={(event) => {
          event.preventDefault();
          drag(false);
          void upload(event.dataTransfer?.files[0]);
        }}
        onPaste={(event) => event.clipboardData?.files.length && void upload(event.clipboardData.files[0])}
      >
        <div class="aice-assets__head">
          <label for={id} class="aice-hidden">{t("Find")}</label>
          <input id={id} data-focus type="search" placeholder={t("Find by name, title or words")} value={words} onInput={(event) => type(event.currentTarget.value)} />
          <button type="button" class="aice-button aice-button--main" disabled={busy} onClick={() => input.current?.click()}>
            <Icon name="upload" /> {busy ? t("Uploading …") : t("Upload")}
          </button>
          <input ref={input} type="file" hidden accept={image ? "image/*" : undefined} aria-label={t("File to upload")} onChange={(event) => void upload(event.currentTarget.files?.[0])} />
        </div>
        {problem && <p class="aice-error" role="alert">{problem}</p>}
        {found && !found.length && <p class="aice-empty">{words ? t("Nothing has these words.") : t("The library is empty. Upload the first one, or drop it here.")}</p>}
        <ul class="aice-assets__grid">
          {(found ?? []).map((asset) => (
            <li key={asset.id}>
              <button type="button" onClick={() => onChoose(asset)} title={asset.name}>
                {asset.thumbnail || asset.kind === "image" ? <img src={asset.thumbnail ?? asset.url} alt={asset.alt ?? ""} loading="lazy" /> : <Icon name="file" />}
                <span>{asset.title || asset.name}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}
