// The structure editor of documents. The text area it stands before holds the JSON that is submitted; every change is
// written there at once. No framework, no inline styles or scripts, nothing loaded. It needs the other widget-*.js before
// it: an import would name a file that storages with hashed names may not serve.

const { el, fieldFor, freshId, say } = globalThis.aiCmsBlocks;
const { Places, newId, placeErrors, twinOf, typeSelect } = globalThis.aiCmsPlaces;
const { Steps } = globalThis.aiCmsSteps;
const { shorten, summaryOf } = globalThis.aiCmsBlockText;
class BlocksEditor {
  constructor(root) {
    this.textarea = root.querySelector("textarea");
    this.data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    this.words = this.data.words;
    this.types = new Map(this.data.types.map((entry) => [entry.type, entry]));
    this.places = new Places(this.types, () => this.blocks);
    this.open = new Set();
    this.errors = new WeakMap();
    this.nodes = new WeakMap();
    this.live = el("div", { class: "aicb-live", role: "status", "aria-live": "polite" });
    this.canvas = el("div", { class: "aicb-canvas", role: "group", "aria-label": this.labelText() });
    this.problem = el("p", { class: "aicb-error", role: "alert", hidden: true });
    this.toggle = el("button", { type: "button", class: "aicb-button", onclick: () => this.switchMode() });
    this.steps = new Steps(root, this.words.undo, () => this.undo());
    root.append(this.problem, this.canvas, el("p", { class: "aicb-bar" }, this.toggle, this.steps.button), this.live);
    if (this.read()) {
      this.placeErrors();
      this.reopen();
      this.show(true);
    } else this.show(false);
    // A browser that comes back to the page puts into the text area what stood there when it was left.
    window.addEventListener("pageshow", () => this.reload());
    root.addEventListener("aicb:reload", () => this.reload());
    if (this.textarea.form) this.textarea.form.addEventListener("submit", () => this.remember());
  }

  /** Show what the text area holds where that is not what is shown. */
  reload() {
    if (this.textarea.value === this.shown) return;
    const ids = this.openIds();
    this.steps.clear();
    if (!this.read()) {
      this.show(false);
      return;
    }
    this.openAll(new Set(ids));
    this.show(true);
    this.textarea.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // After saving, the blocks that were open are open again.

  get place() { return `ai-cms-open-blocks:${location.pathname}:${this.textarea.name}`; }

  openIds() { return [...this.open].map((block) => block.id).filter(Boolean); }

  openAll(ids, list = this.blocks) {
    for (const block of list) {
      if (ids.has(block.id)) this.open.add(block);
      this.openAll(ids, block.children || []);
    }
  }

  remember() {
    try { sessionStorage.setItem(this.place, JSON.stringify(this.openIds().slice(0, 300))); } catch { /* A full store. */ }
  }

  reopen() {
    try {
      const ids = JSON.parse(sessionStorage.getItem(this.place) || "[]");
      sessionStorage.removeItem(this.place);
      if (Array.isArray(ids)) this.openAll(new Set(ids));
    } catch { /* Nothing was remembered. */ }
  }

  labelText() {
    const label = this.textarea.labels && this.textarea.labels[0];
    return label ? label.textContent.trim().replace(/:$/, "") : this.words.editor;
  }

  /** Read the text area; say whether it holds a document. */
  read() {
    try {
      const value = JSON.parse(this.textarea.value.trim() || "[]");
      if (!Array.isArray(value) || value.some((block) => block === null || typeof block !== "object")) return false;
      this.blocks = value;
      this.open = new Set();
      this.shown = this.textarea.value;
      return true;
    } catch {
      return false;
    }
  }

  save() {
    this.textarea.value = JSON.stringify(this.blocks, null, 2);
    this.shown = this.textarea.value;
    this.textarea.dispatchEvent(new Event("change", { bubbles: true }));
  }

  show(asBlocks) {
    this.textarea.hidden = asBlocks;
    this.canvas.hidden = !asBlocks;
    this.toggle.textContent = asBlocks ? this.words.asJson : this.words.asBlocks;
    if (asBlocks) this.render();
  }

  switchMode() {
    this.problem.hidden = true;
    if (!this.textarea.hidden && !this.read()) {
      this.problem.textContent = this.words.notJson;
      this.problem.hidden = false;
      return;
    }
    this.steps.clear();
    this.show(!this.textarea.hidden);
  }

  announce(text) {
    this.live.textContent = "";
    requestAnimationFrame(() => { this.live.textContent = text; });
  }

  /** Give each error to the block it is about, so that it stays there when blocks move. */
  placeErrors() {
    const { general, byBlock } = placeErrors(this.data.errors, this.blocks);
    this.general = general;
    for (const [block, own] of byBlock) {
      this.errors.set(block, own);
      for (const around of [...this.places.above(block), block]) this.open.add(around);
    }
  }

  label(block) {
    return (this.types.get(block.type) || {}).label || this.data.known[block.type] || String(block.type);
  }

  /** Return the first words of a block, or of the blocks in it where it has none of its own. */
  summary(block) {
    const own = summaryOf(block, (this.types.get(block.type) || {}).schema || {});
    return shorten(own || (block.children || []).slice(0, 8).map((child) => this.summary(child)).filter(Boolean).join(" · "));
  }

  render() {
    const general = (this.general || []).map((text) => el("p", { class: "aicb-error" }, text));
    this.canvas.replaceChildren(...general, ...this.level(this.blocks, null));
  }

  /** Render the blocks of one list and the controls that add to it. */
  level(list, parent) {
    const items = list.map((block, index) => this.block(block, index, list, parent));
    if (this.ghost && this.ghost.list === list) items.splice(this.ghost.index, 0, this.ghostItem());
    const empty = !items.length && !parent ? el("p", { class: "aicb-help" }, this.words.empty) : null;
    return [empty, items.length ? el("ol", {}, ...items) : null, this.adder(list, parent)].filter(Boolean);
  }

  block(block, index, list, parent) {
    const entry = this.types.get(block.type);
    const name = this.label(block);
    const locked = Boolean(block.meta && block.meta.locked);
    const own = this.errors.get(block);
    const bodyId = freshId("aicb-body");
    const expanded = this.open.has(block);
    const body = el("div", { class: "aicb-body", id: bodyId, hidden: !expanded });
    const toggle = el(
      "button",
      { type: "button", class: "aicb-toggle", "aria-expanded": String(expanded), "aria-controls": bodyId,
        onclick: () => this.expand(block, toggle, body) },
      el("span", { class: "aicb-name" }, name),
      el("span", { class: "aicb-summary" }, this.summary(block)),
      own ? el("span", { class: "aicb-flag" }, say(this.words.errors, "⚠")) : null,
    );
    const tool = (kind, sign, disabled, action) => el(
      "button",
      { type: "button", class: "aicb-button", "data-tool": kind, "aria-label": say(this.words[kind], name),
        title: say(this.words[kind], name), "aria-disabled": disabled ? "true" : null,
        onclick: () => { if (!disabled) action(); } },
      sign,
    );
    const inward = locked ? [] : this.places.inward(list, index);
    const outward = locked || !parent ? null : this.places.outward(block);
    const item = el(
      "li",
      { class: "aicb-block", id: block.id ? `aicb-${block.id}` : null },
      this.gap(list, index, parent, name),
      el(
        "div",
        { class: "aicb-head" },
        toggle,
        el(
          "div",
          { class: "aicb-tools" },
          outward ? tool("out", "←", false, () => this.moveOut(list, index, outward)) : null,
          inward.length ? tool("in", "→", false, () => this.chooseIn(list, index, inward)) : null,
          tool("up", "↑", locked || index === 0, () => this.move(list, index, -1)),
          tool("down", "↓", locked || index === list.length - 1, () => this.move(list, index, 1)),
          entry && !this.places.isFull(parent) ? tool("duplicate", "", false, () => this.duplicate(list, index)) : null,
          tool("remove", "×", locked, () => this.remove(list, index, parent)),
        ),
      ),
      body,
    );
    this.nodes.set(block, item);
    if (expanded) this.fill(block, entry, name, locked, own, body);
    return item;
  }

  expand(block, toggle, body) {
    const expanded = !this.open.has(block);
    this.open[expanded ? "add" : "delete"](block);
    toggle.setAttribute("aria-expanded", String(expanded));
    body.hidden = !expanded;
    if (expanded && !body.hasChildNodes()) {
      const locked = Boolean(block.meta && block.meta.locked);
      this.fill(block, this.types.get(block.type), this.label(block), locked, this.errors.get(block), body);
    }
    this.refreshSummary(block);
  }

  refreshSummary(block) {
    const changed = this.nodes.get(block);
    // The blocks around it may be called by its words.
    const renew = (each) => {
      const node = this.nodes.get(each);
      if (!node || !node.contains(changed)) return;
      node.querySelector(".aicb-summary").textContent = this.summary(each);
      (each.children || []).forEach(renew);
    };
    if (changed) this.blocks.forEach(renew);
  }

  /** Put the fields and the children of a block into its body. */
  fill(block, entry, name, locked, own, body) {
    for (const text of (own && own.get("")) || []) body.append(el("p", { class: "aicb-error" }, text));
    if (!(block.type in this.data.known)) body.append(el("p", { class: "aicb-help" }, say(this.words.unknown, block.type)));
    if (locked) body.append(el("p", { class: "aicb-help" }, this.words.locked));
    if (entry && Object.keys(entry.schema.properties || {}).length) {
      if (!block.props || typeof block.props !== "object") block.props = {};
      const group = el("div", { role: "group", "aria-label": say(this.words.fields, name) });
      for (const [key, schema] of Object.entries(entry.schema.properties)) {
        group.append(fieldFor(schema, {
          root: entry.schema,
          value: key in block.props ? block.props[key] : entry.defaults[key],
          label: schema.title || key,
          required: (entry.schema.required || []).includes(key),
          path: key,
          errors: own || new Map(),
          words: this.words,
          disabled: locked,
          set: (value) => {
            if (value === undefined) delete block.props[key];
            else block.props[key] = value;
            this.save();
            this.refreshSummary(block);
          },
        }));
      }
      body.append(group);
    }
    const children = block.children || [];
    if (entry && (entry.children || children.length)) {
      if (!block.children && entry.children) block.children = children;
      body.append(el("div", { class: "aicb-children" }, ...this.level(children, block)));
    }
  }

  /** The button between two blocks; it makes room for choosing a type. */
  gap(list, index, parent, name) {
    if (!this.places.choices(parent).length || this.places.isFull(parent)) return null;
    const label = say(this.words.addBefore, name);
    const button = el("button", { type: "button", class: "aicb-button aicb-gap", "aria-label": label, title: label, onclick: () => {
      const adder = this.adder(list, parent, index, label);
      button.replaceWith(adder);
      adder.querySelector("select").focus();
    } }, "+");
    return button;
  }

  /** The choice of a type to add at ``index`` (default: at the end); with an index it can be closed again. */
  adder(list, parent, index = null, name = "") {
    const choices = this.places.choices(parent);
    if (!choices.length) return null;
    if (this.places.isFull(parent)) return el("p", { class: "aicb-help" }, this.words.full);
    const select = typeSelect(choices, this.words.choose);
    const label = name || (parent ? say(this.words.addInside, this.label(parent)) : this.words.add);
    const add = () => {
      if (select.value) this.add(list, select.value, index ?? list.length);
      else select.focus();
    };
    const close = () => {
      this.render();
      this.nodes.get(list[index]).querySelector(".aicb-gap").focus();
    };
    return el(
      "div",
      { class: index === null ? "aicb-add" : "aicb-add aicb-add-between",
        onkeydown: (event) => { if (event.key === "Escape" && index !== null) close(); } },
      el("div", { class: "aicb-choice" }, el("label", { for: select.id }, label), select),
      el("button", { type: "button", class: "aicb-button", "aria-label": label, onclick: add }, this.words.addButton),
      index === null ? null : el("button", { type: "button", class: "aicb-button", onclick: close }, this.words.cancel),
    );
  }

  add(list, type, index) {
    const entry = this.types.get(type);
    const block = { id: newId(type), type, v: entry.version, props: structuredClone(entry.defaults) };
    if (entry.children) block.children = [];
    list.splice(index, 0, block);
    this.open.add(block);
    this.changed(say(this.words.added, entry.label), () => this.take(block));
    const node = this.nodes.get(block);
    (node.querySelector(".aicb-body input, .aicb-body textarea, .aicb-body select") || node.querySelector(".aicb-toggle")).focus();
  }

  duplicate(list, index) {
    const twin = twinOf(list[index]);
    list.splice(index + 1, 0, twin);
    this.changed(say(this.words.duplicated, this.label(twin)), () => this.take(twin));
    this.nodes.get(twin).querySelector(".aicb-toggle").focus();
  }

  move(list, index, step) {
    const [block] = list.splice(index, 1);
    list.splice(index + step, 0, block);
    this.changed(say(this.words.moved, this.label(block), index + step + 1, list.length), () => this.put(block, list, index));
    this.nodes.get(block).querySelector(`[data-tool="${step < 0 ? "up" : "down"}"]`).focus();
  }

  /** Move a block into the one container there is, or ask which. */
  chooseIn(list, index, places) {
    if (places.length === 1) {
      this.moveIn(list, index, places[0]);
      return;
    }
    const block = list[index];
    const name = ({ container }) => {
      const above = (this.places.above(container) || []).map((each) => this.label(each));
      const beside = (above.length ? this.places.above(container).at(-1).children : this.blocks).indexOf(container) + 1;
      return [...above, `${beside}. ${this.label(container)}`].join(" / ");
    };
    const select = el("select", { id: freshId("aicb-in") }, ...places.map((place, number) => el("option", { value: number }, name(place))));
    // The nearest is the last one of the block before, if there is one.
    select.value = String(Math.max(places.filter((place) => !place.first).length - 1, 0));
    const close = () => {
      this.render();
      this.focusTool(block, "in");
    };
    const choice = el(
      "div",
      { class: "aicb-add aicb-add-between", onkeydown: (event) => { if (event.key === "Escape") close(); } },
      el("div", { class: "aicb-choice" }, el("label", { for: select.id }, say(this.words.chooseIn, this.label(block))), select),
      el("button", { type: "button", class: "aicb-button", onclick: () => this.moveIn(list, index, places[Number(select.value)]) }, this.words.moveButton),
      el("button", { type: "button", class: "aicb-button", onclick: close }, this.words.cancel),
    );
    this.nodes.get(block).querySelector(":scope > .aicb-head").after(choice);
    select.focus();
  }

  moveIn(list, index, { container, first }) {
    const [block] = list.splice(index, 1);
    container.children ||= [];
    container.children[first ? "unshift" : "push"](block);
    for (const around of this.places.above(block)) this.open.add(around);
    this.changed(say(this.words.movedIn, this.label(block), this.label(container)), () => this.put(block, list, index));
    this.focusTool(block, "out");
  }

  moveOut(list, index, { behind, around }) {
    const [block] = list.splice(index, 1);
    const target = around ? around.children : this.blocks;
    target.splice(target.indexOf(behind) + 1, 0, block);
    this.changed(say(this.words.movedOut, this.label(block), this.label(behind)), () => this.put(block, list, index));
    this.focusTool(block, "in");
  }

  focusTool(block, kind) {
    const node = this.nodes.get(block);
    (node.querySelector(`:scope > .aicb-head [data-tool="${kind}"]`) || node.querySelector(".aicb-toggle")).focus();
  }

  remove(list, index, parent) {
    const [block] = list.splice(index, 1);
    const text = say(this.words.removed, this.label(block));
    this.changed(text, () => this.put(block, list, index), { list, index, text });
    const next = list[index] || list[index - 1] || parent;
    const target = next ? this.nodes.get(next) : this.canvas;
    (target.querySelector(".aicb-toggle") || target.querySelector("select") || this.toggle).focus();
  }

  // Undoing

  take(block) { return this.places.take(block); }

  put(block, list, index) {
    this.take(block);
    list.splice(Math.min(index, list.length), 0, block);
    return block;
  }

  ghostItem() {
    const undo = el("button", { type: "button", class: "aicb-button", onclick: () => this.undo() }, this.words.undo);
    return el("li", { class: "aicb-ghost" }, el("span", {}, this.ghost.text), undo);
  }

  undo() {
    const step = this.steps.back();
    if (!step) return;
    this.ghost = null;
    this.save();
    this.render();
    this.announce(say(this.words.undoneText, step.text));
    const node = step.block && this.nodes.get(step.block);
    ((node && node.querySelector(".aicb-toggle")) || this.toggle).focus();
  }

  changed(text, back, ghost = null) {
    this.steps.add(text, back);
    this.ghost = ghost;
    this.save();
    this.render();
    this.announce(text);
  }
}

function start(scope) {
  for (const root of scope.querySelectorAll("[data-ai-cms-blocks]")) {
    // The empty form of an inline formset is a pattern, not a form.
    if (root.dataset.aiCmsBlocks === "on" || root.closest(".empty-form")) continue;
    root.dataset.aiCmsBlocks = "on";
    new BlocksEditor(root);
  }
}

start(document);
document.addEventListener("formset:added", (event) => start(event.target));
