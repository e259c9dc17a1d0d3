// Writing with a model: what it suggests is shown on the page as marked changes, and becomes part of it only when it is accepted.

import { applyOne } from "../model/operations";
import { indexOf, newId } from "../model/document";
import type { Block, Doc, Op } from "../model/types";
import type { Proposal, State } from "../model/store";
import type { App } from "../parts/app";
import { t } from "../parts/words";
import { Refusal } from "../saving/http";

export class Assist {
  working: AbortController | null = null;
  private run = "";
  /** Blocks whose suggestions were turned down one by one. */
  private readonly rejected = new Set<string>();
  onChange: () => void = () => undefined;

  constructor(readonly app: App) {}

  get available(): boolean {
    return !!this.app.boot.urls.generate;
  }

  private get urls() {
    return this.app.boot.urls;
  }

  /** Have a task done on this page; its changes are shown while they come. */
  async write(task: string, payload: Record<string, unknown>): Promise<void> {
    const { store, autosave } = this.app;
    if (!(await autosave.flush())) {
      store.tell(t("Save first: the changes are made to what is on the server."), undefined, true);
      return;
    }
    this.working = new AbortController();
    this.onChange();
    const shown: Op[] = [];
    let proposal: number | null = null;
    let output: any = null;
    try {
      const response = await this.app.http.raw(this.urls.generate!, {
        method: "POST",
        body: { task, payload, page: this.app.boot.page, stream: true },
        accept: "application/x-ndjson",
        signal: this.working.signal,
      });
      this.run = response.headers.get("AI-CMS-Run") ?? "";
      for await (const event of linesOf(response)) {
        const data = event.data ?? event;
        const kind = event.event ?? event.type;
        if (kind === "operation") {
          if (data.op === "restart") shown.length = 0;
          else shown.push(withId(data));
          this.preview(shown);
        } else if (kind === "proposal") proposal = data.proposal;
        else if (kind === "error" || data.code) throw new Refusal("refused", 400, data, data.detail ?? t("The model gave no answer."));
        if (data.output) output = data.output;
        if (data.result?.output) output = data.result.output;
        if (data.proposal) proposal = data.proposal;
      }
    } catch (error) {
      if (!this.working?.signal.aborted) store.tell(error instanceof Error ? error.message : String(error), undefined, true);
    } finally {
      this.working = null;
      this.onChange();
    }
    if (proposal !== null) await this.open(proposal);
    else {
      store.set({ review: null });
      if (output) this.result = output;
      this.onChange();
    }
  }

  /** What a task brought that is no change of the page. */
  result: Record<string, unknown> | null = null;

  /** Stop; what has come until now stays as a smaller proposal. */
  async stop(): Promise<void> {
    const run = this.run;
    if (run && this.urls.run) {
      await this.app.http.json(this.urls.run.replace("/0/", `/${run}/`), { method: "POST", body: {} }).catch(() => undefined);
      return;
    }
    this.working?.abort();
  }

  private preview(ops: readonly Op[]): void {
    const { store } = this.app;
    store.set({ review: reviewOf(store.state.doc, ops, null) });
  }

  async pending(): Promise<{ id: number; title: string; agent: string; created_at: string }[]> {
    if (!this.urls.proposals) return [];
    const found = await this.app.http.json(`${this.urls.proposals}?status=pending`).catch(() => ({ results: [] }));
    return found.results ?? [];
  }

  private urlOf(id: number, action = ""): string {
    return this.urls.proposal!.replace(/\/0\/$/, `/${id}/${action}`);
  }

  /** Show a proposal on the page. */
  async open(id: number): Promise<void> {
    const { store, autosave } = this.app;
    await autosave.flush();
    try {
      const found = await this.app.http.json<Proposal>(this.urlOf(id));
      found.changes = found.changes.filter(({ operation }) => !this.rejected.has(targetOf(operation)));
      if (!found.changes.length && !Object.keys(found.fields).length) {
        // All that is left was turned down one by one.
        await this.app.http.json(this.urlOf(id, "reject/"), { method: "POST", body: {} });
        store.set({ review: null });
        return;
      }
      const fitting = found.changes.filter(({ state }) => state === "pending").map(({ operation }) => operation);
      const review = reviewOf(store.state.doc, fitting, found);
      for (const { state, operation } of found.changes) if (state === "stale" && operation.id) review.marks[operation.id] = "stale";
      store.set({ review, panel: "assist", showPanel: true });
      const first = Object.keys(review.marks)[0];
      if (first) requestAnimationFrame(() => this.app.showOnCanvas(first));
    } catch (error) {
      store.tell(error instanceof Error ? error.message : String(error), undefined, true);
    }
  }

  /** Accept all of the shown proposal, or what it does to some blocks; the rest stays to be decided. */
  async accept(blocks?: string[]): Promise<void> {
    await this.decide("accept/", blocks ? { blocks, keep_rest: true } : {});
  }

  async reject(blocks?: string[]): Promise<void> {
    const proposal = this.app.store.state.review?.proposal;
    if (!proposal) return;
    if (!blocks) return this.decide("reject/", {});
    // The server decides a proposal as a whole or what is accepted of it; until then the others go on without these.
    for (const id of blocks) this.rejected.add(id);
    const left = { ...proposal, changes: proposal.changes.filter(({ operation }) => !this.rejected.has(targetOf(operation))) };
    if (!left.changes.length && !Object.keys(left.fields).length) return this.decide("reject/", {});
    const ops = left.changes.filter(({ state }) => state === "pending").map(({ operation }) => operation);
    this.app.store.set({ review: reviewOf(this.app.store.state.doc, ops, left) });
    this.app.store.say(t("Rejected."));
  }

  private async decide(action: string, body: Record<string, unknown>): Promise<void> {
    const { store, autosave, http } = this.app;
    const proposal = store.state.review?.proposal;
    if (!proposal) return;
    // What was rejected by hand is left out of what is accepted.
    const left = proposal.changes.map(({ operation }) => targetOf(operation));
    const some = proposal.operations.some((operation) => this.rejected.has(targetOf(operation)));
    if (action === "accept/" && !body.blocks && some) body = { blocks: left, fields: Object.keys(proposal.fields) };
    if (!(await autosave.flush())) {
      store.tell(t("Save first: the changes are made to what is on the server."), undefined, true);
      return;
    }
    try {
      const answer = await http.json(this.urlOf(proposal.id, action), { method: "POST", body });
      store.set({ review: null });
      if (action === "accept/") await autosave.merge();
      if (answer.rest) await this.open(answer.rest);
      store.say(action === "accept/" ? t("Accepted.") : t("Rejected."));
    } catch (error) {
      store.tell(error instanceof Error ? error.message : String(error), undefined, true);
    }
    this.onChange();
  }

  close(): void {
    this.app.store.set({ review: null });
  }
}

/** The document with operations applied, and what each did; those that do not fit are left out. */
export function reviewOf(doc: Doc, ops: readonly any[], proposal: Proposal | null): NonNullable<State["review"]> {
  const marks: NonNullable<State["review"]>["marks"] = {};
  let now = doc;
  for (const op of ops) {
    try {
      if (op.op === "insert") {
        const block = complete(op.block);
        const siblings = op.parent ? (indexOf(now).get(op.parent)?.block.children ?? []) : now;
        let after: string | null = "after" in op ? op.after : (siblings.at(-1)?.id ?? null);
        if (op.before) after = siblings[siblings.findIndex(({ id }) => id === op.before) - 1]?.id ?? null;
        now = applyOne(now, { op: "insert", block, parent: op.parent ?? null, after })[0];
        marks[block.id] = "added";
      } else if (op.op === "update") {
        const before = indexOf(now).get(op.id)!.block;
        const props = op.replace ? op.props : { ...before.props, ...op.props };
        now = applyOne(now, { op: "update", id: op.id, props })[0];
        marks[op.id] ??= "changed";
      } else if (op.op === "move") {
        const siblings = op.parent ? (indexOf(now).get(op.parent)?.block.children ?? []) : now;
        now = applyOne(now, { op: "move", id: op.id, parent: op.parent ?? null, after: "after" in op ? op.after : (siblings.at(-1)?.id ?? null) })[0];
        marks[op.id] ??= "changed";
      } else if (op.op === "remove" && indexOf(now).has(op.id)) {
        // It stays to be seen until it is decided.
        marks[op.id] = "removed";
      }
    } catch {
      continue;
    }
  }
  return { doc: now, marks, proposal };
}

/** The block that an operation is about. */
function targetOf(operation: any): string {
  return String(operation.block?.id ?? operation.id ?? "");
}

function complete(block: any): Block {
  return { ...block, id: block.id ?? newId(block.type), props: block.props ?? {}, ...(block.children ? { children: block.children.map(complete) } : {}) };
}

const withId = (op: any) => (op.op === "insert" ? { ...op, block: complete(op.block) } : op);

async function* linesOf(response: Response): AsyncGenerator<any> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    waiting += value ?? "";
    const lines = waiting.split("\n");
    waiting = done ? "" : (lines.pop() ?? "");
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
    if (done) return;
  }
}
