// What every tree of pages does: levels are read when they are opened and remembered for the session, pages are dragged onto, before and
// behind others, and moved by Alt and Shift with an arrow. Who extends it says what becomes of a move. It is found at the window, not
// imported: a storage with hashed names rewrites no imports. Modules run in the order in which they stand on the page.

const MOST_REMEMBERED = 50;

class Levels {
  /** ``prefix`` is that of the class names, ``title`` the selector of a page's link, ``key`` the name under which open levels are kept. */
  constructor(root, { prefix, title, key, hover = 700 }) {
    this.root = root;
    this.prefix = prefix;
    this.title = title;
    this.openKey = key;
    this.hover = hover;
    this.dragged = null;
  }

  // For whoever extends it

  /** A page was dropped: ``goal`` has the ``node`` it was dropped at and the ``position``. */
  moved(_node, _goal) { throw new Error("moved"); }

  /** A page is to go ``up``, ``down``, ``in`` or ``out``. */
  stepped(_node, _direction, _event) { throw new Error("stepped"); }

  // Rows

  at(part) { return `.${this.prefix}-${part}`; }
  node(id) { return this.root.querySelector(`${this.at("node")}[data-page="${CSS.escape(String(id))}"]`); }
  level(node) { return node.querySelector(`:scope > ${this.at("level")}`); }
  toggle(node) { return node.querySelector(`:scope > ${this.at("row")} ${this.at("toggle")}`); }

  /** Turn the links that open levels into buttons, and let rows be dragged. */
  enhance(scope) {
    for (const link of scope.querySelectorAll(`a${this.at("toggle")}`)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `${this.prefix}-toggle`;
      button.dataset.level = link.dataset.level;
      button.setAttribute("aria-label", link.getAttribute("aria-label"));
      button.setAttribute("aria-expanded", String("open" in link.dataset));
      button.append(...link.childNodes);
      link.replaceWith(button);
    }
    if (this.flat) return;
    for (const node of scope.querySelectorAll(`${this.at("node")}[data-movable]`)) {
      node.querySelector(`:scope > ${this.at("row")}`).draggable = true;
    }
  }

  async read(url) {
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    return holder.content;
  }

  // Levels

  async open(node) {
    const toggle = this.toggle(node);
    if (!toggle || toggle.getAttribute("aria-expanded") === "true") return;
    let level = this.level(node);
    if (!level) {
      toggle.setAttribute("aria-busy", "true");
      try {
        const content = await this.read(toggle.dataset.level);
        level = document.createElement("ul");
        level.className = `${this.prefix}-level`;
        level.setAttribute("role", "list");
        level.append(content);
        this.enhance(level);
        node.append(level);
      } finally { toggle.removeAttribute("aria-busy"); }
    }
    level.hidden = false;
    toggle.setAttribute("aria-expanded", "true");
    this.remember();
  }

  close(node) {
    const level = this.level(node);
    if (level) level.hidden = true;
    this.toggle(node).setAttribute("aria-expanded", "false");
    this.remember();
  }

  async openOrClose(node) {
    if (this.toggle(node).getAttribute("aria-expanded") === "true") this.close(node);
    else await this.open(node);
  }

  opened() {
    const open = this.root.querySelectorAll(`${this.at("toggle")}[aria-expanded='true']`);
    return [...open].map((toggle) => toggle.closest(this.at("node")).dataset.page);
  }

  remember() {
    try { sessionStorage.setItem(this.openKey, JSON.stringify(this.opened())); } catch { /* Nothing is remembered then. */ }
  }

  /** Read the tree again and open what was open, and the levels of ``parents``. */
  async reread(parents) {
    const wanted = new Set([...this.opened(), ...parents.map((id) => String(id ?? ""))]);
    this.root.replaceChildren(await this.read(this.root.dataset.level));
    this.enhance(this.root);
    await this.openAll(wanted);
  }

  async openAll(wanted) {
    let found = true;
    while (found) {
      found = false;
      for (const toggle of [...this.root.querySelectorAll(`${this.at("toggle")}[aria-expanded='false']`)]) {
        const node = toggle.closest(this.at("node"));
        if (wanted.delete(node.dataset.page)) {
          await this.open(node);
          found = true;
        }
      }
    }
  }

  async restore() {
    try {
      const wanted = JSON.parse(sessionStorage.getItem(this.openKey) || "[]");
      if (Array.isArray(wanted)) await this.openAll(new Set(wanted.slice(0, MOST_REMEMBERED)));
    } catch { sessionStorage.removeItem(this.openKey); }
  }

  // Keys

  /** Move the page that has the focus; Alt alone goes back and forward in browsers. */
  arrow(event) {
    const directions = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };
    const node = event.target.closest(this.at("node"));
    let direction = event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey ? directions[event.key] : undefined;
    if (this.flat || !direction || !node || !("movable" in node.dataset)) return;
    if (getComputedStyle(this.root).direction === "rtl") direction = { in: "out", out: "in" }[direction] || direction;
    event.preventDefault();
    this.stepped(node, direction, event);
  }

  // Dragging

  draggable() {
    for (const kind of ["dragstart", "dragover", "dragleave", "drop", "dragend"]) {
      this.root.addEventListener(kind, (event) => this[kind](event));
    }
  }

  dragstart(event) {
    const node = event.target.closest?.(`${this.at("node")}[data-movable]`);
    if (!node) return;
    this.dragged = node;
    node.classList.add(`${this.prefix}-dragged`);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", node.querySelector(this.title).textContent.trim());
  }

  /** Return where the pointer would put the page: the node under it and the position; null where it cannot go. */
  goal(event) {
    const row = event.target.closest?.(this.at("row"));
    const node = row?.closest(this.at("node"));
    if (!this.dragged || !node || this.dragged.contains(node)) return null;
    const box = row.getBoundingClientRect();
    const part = (event.clientY - box.top) / box.height;
    // Beside the root of a site nothing can stand.
    if (!node.dataset.parent) return { node, row, position: "last-child" };
    return { node, row, position: part < 0.3 ? "before" : part > 0.7 ? "after" : "last-child" };
  }

  mark(row, position) {
    for (const item of this.root.querySelectorAll("[data-drop]")) delete item.dataset.drop;
    if (row) row.dataset.drop = position;
  }

  dragover(event) {
    const goal = this.goal(event);
    this.mark(goal?.row, goal?.position);
    if (!goal) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (goal.node !== this.over) {
      this.over = goal.node;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { if (this.dragged) this.open(goal.node).catch(() => {}); }, this.hover);
    }
  }

  dragleave(event) { if (!this.root.contains(event.relatedTarget)) this.mark(null); }

  drop(event) {
    const goal = this.goal(event);
    const node = this.dragged;
    this.dragend();
    if (!goal || !node) return;
    event.preventDefault();
    this.moved(node, goal);
  }

  dragend() {
    clearTimeout(this.timer);
    this.over = null;
    this.mark(null);
    this.dragged?.classList.remove(`${this.prefix}-dragged`);
    this.dragged = null;
  }
}

window.aiCmsLevels = Levels;
