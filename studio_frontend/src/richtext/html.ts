// HTML in and out, and whether the one is the other.

/** A paragraph alone in a list item is how TipTap keeps its text; the page has the text itself. */
export function tidied(html: string): string {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const item of parsed.querySelectorAll("li")) {
    const [first, ...others] = item.children;
    const loose = [...item.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
    if (loose || first?.tagName !== "P" || first.attributes.length || others.some((other) => !/^[OU]L$/.test(other.tagName))) continue;
    first.replaceWith(...first.childNodes);
  }
  const { body } = parsed;
  return body.children.length === 1 && body.firstElementChild?.tagName === "P" && !body.textContent?.trim() && !body.querySelector("img, br") ? "" : body.innerHTML;
}

const SAME_TAG: Record<string, string> = { b: "strong", i: "em", strike: "s" };
const FREE = new Set(["rel", "loading"]);

/** What has to be the same before and after: every word, every element, every attribute. */
export function fingerprint(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const words = (body.textContent ?? "").replace(/\s+/g, " ").trim();
  const tags: string[] = [];
  for (const element of body.querySelectorAll("*")) {
    const tag = element.tagName.toLowerCase();
    if (tag === "p" && !element.attributes.length) continue;
    const own = [...element.attributes].filter(({ name }) => !FREE.has(name)).map(({ name, value }) => `${name}=${value}`);
    tags.push([SAME_TAG[tag] ?? tag, ...own.sort()].join(" "));
  }
  return `${words}\n${tags.sort().join("\n")}`;
}
