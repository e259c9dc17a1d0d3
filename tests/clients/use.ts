// What an author of a TypeScript client writes; `tsc --strict` must accept all of it and refuse what is marked.
import type { components, paths } from "./api";

type Block = components["schemas"]["Block"];
type Operation = components["schemas"]["Operation"];
type PublishedBlock = components["schemas"]["PublishedBlock"];
type Content = paths["/api/content/{id}/"]["get"]["responses"]["200"]["content"]["application/json"];

// Written: props that have a default may be left out.
export const heading: Block = { type: "heading", props: { text: "Bread" } };
export const columns: Block = {
  type: "columns",
  children: [{ type: "column", children: [{ type: "rich_text", props: { html: "<p>Flour</p>" } }] }],
};
export const insert: Operation = { op: "insert", block: heading, after: null };

// @ts-expect-error: there is no such block
export const nonsense: Block = { nonsense: 1 };
// @ts-expect-error: the text of a heading is a string
export const wrong: Block = { type: "heading", props: { text: 5 } };
// @ts-expect-error: a column stands in columns alone
export const misplaced: Block = { type: "column" };
// @ts-expect-error: an insert needs a block
export const empty: Operation = { op: "insert" };

// Read: the type says which block it is.
export function text(block: PublishedBlock): string {
  switch (block.type) {
    case "heading": {
      const level: number = block.props.level ?? 2;
      return "#".repeat(level) + " " + block.props.text;
    }
    case "rich_text":
      return block.props.html ?? "";
    case "columns":
      return (block.children ?? []).flatMap((column) => column.children ?? []).map(text).join("\n");
    default:
      // @ts-expect-error: a heading was narrowed away
      return block.type === "heading" ? block.id : "";
  }
}

export function page(content: Content): string {
  return content.content_json.map(text).join("\n\n");
}
