// The tree of pages: levels are read when they are opened; pages are moved by dragging, from their menus and by keys (Alt and
// Shift with an arrow); what is done from a menu is done in place. Without this script each does the same by loading a page.

import { post, toast, words } from "./toasts.js";

// ai_cms/pages/levels.js, which stands before this one.
class Tree extends window.aiCmsLevels {
  constructor(root) {
    super(root, { prefix: "st", title: ".st-row-title", key: "ai-cms-studio-open" });
    this.flat = "flat" in root.dataset;
    this.enhance(root);
    document.addEventListener("submit", (event) => this.submit(event));
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.arrow(event));
    if (this.flat) return;
    this.draggable();
    this.restore();
  }

  async click(event) {
    const toggle = event.target.closest("button.st-toggle");
    const further = event.target.closest("[data-further]");
    try {
      if (toggle) await this.openOrClose(toggle.closest(".st-node"));
      else if (further) {
        event.preventDefault();
        const item = further.closest("li");
        const rows = await this.read(further.dataset.further);
        const first = rows.querySelector(".st-node")?.dataset.page;
        item.replaceWith(rows);
        this.enhance(this.root);
        if (first) this.node(first).querySelector(".st-row-title").focus();
      }
    } catch { toast(words.failed, { failed: true }); }
  }

  /** Do in place what a button of a menu would do by loading a page. */
  submit(event) {
    const button = event.submitter;
    if (event.target.id !== "st-rows" || !button?.formAction) return;
    event.preventDefault();
    const node = button.closest(".st-node");
    if (button.closest("details")) button.closest("details").open = false;
    const values = button.name ? { [button.name]: button.value } : {};
    this.carryOut(button.formAction, values, node);
  }

  /** Send it, say what became of it, and read again the levels it changed. */
  async carryOut(url, values, node) {
    // One after the other: a second step during the first would start from rows that are about to be replaced.
    if (this.root.getAttribute("aria-busy") === "true") return;
    this.root.setAttribute("aria-busy", "true");
    try {
      const done = await post(url, values);
      if (!done) { this.focus(node?.dataset.page); return; }
      if (done.leave) { location.assign(done.then); return; }
      const near = node?.nextElementSibling?.dataset.page || node?.previousElementSibling?.dataset.page || node?.dataset.parent;
      await this.refresh(done.parents);
      this.focus(done.page ?? node?.dataset.page, near);
      toast(done.message, { undo: done.undo, after: async () => { await this.refresh(done.parents); this.focus(node?.dataset.page); } });
    } catch { toast(words.failed, { failed: true }); } finally { this.root.removeAttribute("aria-busy"); }
  }

  /** Put the focus on a page's title, and show that it is the one. */
  focus(id, otherwise) {
    const found = (id && this.node(id)) || (otherwise && this.node(otherwise));
    const title = found?.querySelector(".st-row-title");
    if (!title || !title.checkVisibility()) { document.getElementById("content").focus(); return; }
    title.focus();
    if (found.dataset.page === String(id)) {
      found.classList.remove("st-moved");
      requestAnimationFrame(() => found.classList.add("st-moved"));
    }
  }

  placeUrl(node) { return this.root.dataset.place.replace(/\/0\//, `/${node.dataset.page}/`); }

  /** Show what became of a move, and the levels of ``parents``. A list is loaded anew. */
  async refresh(parents = []) {
    if (this.flat) location.reload();
    else await this.reread(parents || []);
  }

  stepped(node, direction) { this.carryOut(this.placeUrl(node), { direction }, node); }

  moved(node, goal) { this.carryOut(this.placeUrl(node), { target: goal.node.dataset.page, position: goal.position }, node); }
}

for (const root of document.querySelectorAll("[data-tree]")) new Tree(root);
