// The tree of pages: levels are read when they are opened, pages are moved by dragging, by buttons and by keys (Alt and
// Shift with an arrow: Alt alone goes back and forward in browsers). Without this script every link and button does the
// same by loading a page. Nothing inline, nothing imported.

const OPEN = "ai-cms-open-pages";

class Tree {
  constructor(root) {
    this.root = root;
    this.live = document.querySelector("[data-aicms-live]");
    this.notice = document.querySelector("[data-aicms-notice]");
    this.dragged = null;
    this.enhance(root);
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("keydown", (event) => this.key(event));
    for (const kind of ["dragstart", "dragover", "dragleave", "drop", "dragend"]) {
      root.addEventListener(kind, (event) => this[kind](event));
    }
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

  /** Turn the links that open levels into buttons, and let rows be dragged. */
  enhance(scope) {
    for (const link of scope.querySelectorAll("a.aicms-toggle")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "aicms-toggle";
      button.dataset.level = link.dataset.level;
      button.setAttribute("aria-label", link.getAttribute("aria-label"));
      button.setAttribute("aria-expanded", String("open" in link.dataset));
      button.append(...link.childNodes);
      link.replaceWith(button);
    }
    for (const node of scope.querySelectorAll(".aicms-node[data-movable]")) {
      node.querySelector(":scope > .aicms-row").draggable = true;
    }
  }

  node(id) { return this.root.querySelector(`.aicms-node[data-page="${id}"]`); }
  level(node) { return node.querySelector(":scope > .aicms-level"); }
  toggle(node) { return node.querySelector(":scope > .aicms-row .aicms-toggle"); }

  async read(url) {
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    return holder.content;
  }

  async open(node) {
    const toggle = this.toggle(node);
    if (!toggle) return;
    let level = this.level(node);
    if (!level) {
      const content = await this.read(toggle.dataset.level);
      level = document.createElement("ul");
      level.className = "aicms-level";
      level.append(content);
      this.enhance(level);
      node.append(level);
    }
    level.hidden = false;
    toggle.setAttribute("aria-expanded", "true");
    this.remember();
  }

  close(node) {
    this.level(node).hidden = true;
    this.toggle(node).setAttribute("aria-expanded", "false");
    this.remember();
  }

  async click(event) {
    const toggle = event.target.closest(".aicms-toggle");
    const more = event.target.closest(".aicms-more a");
    const step = event.target.closest("button[name='direction']");
    if (!toggle && !more && !step) return;
    event.preventDefault();
    try {
      if (step) await this.step(step.closest(".aicms-node"), step.value, step);
      else if (toggle) {
        const node = toggle.closest(".aicms-node");
        if (toggle.getAttribute("aria-expanded") === "true") this.close(node);
        else await this.open(node);
      } else {
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
    const directions = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };
    const rtl = getComputedStyle(this.root).direction === "rtl";
    let direction = event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey ? directions[event.key] : undefined;
    const node = event.target.closest(".aicms-node");
    if (!direction || !node || !("movable" in node.dataset)) return;
    if (rtl && direction === "in") direction = "out";
    else if (rtl && direction === "out") direction = "in";
    event.preventDefault();
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

  opened() {
    return [...this.root.querySelectorAll(".aicms-toggle[aria-expanded='true']")].map(
      (toggle) => toggle.closest(".aicms-node").dataset.page,
    );
  }

  remember() { sessionStorage.setItem(OPEN, JSON.stringify(this.opened())); }

  /** Read the tree again and open what was open, and the level of ``parent``. */
  async refresh(parent) {
    const wanted = new Set([...this.opened(), String(parent ?? "")]);
    this.root.replaceChildren(await this.read(this.root.dataset.level));
    this.enhance(this.root);
    await this.openAll(wanted);
  }

  async openAll(wanted) {
    let found = true;
    while (found) {
      found = false;
      for (const toggle of [...this.root.querySelectorAll(".aicms-toggle[aria-expanded='false']")]) {
        const node = toggle.closest(".aicms-node");
        if (wanted.delete(node.dataset.page)) {
          await this.open(node);
          found = true;
        }
      }
    }
  }

  async restore() {
    try {
      const wanted = JSON.parse(sessionStorage.getItem(OPEN) || "[]");
      if (Array.isArray(wanted)) await this.openAll(new Set(wanted.slice(0, 50)));
    } catch { sessionStorage.removeItem(OPEN); }
  }

  // Dragging

  dragstart(event) {
    const node = event.target.closest(".aicms-node[data-movable]");
    if (!node) return;
    this.dragged = node;
    node.classList.add("aicms-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", node.dataset.page);
  }

  /** Return where the pointer would put the page: the node under it and the position; null where it cannot go. */
  goal(event) {
    const row = event.target.closest(".aicms-row");
    const node = row && row.closest(".aicms-node");
    if (!this.dragged || !node || this.dragged.contains(node)) return null;
    const box = row.getBoundingClientRect();
    const part = (event.clientY - box.top) / box.height;
    // Beside the root of a site nothing can stand.
    if (!node.dataset.parent) return { node, row, position: "last-child" };
    return { node, row, position: part < 0.3 ? "before" : part > 0.7 ? "after" : "last-child" };
  }

  mark(row, position) {
    this.root.querySelectorAll("[data-drop]").forEach((item) => { delete item.dataset.drop; });
    if (row) row.dataset.drop = position;
  }

  dragover(event) {
    const goal = this.goal(event);
    this.mark(goal && goal.row, goal && goal.position);
    if (!goal) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (goal.node !== this.over) {
      this.over = goal.node;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { if (this.dragged) this.open(goal.node).catch(() => {}); }, 800);
    }
  }

  dragleave(event) { if (!this.root.contains(event.relatedTarget)) this.mark(null); }

  async drop(event) {
    const goal = this.goal(event);
    const node = this.dragged;
    this.dragend();
    if (!goal || !node) return;
    event.preventDefault();
    try {
      const done = await this.place(node.dataset.page, { target: goal.node.dataset.page, position: goal.position });
      if (!done) return;
      if (done.parent === done.old_parent && goal.position !== "last-child") goal.node[goal.position](node);
      else await this.refresh(done.parent);
      this.finish(node.dataset.page, null);
    } catch { this.announce(this.root.dataset.failed, true); }
  }

  dragend() {
    clearTimeout(this.timer);
    this.over = null;
    this.mark(null);
    if (this.dragged) this.dragged.classList.remove("aicms-dragged");
    this.dragged = null;
  }
}

for (const root of document.querySelectorAll("[data-aicms-tree]")) new Tree(root);
