// What people type and what a block keeps of it: paragraphs of plain text as HTML, addresses with their scheme.

/** The elements that a text keeps, and those that other programs write. Whatever else stands in angle brackets was typed. */
const ELEMENTS = (
  "a abbr b bdi bdo blockquote br caption cite code col colgroup data dd del details dfn div dl dt em figcaption figure h1 h2 "
  + "h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup table tbody td tfoot th "
  + "thead time tr u ul var wbr "
  + "article aside big center font footer header iframe main nav script section strike style tt"
).replaceAll(" ", "|");
/** What makes a text HTML: a tag, such as <b>, </p> or <br/>; "a < b", "<ada@example.com>" and "List<String>" do not. */
const TAG = new RegExp(`</?(?:${ELEMENTS})(?:[\\s/][^<>]*)?>`, "i");
/** A tag that stands for lines of its own: whoever writes it sees to the paragraphs too. */
const BLOCK_TAG = /<\/?(?:p|div|h[1-6]|ul|ol|li|dl|dt|dd|blockquote|pre|table|hr|figure|section|article)\b/i;
/** "www.example.com", "example.com/path": a host that nobody means as a path of this site. */
const HOST = /^(?:www\.[^\s/?#.]+|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|biz|eu|io|dev|app|tv|be|de|fr|uk|us|ch|at|nl|it|es|pl|se|no|dk|fi|pt|ie|cz|ca|au|nz|jp|in|br|co|me))(?:[./?#:]\S*)?$/i;
const MAIL = /^[^\s@/:?#]+@[^\s@/:?#]+\.[a-z]{2,}$/i;

/** An address in angle brackets, which is none of the tags of an HTML text either. */
const BRACKETED = /<(?=[^\s<>]*(?:@|:\/\/)[^<>]*>)/g;

const escapeText = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Return the HTML of a typed text on one line. */
const inlineHtmlOf = (text) => (TAG.test(text) ? text.replace(BRACKETED, "&lt;") : escapeText(text));

/** Return the HTML of a typed text: an empty line ends a paragraph, a line break stays one. HTML is left as it is. */
function htmlOf(text) {
  const isHtml = TAG.test(text);
  if (isHtml && BLOCK_TAG.test(text)) return inlineHtmlOf(text);
  const escaped = (part) => (isHtml ? part.replace(BRACKETED, "&lt;") : escapeText(part));
  const inner = (part) => escaped(part).replace(/[ \t]*\r?\n[ \t]*/g, "<br>");
  const parts = text.split(/(?:\r?\n[ \t]*){2,}/).map((part) => part.trim()).filter(Boolean);
  return parts.map((part) => `<p>${inner(part)}</p>`).join("");
}

/** Return whether nodes are nothing but text and line breaks. */
const isPlain = (nodes) => [...nodes].every((node) => node.nodeType === 3 || (node.nodeName === "BR" && !node.attributes.length));
const wordsOf = (nodes) => [...nodes].map((node) => (node.nodeName === "BR" ? "\n" : node.data.replace(/\s+/g, " "))).join("").trim();

/** Return the text that a person typed for ``html``; the HTML itself where it has more in it than paragraphs. */
function typedOf(html, inline = false) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  let text = null;
  if (inline) text = isPlain(body.childNodes) && !body.querySelector("br") ? body.textContent : null;
  else {
    const nodes = [...body.childNodes].filter((node) => node.nodeType !== 3 || node.data.trim());
    const paragraphs = nodes.every((node) => node.nodeName === "P" && !node.attributes.length && isPlain(node.childNodes));
    if (paragraphs) text = nodes.map((node) => wordsOf(node.childNodes)).join("\n\n");
  }
  // What reads like a tag would come back as one.
  return text === null || TAG.test(text) ? html : text;
}

/** Return an address with the scheme that was left out, or the address as it is. */
function wholeAddress(text) {
  const address = text.trim();
  if (MAIL.test(address)) return `mailto:${address}`;
  return HOST.test(address) ? `https://${address}` : text;
}

/** The most characters of a summary. */
const SUMMARY = 60;

/** Return the whole words that fit into a summary; an ellipsis says that there are more. */
function shorten(text) {
  if (text.length <= SUMMARY) return text;
  const words = text.slice(0, SUMMARY + 1).replace(/\s+\S*$/u, "");
  return `${(words.length > SUMMARY ? words.slice(0, SUMMARY) : words).replace(/[\s.,;:·–—-]+$/u, "")}…`;
}

/** Return the text of a value, of a list or table its first ones; "" where it holds none. */
function textIn(value) {
  if (typeof value === "string") return value.trim();
  if (Array.isArray(value)) return value.slice(0, 8).map(textIn).filter(Boolean).join(" · ");
  return value && typeof value === "object" ? Object.values(value).map(textIn).find(Boolean) || "" : "";
}

/** Return the first text of a block, without markup, by the schema of its fields; a list where it has no other. */
function summaryOf(block, schema) {
  const properties = schema.properties || {};
  const props = Object.entries(block.props || {}).filter(([key]) => !(properties[key] || {}).enum);
  const isText = ([, value]) => typeof value === "string" && value.trim();
  const text = (props.find(isText) || [])[1] || props.filter(([, value]) => Array.isArray(value)).map(([, value]) => textIn(value)).find(Boolean);
  // Words of two paragraphs stay apart, those around an inline tag stay together. The parser loads and runs nothing.
  const spaced = (text || "").slice(0, 2000).replace(/<\/?(?:p|li|ul|ol|br|hr|h\d|div|pre|blockquote|table|t[rdh])\b/gi, " $&");
  const plain = new DOMParser().parseFromString(spaced, "text/html").body.textContent;
  return plain.replace(/\s+/g, " ").trim();
}

globalThis.aiCmsBlockText = { shorten, summaryOf, htmlOf, inlineHtmlOf, typedOf, wholeAddress };
