// A host's own field: a custom element named after the schema's x-widget. It has `value`, `schema` and `label`, and fires "change".

import { useEffect, useRef } from "preact/hooks";
import { h } from "preact";
import type { InputProps } from "./field";
import { elementName } from "./schema";

export function CustomField({ id, shape, value, described, set, label }: InputProps) {
  const element = useRef<HTMLElement & { value?: unknown; schema?: unknown; label?: string }>(null);
  const setter = useRef(set);
  setter.current = set;
  useEffect(() => {
    const field = element.current!;
    const change = (event: Event) => {
      event.stopPropagation();
      setter.current((event as CustomEvent).detail?.value ?? (field.value as never));
    };
    field.addEventListener("change", change);
    return () => field.removeEventListener("change", change);
  }, []);
  useEffect(() => {
    const field = element.current!;
    field.schema = shape.schema;
    field.label = label;
    field.value = value;
  }, [value, shape.schema, label]);
  return h(elementName(shape.widget), { id, ref: element, "aria-labelledby": `${id}-label`, ...described } as never);
}
