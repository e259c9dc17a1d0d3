// One field of a form, whatever its schema asks for.

import { useId, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { FieldError, Json, Path, Schema } from "../model/types";
import { focusFirst } from "../parts/app";
import { IconButton } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { t } from "../parts/words";
import { AssetField } from "./asset";
import { CustomField } from "./custom";
import { LinkField } from "./link";
import { RichField } from "./rich";
import { blank, resolved, shapeOf, type FieldShape } from "./schema";
import { TableField } from "./table";

export interface FieldProps {
  name: string;
  schema: Schema;
  root: Schema;
  value: Json | undefined;
  path: Path;
  required?: boolean;
  errors: FieldError[];
  /** undefined takes the value away: the default counts again. */
  onChange: (value: Json | undefined, path: Path) => void;
  /** The whole object that the field is part of, for those that look at a neighbour. */
  siblings?: Record<string, Json>;
  /** Said before labels of items, so that each control has a name of its own. */
  prefix?: string;
}

export interface InputProps {
  id: string;
  shape: FieldShape;
  value: Json | undefined;
  described: { "aria-describedby"?: string; "aria-invalid"?: "true" };
  set: (value: Json | undefined) => void;
  props: FieldProps;
  label: string;
}

const here = (errors: FieldError[], path: Path) => errors.filter(({ loc }) => loc.length === path.length && path.every((step, at) => String(step) === loc[at]));

export function Field(props: FieldProps) {
  const { name, schema, root, path, errors, onChange } = props;
  const id = useId();
  const shape = shapeOf(schema, root, name, props.required);
  const value = props.value === undefined ? (shape.schema.default as Json | undefined) : props.value;
  const own = here(errors, path);
  const label = props.prefix ? `${props.prefix}: ${shape.label}` : shape.label;
  const ids = [shape.help && `${id}-help`, own.length && `${id}-error`].filter(Boolean).join(" ");
  const input: InputProps = {
    id,
    shape,
    value,
    described: { ...(ids ? { "aria-describedby": ids } : {}), ...(own.length ? { "aria-invalid": "true" as const } : {}) },
    set: (wanted) => onChange(wanted, path),
    props,
    label,
  };
  const extras = (
    <>
      {shape.help && <p class="aice-help" id={`${id}-help`}>{shape.help}</p>}
      {own.length > 0 && (
        <p class="aice-error" id={`${id}-error`}>
          <Icon name="warn" /> {own.map(({ msg }) => msg).join(" ")}
        </p>
      )}
    </>
  );
  const wide = GROUPS[shape.kind];
  if (wide) {
    const Group = wide;
    return (
      <fieldset class="aice-field aice-field--group" data-name={path.join(".")} aria-describedby={ids || undefined}>
        <legend>{shape.label}</legend>
        <Group {...input} />
        {extras}
      </fieldset>
    );
  }
  if (shape.kind === "boolean") {
    return (
      <div class="aice-field aice-field--check" data-name={path.join(".")}>
        <input id={id} type="checkbox" checked={value === true} {...input.described} onChange={(event) => input.set(event.currentTarget.checked)} />
        <label for={id}>{shape.label}</label>
        {extras}
      </div>
    );
  }
  const Input = INPUTS[shape.kind] ?? TextInput;
  const most = shape.schema.maxLength as number | undefined;
  const counted = typeof value === "string" && most && ["text", "lines"].includes(shape.kind) && value.length > most * 0.8;
  return (
    <div class="aice-field" data-name={path.join(".")}>
      <label for={id} id={`${id}-label`}>
        {props.prefix ? <span class="aice-hidden">{props.prefix}: </span> : null}
        {shape.label}
        {shape.required && <span class="aice-required" aria-hidden="true"> *</span>}
        {counted && <span class="aice-count">{(value as string).length} / {most}</span>}
      </label>
      <Input {...input} />
      {extras}
    </div>
  );
}

/** Emptied, a text that may be missing is missing. */
function textValue(text: string, shape: FieldShape): Json | undefined {
  return text === "" && shape.nullable ? null : text;
}

function TextInput({ id, shape, value, described, set }: InputProps) {
  const types: Record<string, string> = { date: "date", time: "time", "date-time": "datetime-local", email: "email", color: "color" };
  const type = types[shape.kind] ?? "text";
  const shown = typeof value === "string" ? (type === "datetime-local" ? value.slice(0, 16) : value) : "";
  return (
    <input id={id} type={type} value={shown} placeholder={shape.schema["x-placeholder"]} {...described} required={false} onInput={(event) => set(textValue(event.currentTarget.value, shape))} />
  );
}

function LinesInput({ id, shape, value, described, set }: InputProps) {
  const text = typeof value === "string" ? value : "";
  const rows = Math.min(16, Math.max(3, text.split("\n").length + 1, Math.ceil(text.length / 38)));
  return (
    <textarea id={id} rows={rows} class={shape.kind === "code" ? "aice-code" : ""} spellcheck={shape.kind !== "code"} value={text} {...described} onInput={(event) => set(textValue(event.currentTarget.value, shape))} />
  );
}

function NumberInput({ id, shape, value, described, set }: InputProps) {
  // What is being typed may be no number yet; only numbers are written.
  const [typed, type] = useState<string | null>(null);
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = shape.schema;
  return (
    <input
      id={id}
      type="number"
      inputMode={shape.schema.type === "integer" ? "numeric" : "decimal"}
      min={minimum ?? exclusiveMinimum}
      max={maximum ?? exclusiveMaximum}
      step={multipleOf ?? (shape.schema.type === "integer" ? 1 : "any")}
      value={typed ?? (typeof value === "number" ? String(value) : "")}
      {...described}
      onInput={(event) => {
        const { value: text, valueAsNumber: number } = event.currentTarget;
        type(text);
        if (Number.isFinite(number)) set(shape.schema.type === "integer" ? Math.trunc(number) : number);
        else if (text === "" && shape.nullable) set(null);
      }}
      onBlur={() => type(null)}
    />
  );
}

function ChoiceInput({ id, shape, value, described, set, props }: InputProps) {
  const options = shape.nullable && !shape.options.some((option) => option.value === null) ? [{ value: null, label: "—" }, ...shape.options] : shape.options;
  const missing = value !== undefined && !options.some((option) => option.value === value);
  if (options.length <= 3 && !missing && options.every(({ label }) => label.length <= 14)) {
    return (
      <div class="aice-radios" role="radiogroup" aria-labelledby={`${id}-label`} {...described}>
        {options.map((option, at) => (
          <label key={at}>
            <input type="radio" id={at === 0 ? id : undefined} name={`${id}-choice`} checked={option.value === value} onChange={() => set(option.value)} />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    );
  }
  const at = options.findIndex((option) => option.value === value);
  return (
    <select id={id} value={String(at)} {...described} data-path={props.path.join(".")} onChange={(event) => {
      const chosen = options[Number(event.currentTarget.value)];
      if (chosen) set(chosen.value);
    }}>
      {at < 0 && <option value="-1">{value === undefined || value === null ? "" : String(value)}</option>}
      {options.map((option, index) => <option key={index} value={String(index)}>{option.label}</option>)}
    </select>
  );
}

function JsonInput({ id, value, described, set }: InputProps) {
  const [typed, type] = useState<string | null>(null);
  const [bad, fail] = useState(false);
  return (
    <>
      <textarea id={id} class="aice-code" rows={6} spellcheck={false} value={typed ?? JSON.stringify(value ?? null, null, 2)} {...described}
        onInput={(event) => {
          const text = event.currentTarget.value;
          type(text);
          try {
            set(JSON.parse(text));
            fail(false);
          } catch {
            fail(true);
          }
        }}
        onBlur={() => !bad && type(null)} />
      {bad && <p class="aice-error">{t("This is no JSON yet; it is written once it is.")}</p>}
    </>
  );
}

function ReadOnlyInput({ id, value }: InputProps) {
  return <output id={id} class="aice-output">{String(value ?? "—")}</output>;
}

// Groups

export function ObjectFields({ schema, root, value, path, errors, onChange, prefix }: { schema: Schema; root: Schema; value: Record<string, Json>; path: Path; errors: FieldError[]; onChange: FieldProps["onChange"]; prefix?: string }) {
  const required = new Set<string>(schema.required ?? []);
  return (
    <>
      {Object.entries<Schema>(schema.properties ?? {}).map(([name, field]) => (
        <Field key={name} name={name} schema={field} root={root} value={value[name]} path={[...path, name]} required={required.has(name)} errors={errors} onChange={onChange} siblings={value} {...(prefix ? { prefix } : {})} />
      ))}
    </>
  );
}

function ObjectGroup({ shape, value, set, props, label }: InputProps) {
  const there = typeof value === "object" && value !== null && !Array.isArray(value);
  const [open, show] = useState(there || props.path.length < 3);
  const inner = open || there;
  return (
    <>
      {shape.nullable && (
        <label class="aice-field--check">
          <input type="checkbox" checked={there} onChange={(event) => {
            show(event.currentTarget.checked);
            set(event.currentTarget.checked ? blank({ ...shape.schema, default: undefined }, props.root) : null);
          }} />
          <span>{t("Set {label}", { label: shape.label })}</span>
        </label>
      )}
      {(there || !shape.nullable) && inner && (
        <ObjectFields schema={shape.schema} root={props.root} value={there ? (value as Record<string, Json>) : {}} path={props.path} errors={props.errors} onChange={props.onChange} prefix={label} />
      )}
      {!inner && !shape.nullable && <button type="button" class="aice-button" onClick={() => show(true)}>{t("Open")}</button>}
    </>
  );
}

function ListGroup({ shape, value, set, props }: InputProps) {
  const items = Array.isArray(value) ? value : [];
  const box = useRef<HTMLOListElement>(null);
  const schema: Schema = shape.schema.items ?? {};
  const { minItems = 0, maxItems = Infinity } = shape.schema;
  const focus = (at: number) => focusFirst(() => box.current?.children[at]);
  const swap = (from: number, to: number) => {
    const next = [...items];
    next.splice(to, 0, next.splice(from, 1)[0]!);
    set(next);
  };
  const itemLabel = resolved(schema, props.root).title ?? t("Item");
  return (
    <>
      <ol class="aice-list" ref={box}>
        {items.map((item, at) => {
          const label = t("{label} {n}", { label: itemLabel, n: at + 1 });
          return (
            <li key={at} class="aice-list__item">
              <div class="aice-list__body">
                <Field name={label} schema={{ ...resolved(schema, props.root), title: label }} root={props.root} value={item} path={[...props.path, at]} errors={props.errors} onChange={props.onChange} />
              </div>
              <div class="aice-list__tools">
                <IconButton icon="up" label={t("Move {label} up", { label })} disabled={at === 0} onClick={() => swap(at, at - 1)} />
                <IconButton icon="down" label={t("Move {label} down", { label })} disabled={at === items.length - 1} onClick={() => swap(at, at + 1)} />
                <IconButton icon="trash" label={t("Remove {label}", { label })} disabled={items.length <= minItems && !props.errors.length && minItems > 1} onClick={() => set(items.filter((_one, index) => index !== at))} />
              </div>
            </li>
          );
        })}
      </ol>
      <button type="button" class="aice-button" disabled={items.length >= maxItems} onClick={() => { set([...items, blank(schema, props.root)]); focus(items.length); }}>
        <Icon name="add" /> {t("Add to {label}", { label: shape.label })}
      </button>
    </>
  );
}

function ChoicesGroup({ shape, value, set, props }: InputProps) {
  const chosen = Array.isArray(value) ? value : [];
  const { options } = shapeOf(shape.schema.items, props.root, "");
  if (!options.length) return <p class="aice-help">{t("There is nothing to choose from yet.")}</p>;
  return (
    <div class="aice-checks">
      {options.map((option, at) => (
        <label key={at} class="aice-field--check">
          <input type="checkbox" checked={chosen.includes(option.value)} onChange={(event) => set(event.currentTarget.checked ? [...chosen, option.value] : chosen.filter((one) => one !== option.value))} />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}

function VariantsGroup({ shape, value, set, props, id }: InputProps) {
  const kept = useRef(new Map<number, Json>());
  const tag = shape.schema.discriminator?.propertyName as string | undefined;
  const fits = (variant: Schema) => {
    if (tag) return resolved(variant.properties?.[tag] ?? {}, props.root).const === (value as any)?.[tag];
    const type = value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
    return variant.type === type || (variant.type === "number" && type === "integer");
  };
  const at = Math.max(0, shape.variants.findIndex(fits));
  const variant = shape.variants[at]!;
  return (
    <>
      <label for={`${id}-variant`} class="aice-hidden">{t("Kind of {label}", { label: shape.label })}</label>
      <select id={`${id}-variant`} value={String(at)} onChange={(event) => {
        const next = Number(event.currentTarget.value);
        if (value !== undefined) kept.current.set(at, value);
        set(kept.current.get(next) ?? blank({ ...shape.variants[next], default: undefined }, props.root));
      }}>
        {shape.variants.map((one, index) => <option key={index} value={String(index)}>{one.title ?? one.type}</option>)}
      </select>
      <Field {...props} name={variant.title ?? shape.label} schema={variant} />
    </>
  );
}

type InputComponent = (props: InputProps) => ComponentChildren;
const INPUTS: Record<string, InputComponent> = {
  lines: LinesInput, code: LinesInput, number: NumberInput, choice: ChoiceInput, json: JsonInput, readonly: ReadOnlyInput,
  asset: AssetField, page: LinkField, url: LinkField, rich: RichField, inline: RichField, custom: CustomField,
};
const GROUPS: Record<string, InputComponent> = { object: ObjectGroup, list: ListGroup, choices: ChoicesGroup, variants: VariantsGroup, table: TableField };
