// Undo and redo: batches with their inverse. Typing in one field within a moment is one step.

import type { Op } from "./types";

export interface Step {
  undo: Op[];
  redo: Op[];
  before: string[];
  after: string[];
  key: string;
  at: number;
}

const MOST = 200;
const MOMENT = 1500;

export class History {
  done: Step[] = [];
  undone: Step[] = [];

  add(step: Step): void {
    const last = this.done.at(-1);
    if (step.key && last?.key === step.key && step.at - last.at < MOMENT && this.undone.length === 0) {
      last.redo = coalesced([...last.redo, ...step.redo]);
      // Of several updates the inverse of the first stays: it restores what was there before all of them.
      last.undo = coalesced([...step.undo, ...last.undo]);
      last.after = step.after;
      last.at = step.at;
      return;
    }
    this.done.push(step);
    if (this.done.length > MOST) this.done.shift();
    this.undone = [];
  }

  /** End the present run of typing: what follows is a step of its own. */
  seal(): void {
    const last = this.done.at(-1);
    if (last) last.key = "";
  }
}

/** Of several updates of one block in a row the last. */
function coalesced(ops: Op[]): Op[] {
  return ops.filter((op, at) => {
    const next = ops[at + 1];
    return !(op.op === "update" && next?.op === "update" && next.id === op.id);
  });
}
