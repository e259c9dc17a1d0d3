// What a page's readers would trip over: found while it is written, said at the block, mended where that can be done.

import { indexOf } from "../model/document";
import { plainText, type Rules } from "../model/rules";
import type { Block, Doc, Errors, Json, Props } from "../model/types";
import { t } from "../parts/words";

export interface Finding {
  key: string;
  id: string | null;
  /** The page's own field it is about. */
  field?: string;
  level: "error" | "warning" | "hint";
  text: string;
  fix?: { label: string; props?: Props; focus?: boolean; field?: string };
}

const VAGUE = /^(here|click here|more|read more|link|this|this page|hier|mehr|weiter|klicken sie hier)[.!…]*$/i;
const WORDS_A_MINUTE = 220;

function headingOf(block: Block): { level: number; text: string; prop?: string } | null {
  const { props, type } = block;
  const text = String(props.text ?? props.title ?? props.heading ?? "");
  if (type === "heading") return { level: Number(props.level ?? 2), text, prop: "level" };
  if (type === "hero") return { level: Number(props.level ?? 2), text };
  if (["section", "call_to_action"].includes(type)) return { level: 2, text };
  return null;
}

/** The addresses in a block's props, and the words of links in its HTML. */
function linksOf(value: Json, key = ""): { url: string; words: string | null }[] {
  if (typeof value === "string") {
    if (/<a\s/i.test(value)) {
      const { body } = new DOMParser().parseFromString(value, "text/html");
      return [...body.querySelectorAll("a[href]")].map((link) => ({ url: link.getAttribute("href")!, words: (link.textContent ?? "").trim() }));
    }
    return /(url|link|href|cite)$/.test(key) && value ? [{ url: value, words: null }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item) => linksOf(item, key));
  if (value && typeof value === "object") return Object.entries(value).flatMap(([name, item]) => linksOf(item, name));
  return [];
}

export function allLinks(doc: Doc): string[] {
  const found = new Set<string>();
  for (const { block } of indexOf(doc).values()) for (const { url } of linksOf(block.props)) if (url.startsWith("/") && !url.startsWith("//")) found.add(url);
  return [...found];
}

export function wordsIn(doc: Doc): number {
  let count = 0;
  const walk = (value: Json, key: string): void => {
    if (typeof value === "string") {
      if (!/(url|src|link|image|anchor|style|align|id|poster|language|cite)$/.test(key) && value) count += plainText(value).split(/\s+/).filter(Boolean).length;
    } else if (Array.isArray(value)) value.forEach((item) => walk(item, key));
    else if (value && typeof value === "object") for (const [name, item] of Object.entries(value)) walk(item, name);
  };
  for (const { block } of indexOf(doc).values()) walk(block.props, "");
  return count;
}

export const minutesFor = (words: number) => Math.max(1, Math.round(words / WORDS_A_MINUTE));

export function findingsOf(doc: Doc, fields: Record<string, Json>, errors: Errors, broken: ReadonlySet<string>, rules: Rules, pageHasTitle = true): Finding[] {
  const found: Finding[] = [];
  for (const [id, problems] of Object.entries(errors)) {
    if (!indexOf(doc).has(id)) continue;
    problems.forEach(({ loc, msg }, at) => found.push({ key: `error-${id}-${at}`, id, level: "error", text: `${rules.label(indexOf(doc).get(id)!.block.type)}${loc.length ? ` · ${fieldLabel(rules, indexOf(doc).get(id)!.block, loc)}` : ""}: ${msg}`, fix: { label: t("Show the field"), focus: true, field: loc.join(".") } }));
  }
  let last = pageHasTitle ? 1 : 0;
  for (const [id, { block }] of indexOf(doc)) {
    const heading = headingOf(block);
    if (heading && heading.text.trim()) {
      if (heading.level > last + 1) {
        const right = last + 1;
        found.push({ key: `level-${id}`, id, level: "warning", text: t("“{text}” is a heading of level {level} after one of level {last}: a level is skipped.", { text: heading.text.slice(0, 60), level: heading.level, last: last || 0 }), ...(heading.prop ? { fix: { label: t("Make it level {n}", { n: right }), props: { ...block.props, [heading.prop]: right } } } : {}) });
      }
      last = heading.level;
    }
    found.push(...picturesOf(block, id));
    linksOf(block.props).forEach(({ url, words }, at) => {
      if (words !== null && !words) found.push({ key: `words-${id}-${at}`, id, level: "error", text: t("A link has no words: nobody knows where it leads."), fix: { label: t("Show the field"), focus: true } });
      else if (words && VAGUE.test(words)) found.push({ key: `vague-${id}-${at}`, id, level: "warning", text: t("The link “{words}” does not say where it leads.", { words }), fix: { label: t("Show the field"), focus: true } });
      if (broken.has(url)) found.push({ key: `broken-${id}-${url}`, id, level: "error", text: t("The link {url} leads nowhere on this site.", { url }), fix: { label: t("Show the field"), focus: true } });
    });
  }
  const title = String(fields.seo_title || fields.title || "");
  const description = String(fields.seo_description ?? "");
  if (title.length > 60) found.push({ key: "seo-title", id: null, field: "seo_title", level: "hint", text: t("The title has {n} characters; search engines cut it off after about 60.", { n: title.length }) });
  if (!description) found.push({ key: "seo-none", id: null, field: "seo_description", level: "hint", text: t("There is no description for search engines.") });
  else if (description.length > 160) found.push({ key: "seo-long", id: null, field: "seo_description", level: "hint", text: t("The description has {n} characters; search engines cut it off after about 160.", { n: description.length }) });
  return found;
}

function fieldLabel(rules: Rules, block: Block, loc: string[]): string {
  const schema = rules.types.get(block.type)?.schema.properties?.[loc[0]!];
  const number = loc[1] !== undefined && /^\d+$/.test(loc[1]) ? ` ${Number(loc[1]) + 1}` : "";
  return `${schema?.title ?? loc[0]}${number}`;
}

function picturesOf(block: Block, id: string): Finding[] {
  const { props, type } = block;
  const lacking = (key: string, has: boolean, field = "alt"): Finding[] => (has ? [] : [{ key, id, level: "warning", text: t("A picture has no alternative text: who does not see it learns nothing of it."), fix: { label: t("Describe it"), focus: true, field } }]);
  if (type === "image") return props.src ? lacking(`alt-${id}`, !!props.decorative || !!String(props.alt ?? "").trim()) : [];
  if (Array.isArray(props.images)) return props.images.flatMap((item: any, at) => (item?.src ? lacking(`alt-${id}-${at}`, !!String(item.alt ?? "").trim(), `images.${at}.alt`) : []));
  for (const [image, alt] of [["image", "image_alt"], ["image_url", "image_alt"]] as const) if (props[image]) return lacking(`alt-${id}`, !!String(props[alt] ?? "").trim(), alt);
  return [];
}
