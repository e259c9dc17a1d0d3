// The kinds of text that the server's sanitiser lets through, as TipTap knows them. What has no kind of its own is kept as it is.

import { Extension, Mark, Node, type Extensions } from "@tiptap/core";
import { Blockquote } from "@tiptap/extension-blockquote";
import { Bold } from "@tiptap/extension-bold";
import { Code } from "@tiptap/extension-code";
import { CodeBlock } from "@tiptap/extension-code-block";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Heading } from "@tiptap/extension-heading";
import { HorizontalRule } from "@tiptap/extension-horizontal-rule";
import { Italic } from "@tiptap/extension-italic";
import { Link } from "@tiptap/extension-link";
import { BulletList, ListItem, OrderedList } from "@tiptap/extension-list";
import { Paragraph } from "@tiptap/extension-paragraph";
import { Strike } from "@tiptap/extension-strike";
import { Text } from "@tiptap/extension-text";
import { Underline } from "@tiptap/extension-underline";
import { UndoRedo } from "@tiptap/extensions";

const GLOBAL = ["id", "dir", "lang", "title"];

function attributes(names: readonly string[]) {
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        default: null,
        parseHTML: (element: HTMLElement) => element.getAttribute(name),
        renderHTML: (values: Record<string, unknown>) => (values[name] == null ? {} : { [name]: values[name] }),
      },
    ]),
  );
}

/** Marks that only have a tag, such as sub and kbd. */
function plainMark(tag: string, own: readonly string[] = []): Mark {
  return Mark.create({
    name: `tag_${tag}`,
    excludes: "",
    addAttributes: () => attributes([...GLOBAL, ...own]),
    parseHTML: () => [{ tag }],
    renderHTML: ({ HTMLAttributes }) => [tag, HTMLAttributes, 0],
  });
}

const MARKS: Record<string, string[]> = {
  abbr: [],
  bdi: [],
  bdo: [],
  cite: [],
  data: ["value"],
  del: ["cite", "datetime"],
  dfn: [],
  ins: ["cite", "datetime"],
  kbd: [],
  mark: [],
  q: ["cite"],
  samp: [],
  small: [],
  span: [],
  sub: [],
  sup: [],
  time: ["datetime"],
  var: [],
};

/** An element that is shown, moved and removed as a whole, and comes out as it went in. */
function keptNode(name: string, tags: readonly string[], inline: boolean): Node {
  return Node.create({
    name,
    group: inline ? "inline" : "block",
    inline,
    atom: true,
    addAttributes: () => ({ html: { default: "", rendered: false } }),
    parseHTML: () =>
      tags.map((tag) => ({ tag, priority: 80, getAttrs: (element: HTMLElement) => ({ html: element.outerHTML }) })),
    renderHTML: ({ node }) => {
      const template = document.createElement("template");
      template.innerHTML = String(node.attrs.html);
      return (template.content.firstElementChild ?? document.createElement(inline ? "span" : "div")) as HTMLElement;
    },
  });
}

const Shared = Extension.create({
  name: "shared",
  addGlobalAttributes: () => [
    { types: ["paragraph", "heading", "listItem", "blockquote"], attributes: attributes([...GLOBAL, "class"]) },
    { types: ["bulletList", "orderedList", "codeBlock"], attributes: attributes(GLOBAL) },
    { types: ["listItem"], attributes: attributes(["value"]) },
    { types: ["orderedList"], attributes: attributes(["reversed"]) },
  ],
});

const InlineDocument = Document.extend({ content: "inline*" });

export function extensions(inline: boolean): Extensions {
  const common: Extensions = [
    Text,
    Bold,
    Italic,
    Underline,
    Strike,
    Code.extend({ excludes: "" }),
    HardBreak,
    UndoRedo,
    Link.configure({ openOnClick: false, autolink: true, linkOnPaste: false, HTMLAttributes: { target: null, rel: null, class: null } }),
    keptNode("keptInline", ["img", "ruby", "wbr"], true),
    ...Object.entries(MARKS).map(([tag, own]) => plainMark(tag, own)),
  ];
  if (inline) return [InlineDocument, ...common];
  return [
    Document,
    Paragraph,
    Heading.configure({ levels: [1, 2, 3, 4, 5, 6] }),
    BulletList,
    OrderedList,
    ListItem,
    Blockquote,
    CodeBlock,
    HorizontalRule,
    Shared,
    keptNode("kept", ["table", "figure", "details", "dl", "div", "ul[data-type]"], false),
    ...common,
  ];
}
