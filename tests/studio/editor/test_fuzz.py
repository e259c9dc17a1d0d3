"""Random operations, undone and redone, with the server's answers under way: the page in the frame is what the server renders."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .driving import Editing, block

pytestmark = pytest.mark.browser

#: One seed of random operations; the page is compared afterwards.
RUN = """async ([seed, count]) => {
  const editor = window.aiCmsEditor;
  let state = seed * 2654435761 % 4294967296;
  const random = (most) => { state = (state * 1664525 + 1013904223) % 4294967296; return Math.floor(state / 4294967296 * most); };
  const all = () => { const found = []; const walk = (list, parent) => list.forEach((block) => { found.push({ block, parent }); walk(block.children ?? [], block.id); }); walk(editor.document, null); return found; };
  const containers = () => [null, ...all().filter(({ block }) => ["column", "section"].includes(block.type)).map(({ block }) => block.id)];
  const children = (id) => id === null ? editor.document : all().find(({ block }) => block.id === id).block.children ?? [];
  const place = () => { const parents = containers(); const parent = parents[random(parents.length)]; const list = children(parent); const at = random(list.length + 1); return { parent, after: at ? list[at - 1].id : null }; };
  let made = 0;
  const fresh = () => {
    const id = `f${seed}x${made++}`;
    const kind = random(5);
    if (kind === 0) return { id, type: "section", props: { title: `Section ${made}` }, children: [] };
    if (kind === 1) return { id, type: "columns", props: {}, children: [{ id: `${id}a`, type: "column", props: {}, children: [] }, { id: `${id}b`, type: "column", props: {}, children: [{ id: `${id}c`, type: "heading", props: { text: "In" } }] }] };
    if (kind === 2) return { id, type: "rich_text", props: { html: `<p>Text ${made}</p>` } };
    return { id, type: "heading", props: { text: `Heading ${made}` } };
  };
  for (let step = 0; step < count; step++) {
    const blocks = all();
    const { block, parent } = blocks[random(blocks.length)] ?? {};
    try {
      switch (random(8)) {
        case 0: case 1: if (blocks.length < 60) editor.apply([{ op: "insert", block: fresh(), ...place() }]); break;
        case 2: case 3: if (block && block.type !== "column") editor.apply([{ op: "move", id: block.id, ...place() }]); break;
        case 4: if (block && block.type !== "column" && blocks.length > 6) editor.apply([{ op: "remove", id: block.id }]); break;
        case 5: if (block?.type === "heading") editor.apply([{ op: "update", id: block.id, props: { ...block.props, text: `Changed ${step}` } }]); else if (block?.type === "section") editor.apply([{ op: "update", id: block.id, props: { title: `Title ${step}` } }]); break;
        case 6: editor.undo(); break;
        case 7: editor.redo(); break;
      }
    } catch (error) { if (!/itself|does not stand|no block/.test(error.message)) throw error; }
    if (random(3) === 0) await new Promise((resolve) => setTimeout(resolve, random(25)));
  }
  for (let tries = 0; tries < 400 && editor.busy; tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  return all().length;
}"""


@pytest.mark.stress
def test_the_page_is_what_the_server_renders(edit: Callable[..., Editing]) -> None:
    e = edit(
        [
            block("sec", "section", [block("in", "heading", text="Inside")], title="Section"),
            block(
                "cols",
                "columns",
                [block("left", "column", []), block("right", "column", [block("r", "heading", text="Right")])],
            ),
            block("last", "heading", text="Last"),
        ]
    )
    for seed in range(1, 9):
        e.browser.evaluate(RUN, [seed, 160])
        e.browser.evaluate("dispatchEvent(new KeyboardEvent('keydown', { key: 's', ctrlKey: true, bubbles: true }))")
        e.saved()
        shown, rendered = e.both()
        assert shown == rendered, f"seed {seed}"
    assert e.problems == []
