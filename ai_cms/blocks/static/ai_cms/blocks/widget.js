// The structure editor of documents. The text area it stands before holds the JSON that is submitted; every change is
// written there at once. No framework, no inline styles or scripts, nothing loaded. It needs widget-fields.js before it:
// an import would name a file that storages with hashed names may not serve.

const { el, fieldFor, freshId, say } = globalThis.aiCmsBlocks;

function blockId(type) {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return (/^[a-z]/.test(type) ? type[0] : "b") + hex;
}

class BlocksEditor {
  constructor(root) {
    this.textarea = root.querySelector("textarea");
    this.data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    this.words = this.data.words;
    this.types = new Map(this.data.types.map((entry) => [entry.type, entry]));
    this.open = new Set();
    this.errors = new WeakMap();
    this.nodes = new WeakMap();
    this.live = el("div", { class: "aicb-live", role: "status", "aria-live": "polite" });
    this.canvas = el("div", { class: "aicb-canvas", role: "group", "aria-label": this.labelText() });
    this.problem = el("p", { class: "aicb-error", role: "alert", hidden: true });
    this.toggle = el("button", { type: "button", class: "aicb-button", onclick: () => this.switchMode() });
    root.append(this.problem, this.canvas, el("p", {}, this.toggle), this.live);
    if (this.read()) {
      this.placeErrors();
      this.show(true);
    } else this.show(false);
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
      return true;
    } catch {
      return false;
    }
  }

  save() {
    this.textarea.value = JSON.stringify(this.blocks, null, 2);
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
    this.show(!this.textarea.hidden);
  }

  announce(text) {
    this.live.textContent = "";
    requestAnimationFrame(() => { this.live.textContent = text; });
  }

  /** Give each error to the block it is about, so that it stays there when blocks move. */
  placeErrors() {
    this.general = [];
    for (const error of this.data.errors) {
      let list = this.blocks;
      let block = null;
      const loc = [...error.loc];
      while (loc.length && Array.isArray(list) && list[loc[0]]) {
        block = list[loc.shift()];
        list = loc[0] === "children" ? block.children : null;
        if (list) loc.shift();
      }
      if (!block) this.general.push(error.msg);
      else {
        const own = this.errors.get(block) || new Map();
        const key = loc[0] === "props" ? loc.slice(1).join(".") : "";
        own.set(key, [...(own.get(key) || []), error.msg]);
        this.errors.set(block, own);
        this.reveal(this.blocks, block);
      }
    }
  }

  /** Open a block and those around it. */
  reveal(list, wanted) {
    return list.some((block) => {
      const found = block === wanted || this.reveal(block.children || [], wanted);
      if (found) this.open.add(block);
      return found;
    });
  }

  label(block) {
    return (this.types.get(block.type) || {}).label || this.data.known[block.type] || String(block.type);
  }

  summary(block) {
    const properties = ((this.types.get(block.type) || {}).schema || {}).properties || {};
    const isText = ([key, value]) => typeof value === "string" && value.trim() && !(properties[key] || {}).enum;
    const [, text] = Object.entries(block.props || {}).find(isText) || [];
    // Words of two paragraphs stay apart, those around an inline tag stay together. The parser loads and runs nothing.
    const spaced = (text || "").replace(/<\/?(?:p|li|ul|ol|br|hr|h\d|div|pre|blockquote|table|t[rdh])\b/gi, " $&");
    const plain = new DOMParser().parseFromString(spaced, "text/html").body.textContent;
    return plain.replace(/\s+/g, " ").trim().slice(0, 60);
  }

  render() {
    const general = (this.general || []).map((text) => el("p", { class: "aicb-error" }, text));
    this.canvas.replaceChildren(...general, ...this.level(this.blocks, null));
  }

  /** Render the blocks of one list and the controls that add to it. */
  level(list, parent) {
    const items = list.map((block, index) => this.block(block, index, list, parent));
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
    const item = el(
      "li",
      { class: "aicb-block", id: block.id ? `aicb-${block.id}` : null },
      el(
        "div",
        { class: "aicb-head" },
        toggle,
        el(
          "div",
          { class: "aicb-tools" },
          tool("up", "↑", locked || index === 0, () => this.move(list, index, -1)),
          tool("down", "↓", locked || index === list.length - 1, () => this.move(list, index, 1)),
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
    toggle.querySelector(".aicb-summary").textContent = this.summary(block);
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

  /** Return the types that can be added to the children of a block, or to the root. */
  choices(parent) {
    const inside = parent ? (this.types.get(parent.type) || {}).children : { allow: "*" };
    if (!inside) return [];
    return this.data.types.filter((entry) => {
      const allowed = inside.allow === "*" || inside.allow.includes(entry.type);
      return allowed && (entry.parents === null || entry.parents.includes(parent ? parent.type : ""));
    });
  }

  adder(list, parent) {
    const choices = this.choices(parent);
    if (!choices.length) return null;
    const limits = parent ? this.types.get(parent.type).children : {};
    if (limits.max !== null && limits.max !== undefined && list.length >= limits.max) {
      return el("p", { class: "aicb-help" }, this.words.full);
    }
    const groups = new Map();
    for (const entry of choices) groups.set(entry.group, [...(groups.get(entry.group) || []), entry]);
    const select = el("select", { id: freshId("aicb-add") }, el("option", { value: "" }, this.words.choose));
    for (const [group, entries] of groups) {
      const options = entries.map((entry) => el("option", { value: entry.type }, entry.label));
      select.append(el("optgroup", { label: group }, ...options));
    }
    const label = parent ? say(this.words.addInside, this.label(parent)) : this.words.add;
    const add = () => {
      if (select.value) this.add(list, select.value);
      else select.focus();
    };
    return el(
      "div",
      { class: "aicb-add" },
      el("div", { class: "aicb-choice" }, el("label", { for: select.id }, label), select),
      el("button", { type: "button", class: "aicb-button", "aria-label": label, onclick: add }, this.words.addButton),
    );
  }

  add(list, type) {
    const entry = this.types.get(type);
    const block = { id: blockId(type), type, v: entry.version, props: structuredClone(entry.defaults) };
    if (entry.children) block.children = [];
    list.push(block);
    this.open.add(block);
    this.changed(say(this.words.added, entry.label));
    const node = this.nodes.get(block);
    (node.querySelector(".aicb-body input, .aicb-body textarea, .aicb-body select") || node.querySelector("button")).focus();
  }

  move(list, index, step) {
    const [block] = list.splice(index, 1);
    list.splice(index + step, 0, block);
    this.changed(say(this.words.moved, this.label(block), index + step + 1, list.length));
    this.nodes.get(block).querySelector(`[data-tool="${step < 0 ? "up" : "down"}"]`).focus();
  }

  remove(list, index, parent) {
    const [block] = list.splice(index, 1);
    this.changed(say(this.words.removed, this.label(block)));
    const next = list[index] || list[index - 1] || parent;
    const target = next ? this.nodes.get(next) : this.canvas;
    (target.querySelector(".aicb-toggle") || target.querySelector("select") || this.toggle).focus();
  }

  changed(text) {
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
