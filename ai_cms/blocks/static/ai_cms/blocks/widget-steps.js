// Undoing in the structure editor. A step is turned back by itself: what was typed since stays.

const MAX_STEPS = 50;

class Steps {
  /** ``root``: where Ctrl+Z counts, outside fields, whose own typing it undoes. ``undo``: what the button does. */
  constructor(root, word, undo) {
    this.word = word;
    this.found = [];
    this.button = globalThis.aiCmsBlocks.el("button", { type: "button", class: "aicb-button", hidden: true, onclick: undo });
    root.addEventListener("keydown", (event) => {
      const keys = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
      if (!keys || event.target.closest("input, textarea, select") || !this.found.length) return;
      event.preventDefault();
      undo();
    });
  }

  /** Remember a step; ``back`` turns it back and returns the block to go to. */
  add(text, back) {
    this.found = [...this.found.slice(1 - MAX_STEPS), { text, back }];
    this.refresh();
  }

  /** Turn the last step back; returns its text and the block to go to. */
  back() {
    const step = this.found.pop();
    this.refresh();
    return step ? { text: step.text, block: step.back() } : null;
  }

  clear() {
    this.found = [];
    this.refresh();
  }

  refresh() {
    const last = this.found[this.found.length - 1];
    this.button.hidden = !last;
    this.button.textContent = last ? `${this.word}: ${last.text}` : "";
  }
}

globalThis.aiCmsSteps = { Steps };
