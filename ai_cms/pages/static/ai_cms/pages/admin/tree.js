// The tree of pages: levels are read when they are opened, pages are moved by dragging, by buttons and by keys (Alt and
// Shift with an arrow: Alt alone goes back and forward in browsers). Without this script every link and button does the
// same by loading a page. Nothing inline, nothing imported: ai_cms/pages/levels.js stands before it.

class Tree extends window.aiCmsLevels {
  constructor(root) {
    super(root, { prefix: "aicms", title: ".aicms-title", key: "ai-cms-open-pages" });
    this.live = document.querySelector("[data-aicms-live]");
    this.notice = document.querySelector("[data-aicms-notice]");
    this.enhance(root);
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    this.draggable();
    this.restore();
  }

  /** Say something; ``undo`` makes a button that turns the last move back. */
  announce(text, failed = false, undo = null) {
    this.live.textContent = "";
    requestAnimationFrame(() => { this.live.textContent = text; });
    this.notice.replaceChildren(text);
    this.back = undo;
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "aicms-button";
      button.textContent = this.root.dataset.undo;
      button.addEventListener("click", () => this.undo());
      this.notice.append(" ", button);
    }
    this.notice.hidden = false;
    this.notice.classList.toggle("aicms-notice-failed", failed);
  }

  async click(event) {
    const toggle = event.target.closest(".aicms-toggle");
    const more = event.target.closest(".aicms-more a");
    const step = event.target.closest("button[name='direction']");
    if (!toggle && !more && !step) return;
    event.preventDefault();
    try {
      if (step) await this.step(step.closest(".aicms-node"), step.value, step);
      else if (toggle) await this.openOrClose(toggle.closest(".aicms-node"));
      else {
        const item = more.closest("li");
        const content = await this.read(more.dataset.level);
        const nodes = [...content.querySelectorAll(".aicms-node")];
        const level = item.parentElement;
        item.replaceWith(content);
        this.enhance(level);
        nodes[0]?.querySelector(".aicms-title").focus();
        this.announce(`${this.root.dataset.loaded} ${level.querySelectorAll(":scope > .aicms-node").length}`);
      }
    } catch { this.announce(this.root.dataset.failed, true); }
  }

  key(event) {
    const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (undo && this.back) {
      event.preventDefault();
      this.undo();
      return;
    }
    this.arrow(event);
  }

  stepped(node, direction, event) {
    this.step(node, direction, event.target).catch(() => this.announce(this.root.dataset.failed, true));
  }

  async step(node, direction, focused) {
    // One after the other: a second step during the first would start from rows that are about to be replaced.
    if (this.root.getAttribute("aria-busy") === "true") return;
    this.root.setAttribute("aria-busy", "true");
    try {
      const name = focused.name === "direction" ? focused.value : null;
      const before = node.previousElementSibling;
      const after = node.nextElementSibling;
      const done = await this.place(node.dataset.page, { direction });
      if (!done) return;
      if (direction === "up" && before) before.before(node);
      else if (direction === "down" && after && after.matches(".aicms-node")) after.after(node);
      else await this.refresh(done.parent);
      this.finish(node.dataset.page, name);
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }

  /** Turn the last move back. */
  async undo() {
    const { id, values } = this.back;
    this.back = null;
    try {
      // The page may stand in a level that is closed by now.
      const done = await this.place(id, { ...values, confirmed: 1 }, true);
      if (!done) return;
      await this.refresh(done.parent);
      this.finish(id, null);
    } catch { this.announce(this.root.dataset.failed, true); }
  }

  /** Ask before pages on the site get another address; returns whether to go on. */
  ask(text) {
    const dialog = document.createElement("dialog");
    dialog.className = "aicms-dialog";
    const words = document.createElement("p");
    words.id = "aicms-ask";
    words.textContent = text;
    dialog.setAttribute("aria-labelledby", words.id);
    const form = document.createElement("form");
    form.method = "dialog";
    form.className = "aicms-choices";
    const button = (value, word, kind) => {
      const made = document.createElement("button");
      made.value = value;
      made.className = `aicms-button ${kind}`;
      made.textContent = word;
      return made;
    };
    form.append(button("yes", this.root.dataset.move, "aicms-primary"), button("no", this.root.dataset.cancel, ""));
    dialog.append(words, form);
    this.root.after(dialog);
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        resolve(dialog.returnValue === "yes");
        dialog.remove();
      });
    });
  }

  /** Have the server move a page; returns its answer, or null when it refused, having said so, or was told not to. */
  async place(id, values, undoing = false) {
    const body = new FormData();
    for (const [key, value] of Object.entries(values)) body.append(key, value);
    const token = document.querySelector("[name='csrfmiddlewaretoken']").value;
    const url = this.root.dataset.place.replace(/\/0\//, `/${id}/`);
    const answer = await fetch(url, {
      method: "POST", body, credentials: "same-origin", headers: { Accept: "application/json", "X-CSRFToken": token },
    });
    const known = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    const data = known ? await answer.json() : {};
    if (!answer.ok || !known) {
      this.announce(data.detail || this.root.dataset.failed, true);
      return null;
    }
    if (data.ask) return (await this.ask(data.ask)) ? this.place(id, { ...values, confirmed: 1 }) : null;
    this.announce(data.message, false, data.undo && !undoing ? { id, values: data.undo } : null);
    return data;
  }

  /** Keep the focus on what was moved, and say again which pages are the first and the last of their level. */
  finish(id, direction) {
    const node = this.node(id);
    if (!node) return;
    const nodes = [...node.parentElement.querySelectorAll(":scope > .aicms-node")];
    const more = node.parentElement.querySelector(":scope > .aicms-more");
    nodes.forEach((item, index) => {
      const first = index === 0 ? "true" : "false";
      const last = index === nodes.length - 1 && !more ? "true" : "false";
      for (const button of item.querySelectorAll(":scope > .aicms-row button[name='direction']")) {
        if (button.value === "up" || button.value === "in") button.setAttribute("aria-disabled", first);
        if (button.value === "down") button.setAttribute("aria-disabled", last);
      }
    });
    const wanted = direction && node.querySelector(`:scope > .aicms-row button[value="${direction}"]`);
    (wanted || node.querySelector(".aicms-title")).focus();
  }

  /** Read the tree again and open what was open, and the level of ``parent``. */
  async refresh(parent) { await this.reread([parent]); }

  async moved(node, goal) {
    try {
      const done = await this.place(node.dataset.page, { target: goal.node.dataset.page, position: goal.position });
      if (!done) return;
      if (done.parent === done.old_parent && goal.position !== "last-child") goal.node[goal.position](node);
      else await this.refresh(done.parent);
      this.finish(node.dataset.page, null);
    } catch { this.announce(this.root.dataset.failed, true); }
  }
}

for (const root of document.querySelectorAll("[data-aicms-tree]")) new Tree(root);
