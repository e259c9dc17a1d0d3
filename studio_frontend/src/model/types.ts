// What the server sends, and what is edited.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Props = Record<string, Json>;
export type Path = (string | number)[];

export interface Block {
  readonly id: string;
  readonly type: string;
  readonly v?: number;
  readonly props: Props;
  readonly children?: readonly Block[];
  readonly meta?: Record<string, Json>;
}
export type Doc = readonly Block[];

/** A block as it is pasted or kept in a pattern: without ids. */
export interface Draft {
  type: string;
  props?: Props;
  children?: readonly Draft[];
  meta?: Record<string, Json>;
}

export interface Place {
  readonly parent: string | null;
  /** The sibling to follow; null is the first place. */
  readonly after: string | null;
}

export type Op =
  | { op: "insert"; block: Block; parent: string | null; after: string | null }
  | { op: "update"; id: string; props: Props; meta?: Record<string, Json> }
  | { op: "move"; id: string; parent: string | null; after: string | null }
  | { op: "remove"; id: string };

export type Schema = { [key: string]: any };

export interface BlockType {
  type: string;
  label: string;
  icon: string;
  group: string;
  version: number;
  schema: Schema;
  defaults: Props;
  children: { allow: "*" | string[]; min: number | null; max: number | null } | null;
  parents: string[] | null;
  example: Props;
}

export interface FieldError {
  loc: string[];
  type: string;
  msg: string;
}
export type Errors = Record<string, FieldError[]>;

export interface Status {
  status: string;
  label: string;
  live: boolean;
  changed: boolean;
  url: string;
  path: string;
  go_live_at: string | null;
  expire_at: string | null;
}

export interface DraftState {
  version: number;
  content: Doc;
  status: Status;
  errors: Errors;
  by: string;
}

export interface PageForm {
  values: Record<string, Json>;
  slug: string;
  shared: Record<string, Schema>;
  own: Record<string, Schema>;
  type: string;
}

export interface Boot {
  page: number;
  title: string;
  user: string;
  name: string;
  csrf: string;
  urls: Record<string, string>;
  rights: { publish: boolean; delete: boolean; restore: boolean };
  draft: DraftState;
  fields: PageForm;
  site: { name: string; host: string; zone: string };
  root: boolean;
  locale: string;
  words: Record<string, string>;
}
