// From JSON Schema, as Pydantic writes it, to a field that can be shown.

import type { Json, Schema } from "../model/types";

export type Kind =
  | "text" | "lines" | "code" | "rich" | "inline" | "number" | "boolean" | "choice" | "list" | "choices" | "object" | "variants"
  | "date" | "time" | "date-time" | "email" | "url" | "asset" | "page" | "color" | "table" | "json" | "custom" | "readonly";

export interface FieldShape {
  kind: Kind;
  schema: Schema;
  label: string;
  help: string;
  nullable: boolean;
  required: boolean;
  widget: string;
  options: { value: Json; label: string }[];
  variants: Schema[];
}

/** Follow a reference, keeping what stands beside it; of `allOf` with one part that part. */
export function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let step = 0; step < 20; step++) {
    if (found.$ref) {
      const { $ref, ...rest } = found;
      found = { ...(root.$defs?.[String($ref).split("/").pop()!] ?? {}), ...rest };
    } else if (found.allOf?.length === 1) {
      const { allOf, ...rest } = found;
      found = { ...allOf[0], ...rest };
    } else break;
  }
  return found;
}

const FORMATS: Record<string, Kind> = { date: "date", time: "time", "date-time": "date-time", email: "email", color: "color", uri: "url" };
const WIDGETS: Record<string, Kind> = {
  textarea: "lines", code: "code", richtext: "rich", "inline-richtext": "inline", url: "url", asset: "asset", "page-ref": "page", table: "table", json: "json", color: "color",
};

export function shapeOf(schema: Schema, root: Schema, name: string, required = false): FieldShape {
  let at = resolved(schema, root);
  let nullable = false;
  let variants: Schema[] = [];
  const union: Schema[] | undefined = at.anyOf ?? at.oneOf;
  if (union) {
    const parts = union.map((part) => resolved(part, root));
    nullable = parts.some((part) => part.type === "null");
    const others = parts.filter((part) => part.type !== "null");
    const { anyOf: _any, oneOf: _one, ...rest } = at;
    if (others.length === 1) at = { ...others[0], ...rest };
    else variants = others;
  }
  if (Array.isArray(at.type)) {
    nullable ||= at.type.includes("null");
    at = { ...at, type: at.type.find((type: string) => type !== "null") };
  }
  const widget = String(at["x-widget"] ?? "");
  const values: Json[] | undefined = at.enum ?? (at.const !== undefined ? [at.const] : undefined);
  const labels = at["x-labels"] ?? {};
  const options = (values ?? []).map((value) => ({ value, label: value === null ? "—" : String(labels[String(value)] ?? (value === "" ? "—" : value)) }));
  const label = String(at.title ?? name.replace(/_/g, " "));
  const shape = { schema: at, label, help: String(at.description ?? ""), nullable, required, widget, options, variants };
  return { ...shape, kind: kindOf(at, widget, options.length > 0, variants, root) };
}

function kindOf(at: Schema, widget: string, choice: boolean, variants: Schema[], root: Schema): Kind {
  if (widget && customElements.get(elementName(widget))) return "custom";
  if (at.readOnly) return "readonly";
  if (choice) return "choice";
  if (WIDGETS[widget]) return WIDGETS[widget];
  if (variants.length) return "variants";
  if (at.type === "boolean") return "boolean";
  if (at.type === "integer" || at.type === "number") return "number";
  if (at.type === "array") return resolved(at.items ?? {}, root).enum && at.uniqueItems ? "choices" : at.items ? "list" : "json";
  if (at.type === "object") return at.properties ? "object" : "json";
  if (at.type === "string") return FORMATS[at.format] ?? "text";
  return "json";
}

/** The name of the custom element that shows a widget. */
export function elementName(widget: string): string {
  return widget.includes("-") ? widget : `ai-cms-${widget}`;
}

/** A value to begin with. */
export function blank(schema: Schema, root: Schema): Json {
  const at = resolved(schema, root);
  if (at.default !== undefined) return structuredClone(at.default);
  const shape = shapeOf(at, root, "");
  if (shape.nullable) return null;
  if (shape.options.length) return shape.options[0]!.value;
  if (at.type === "array") return [];
  if (at.type === "object") {
    return Object.fromEntries(
      Object.entries<Schema>(at.properties ?? {})
        .filter(([name]) => (at.required ?? []).includes(name))
        .map(([name, field]) => [name, blank(field, root)]),
    );
  }
  if (at.type === "boolean") return false;
  if (at.type === "integer" || at.type === "number") return at.minimum ?? 0;
  return "";
}
