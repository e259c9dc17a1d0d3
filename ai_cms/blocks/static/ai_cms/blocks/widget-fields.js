// Form fields made of JSON Schemas. Nothing is validated here: the server says what is wrong, by path.

const { htmlOf, inlineHtmlOf, typedOf, wholeAddress } = globalThis.aiCmsBlockText;

/** Make an element: el("button", {class: "x", onclick: f}, "text", child). */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Fill the %s of a sentence. */
function say(sentence, ...values) {
  return sentence.replace(/%s/g, () => values.shift());
}

let serial = 0;
const freshId = (prefix) => `${prefix}-${(serial += 1)}`;

/** Follow $ref and merge allOf; keep what stands beside them. */
function resolve(schema, root) {
  let result = schema;
  for (let guard = 0; guard < 8; guard += 1) {
    if (result.$ref) {
      const target = result.$ref.replace(/^#\//, "").split("/").reduce((node, key) => (node || {})[key], root) || {};
      const { $ref, ...beside } = result;
      result = { ...target, ...beside };
    } else if (result.allOf) {
      const { allOf, ...beside } = result;
      result = Object.assign({}, ...allOf.map((part) => resolve(part, root)), beside);
    } else break;
  }
  return result;
}

/** Split off null: [schema of the value, whether null is allowed]. */
function unwrap(schema, root) {
  const whole = resolve(schema, root);
  const options = whole.anyOf || whole.oneOf;
  if (!options) return [whole, false];
  const rest = options.map((option) => resolve(option, root)).filter((option) => option.type !== "null");
  const nullable = rest.length < options.length;
  const { anyOf, oneOf, ...beside } = whole;
  return [rest.length === 1 ? { ...rest[0], ...beside } : whole, nullable];
}

function blankOf(schema, root) {
  const [plain, nullable] = unwrap(schema, root);
  if (plain.default !== undefined) return structuredClone(plain.default);
  if (nullable) return null;
  if (plain.enum) return plain.enum[0];
  if (plain.const !== undefined) return plain.const;
  if (plain.type === "object") {
    const required = plain.required || [];
    const entries = Object.entries(plain.properties || {}).filter(([key]) => required.includes(key));
    return Object.fromEntries(entries.map(([key, inner]) => [key, blankOf(inner, root)]));
  }
  return { string: "", array: [], boolean: false, integer: plain.minimum ?? 0, number: plain.minimum ?? 0 }[plain.type] ?? null;
}

/** Return a field. options: root, value, label, required, path, errors, words, disabled, set(value or undefined). */
function fieldFor(schema, options) {
  const [plain, nullable] = unwrap(schema, options.root);
  const context = { ...options, nullable, errorTexts: options.errors.get(options.path) || [] };
  if (plain.type === "array" && plain.items && !Array.isArray(plain.items)) return listField(plain, context);
  if (plain.type === "object" && plain.properties) return objectField(plain, context);
  if (plain.type === "boolean" && !nullable) return checkField(plain, context);
  return scalarField(plain, context);
}

/** Put a label, help and errors around a control. */
function wrap(control, plain, context, check = false) {
  const id = freshId("aicb");
  control.id = id;
  const described = [];
  const help = plain.description ? el("p", { class: "aicb-help", id: `${id}-help` }, plain.description) : null;
  if (help) described.push(help.id);
  const errors = context.errorTexts.map((text, index) => {
    described.push(`${id}-error-${index}`);
    return el("p", { class: "aicb-error", id: `${id}-error-${index}` }, text);
  });
  if (errors.length) control.setAttribute("aria-invalid", "true");
  if (described.length) control.setAttribute("aria-describedby", described.join(" "));
  if (context.disabled) control.disabled = true;
  const mark = context.required ? ` (${context.words.required})` : "";
  const label = el("label", { for: id }, context.label + mark);
  if (context.required && !check) control.setAttribute("aria-required", "true");
  return check
    ? el("div", { class: "aicb-field" }, el("div", { class: "aicb-check" }, control, label), help, ...errors)
    : el("div", { class: "aicb-field" }, label, control, help, ...errors);
}

function checkField(plain, context) {
  const input = el("input", { type: "checkbox", onchange: () => context.set(input.checked) });
  input.checked = Boolean(context.value);
  return wrap(input, plain, context, true);
}

function scalarField(plain, context) {
  if (plain.enum || plain.const !== undefined) return choiceField(plain, context);
  if (plain.type === "boolean") return choiceField({ ...plain, enum: [true, false] }, context);
  if (plain.type === "integer" || plain.type === "number") return numberField(plain, context);
  if (plain.type === "string") return textField(plain, context);
  return jsonField(plain, context);
}

function choiceField(plain, context) {
  const values = plain.enum || [plain.const];
  const labels = plain["x-labels"] || {};
  const select = el("select", { onchange: () => context.set(select.value === "" ? (context.nullable ? null : undefined) : values[Number(select.value)]) });
  if (context.nullable || !values.includes(context.value)) select.append(el("option", { value: "" }, context.words.none));
  values.forEach((value, index) => {
    const text = labels[String(value)] ?? (value === "" ? context.words.none : String(value));
    select.append(el("option", { value: String(index) }, text));
  });
  const current = values.indexOf(context.value);
  select.value = current < 0 ? "" : String(current);
  return wrap(select, plain, context);
}

function numberField(plain, context) {
  const input = el("input", {
    type: "number", min: plain.minimum, max: plain.maximum, step: plain.type === "integer" ? 1 : "any",
    value: context.value ?? "",
    oninput: () => {
      // A half-typed number is no number; the last one stays until it is.
      if (input.value === "") context.set(context.nullable ? null : undefined);
      else if (Number.isFinite(input.valueAsNumber)) context.set(input.valueAsNumber);
    },
  });
  return wrap(input, plain, context);
}

const INPUT_TYPES = { date: "date", "date-time": "datetime-local", time: "time", email: "email", color: "color" };

/** What is kept of a typed text, and what is shown of a kept one, by the field's widget. */
const READ = { richtext: htmlOf, "inline-richtext": inlineHtmlOf };
const SHOW = { richtext: (html) => typedOf(html), "inline-richtext": (html) => typedOf(html, true) };

function textField(plain, context) {
  const widget = plain["x-widget"];
  const long = ["textarea", "richtext", "code"].includes(widget) || (!widget && (plain.maxLength || 0) > 2000);
  const keep = (text) => context.set(text === "" && context.nullable ? null : (READ[widget] || String)(text));
  const kept = typeof context.value === "string" ? context.value : "";
  const shared = { value: (SHOW[widget] || String)(kept), oninput: (event) => keep(event.target.value), maxlength: plain.maxLength };
  const control = long
    ? el("textarea", { ...shared, rows: widget === "richtext" || widget === "code" ? 8 : 4, spellcheck: widget === "code" ? "false" : null })
    : el("input", { ...shared, type: INPUT_TYPES[plain.format] || "text", inputmode: widget === "url" ? "url" : null, "data-aicms-widget": widget || null });
  if (widget === "url") return addressField(control, keep, plain, context);
  const hint = widget === "richtext" ? context.words.richText : "";
  return wrap(control, hint ? { ...plain, description: [plain.description, hint].filter(Boolean).join(" ") } : plain, context);
}

let pressed = false;
const waiting = [];
document.addEventListener("pointerdown", () => { pressed = true; }, true);
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    pressed = false;
    // The click comes after this.
    for (const then of waiting.splice(0)) setTimeout(then);
  }, true);
}

/** Do what makes the form longer, after a press that is under way: what moves from under the pointer gets no click. */
function afterPress(then) {
  if (pressed) waiting.push(then);
  else then();
}

/** An address gets the scheme that was left out, when the field is left; a note says so. */
function addressField(control, keep, plain, context) {
  const note = el("p", { class: "aicb-note", role: "status" });
  control.addEventListener("change", () => {
    const whole = wholeAddress(control.value);
    const said = whole === control.value ? "" : say(context.words.completed, whole);
    afterPress(() => { note.textContent = said; });
    if (whole === control.value) return;
    control.value = whole;
    keep(whole);
  });
  const field = wrap(control, plain, context);
  field.append(note);
  return field;
}

/** For what no field is known: its JSON. */
function jsonField(plain, context) {
  const control = el("textarea", {
    rows: 4, spellcheck: "false", value: context.value === undefined ? "" : JSON.stringify(context.value, null, 2),
    oninput: () => {
      try {
        context.set(control.value.trim() === "" ? undefined : JSON.parse(control.value));
        control.removeAttribute("aria-invalid");
      } catch {
        control.setAttribute("aria-invalid", "true");
      }
    },
  });
  return wrap(control, plain, context);
}

/** A fieldset with a legend and, in front of everything, the errors that are about all of it. */
function group(context, plain, ...children) {
  const errors = context.errorTexts.map((text) => el("p", { class: "aicb-error" }, text));
  const help = plain.description ? el("p", { class: "aicb-help" }, plain.description) : null;
  const mark = context.required ? ` (${context.words.required})` : "";
  return el("fieldset", { class: "aicb-group" }, el("legend", { class: "aicb-legend" }, context.label + mark), help, ...errors, ...children);
}

function objectField(plain, context) {
  const fields = el("div", {});
  const draw = (value) => {
    const properties = Object.entries(plain.properties);
    fields.replaceChildren(...(value === null || value === undefined ? [] : properties.map(([key, inner]) => fieldFor(inner, {
      ...context,
      value: key in value ? value[key] : unwrap(inner, context.root)[0].default,
      label: resolve(inner, context.root).title || key,
      required: (plain.required || []).includes(key),
      path: `${context.path}.${key}`,
      set: (changed) => {
        if (changed === undefined) delete value[key];
        else value[key] = changed;
        context.set(value);
      },
    }))));
  };
  let current = context.value && typeof context.value === "object" ? context.value : null;
  if (!context.nullable && current === null) current = {};
  draw(current);
  if (!context.nullable) return group(context, plain, fields);
  const box = el("input", { type: "checkbox", onchange: () => {
    current = box.checked ? blankOf({ ...plain, default: undefined }, context.root) : null;
    context.set(current);
    draw(current);
  } });
  box.checked = current !== null;
  const set = { ...context, label: say(context.words.set, context.label), required: false, errorTexts: [] };
  return group(context, plain, wrap(box, {}, set, true), fields);
}

function listField(plain, context) {
  const items = Array.isArray(context.value) ? context.value : [];
  const [itemSchema] = unwrap(plain.items, context.root);
  const list = el("ol", {});
  let errors = context.errors;
  const rename = (index) => say(context.words.item, context.label, index + 1);
  const changed = (focus) => {
    // The paths of errors name places that may have changed.
    errors = new Map();
    context.set(items);
    draw();
    const target = list.children[focus] || list.lastElementChild;
    const control = target && target.querySelector("input, textarea, select, button");
    (control || add).focus();
  };
  const button = (kind, sign, index, disabled, action) => el(
    "button",
    { type: "button", class: "aicb-button", "aria-label": say(context.words[kind], rename(index)),
      "aria-disabled": disabled || context.disabled ? "true" : null,
      onclick: () => { if (!disabled && !context.disabled) action(); } },
    sign,
  );
  const draw = () => list.replaceChildren(...items.map((value, index) => {
    const inner = fieldFor(plain.items, {
      ...context, errors, value, label: rename(index), required: false, path: `${context.path}.${index}`,
      set: (next) => { items[index] = next === undefined ? null : next; context.set(items); },
    });
    const swap = (step) => { [items[index], items[index + step]] = [items[index + step], items[index]]; changed(index + step); };
    const fixed = plain.minItems !== undefined && items.length <= plain.minItems;
    return el("li", { class: "aicb-item" }, inner, el(
      "div",
      { class: "aicb-tools" },
      button("up", "↑", index, index === 0, () => swap(-1)),
      button("down", "↓", index, index === items.length - 1, () => swap(1)),
      button("remove", "×", index, fixed, () => {
        const [gone] = items.splice(index, 1);
        removed = { index, gone };
        undo.hidden = false;
        changed(index);
      }),
    ));
  }));
  let removed = null;
  const undo = el("button", { type: "button", class: "aicb-button", hidden: true, onclick: () => {
    items.splice(Math.min(removed.index, items.length), 0, removed.gone);
    undo.hidden = true;
    changed(removed.index);
  } }, context.words.undo);
  const add = el("button", { type: "button", class: "aicb-button", onclick: () => {
    if (context.disabled || (plain.maxItems !== undefined && items.length >= plain.maxItems)) return;
    items.push(blankOf(itemSchema, context.root));
    changed(items.length - 1);
  } }, say(context.words.addItem, context.label));
  if (context.disabled) add.setAttribute("aria-disabled", "true");
  draw();
  return group(context, plain, list, el("div", { class: "aicb-tools" }, add, undo));
}

globalThis.aiCmsBlocks = { el, fieldFor, freshId, say };
