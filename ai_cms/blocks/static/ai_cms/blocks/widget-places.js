// Where a block may stand, by the catalogue of types: what can be added, moved into a container and out of it again.

class Places {
  /** ``types``: the catalogue's entries by name. ``root``: returns the list of blocks at the top. */
  constructor(types, root) {
    this.types = types;
    this.root = root;
  }

  entry(parent) { return this.types.get(parent.type) || {}; }

  /** Whether a block of ``type`` may be put beside the children of ``parent`` (null: at the top). */
  accepts(parent, type) {
    const entry = this.types.get(type);
    const inside = parent ? this.entry(parent).children : { allow: "*" };
    if (!entry || !inside) return false;
    const allowed = inside.allow === "*" || inside.allow.includes(type);
    return allowed && (entry.parents === null || entry.parents.includes(parent ? parent.type : ""));
  }

  isFull(parent) {
    const inside = parent ? this.entry(parent).children || {} : {};
    const max = inside.max ?? null;
    return max !== null && (parent.children || []).length >= max;
  }

  /** Return the types that can be added to the children of a block, or to the top. */
  choices(parent) {
    return [...this.types.values()].filter((entry) => this.accepts(parent, entry.type));
  }

  /** Take a block out of the document; returns the block that stands in its place, beside it or around it. */
  take(block) {
    const above = this.above(block);
    if (!above) return null;
    const around = above[above.length - 1] || null;
    const list = around ? around.children : this.root();
    const index = list.indexOf(block);
    list.splice(index, 1);
    return list[index] || list[index - 1] || around;
  }

  /** Return the blocks around ``block``, the outermost first; null where it is not in the document. */
  above(block, list = this.root()) {
    for (const candidate of list) {
      if (candidate === block) return [];
      const found = this.above(block, candidate.children || []);
      if (found) return [candidate, ...found];
    }
    return null;
  }

  /**
   * Return the containers that a block at ``index`` can be moved into, in the order of the page: those in the block before it,
   * where it comes last, and those in the block behind it, where it comes first.
   */
  inward(list, index) {
    const block = list[index];
    const found = [];
    const look = (candidate, first) => {
      if (!candidate || (candidate.meta && candidate.meta.locked)) return;
      if (this.accepts(candidate, block.type) && !this.isFull(candidate)) found.push({ container: candidate, first });
      for (const child of candidate.children || []) look(child, first);
    };
    look(list[index - 1], false);
    look(list[index + 1], true);
    return found;
  }

  /** Return the block behind which a block would be moved out, with the one around that (null: the top). */
  outward(block) {
    const above = this.above(block) || [];
    for (let index = above.length - 1; index >= 0; index -= 1) {
      const around = index ? above[index - 1] : null;
      if (this.accepts(around, block.type) && !this.isFull(around)) return { behind: above[index], around };
    }
    return null;
  }
}

function newId(type) {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return (/^[a-z]/.test(type) ? type[0] : "b") + hex;
}

/** Return a copy of a block with new ids, unlocked, by nobody yet. */
function twinOf(block) {
  const { meta, ...rest } = structuredClone(block);
  const twin = { ...rest, id: newId(block.type) };
  if (twin.children) twin.children = twin.children.map(twinOf);
  return twin;
}

/** Return the errors about blocks as maps from a field's path to its texts, by block, and those about none. */
function placeErrors(errors, blocks) {
  const general = [];
  const byBlock = new Map();
  for (const error of errors) {
    let list = blocks;
    let block = null;
    const loc = [...error.loc];
    while (loc.length && Array.isArray(list) && list[loc[0]]) {
      block = list[loc.shift()];
      list = loc[0] === "children" ? block.children : null;
      if (list) loc.shift();
    }
    if (!block) {
      general.push(error.msg);
      continue;
    }
    const own = byBlock.get(block) || new Map();
    const key = loc[0] === "props" ? loc.slice(1).join(".") : "";
    byBlock.set(block, own.set(key, [...(own.get(key) || []), error.msg]));
  }
  return { general, byBlock };
}

/** Return a choice of types by their groups. */
function typeSelect(choices, prompt) {
  const { el, freshId } = globalThis.aiCmsBlocks;
  const groups = new Map();
  for (const entry of choices) groups.set(entry.group, [...(groups.get(entry.group) || []), entry]);
  const select = el("select", { id: freshId("aicb-add") }, el("option", { value: "" }, prompt));
  for (const [group, entries] of groups) {
    const options = entries.map((entry) => el("option", { value: entry.type }, entry.label));
    select.append(el("optgroup", { label: group }, ...options));
  }
  return select;
}

globalThis.aiCmsPlaces = { Places, newId, placeErrors, twinOf, typeSelect };
