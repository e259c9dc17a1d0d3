// Shows the progress of a writing run as it happens: by its event stream, or by asking now and then where there is none.
// Without this script the page asks for itself anew every three seconds.

const TERMINAL = new Set(["done", "error", "cancelled", "interrupted"]);
const TELLING = ["heading", "text", "title", "label", "quote", "html", "items", "code"];
const POLL_MS = 2000;

class Progress {
  constructor(root) {
    this.root = root;
    this.after = Number(root.dataset.after) || 0;
    this.labels = JSON.parse(root.dataset.types || "{}");
    this.list = root.querySelector(".ai-written");
    this.status = root.querySelector(".ai-status");
    this.over = false;
  }

  start() {
    if (!("EventSource" in window)) return this.poll();
    const source = new EventSource(`${this.root.dataset.events}?after=${this.after}`);
    for (const type of ["operation", ...TERMINAL]) {
      source.addEventListener(type, (event) => {
        // The browser's own "error" event comes under the name of the run's; only the run's has data.
        if (event.data === undefined) return;
        this.take({ id: Number(event.lastEventId), event: type, data: JSON.parse(event.data) });
        if (this.over) source.close();
      });
    }
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED && !this.over) this.poll();
    };
  }

  async poll() {
    while (!this.over) {
      try {
        const answer = await fetch(`${this.root.dataset.state}?after=${this.after}`, { credentials: "same-origin" });
        if (answer.status === 403 || answer.status === 404) return;
        const state = await answer.json();
        state.events.forEach((event) => this.take(event));
        if (state.finished) this.finish();
      } catch {
        // The network is away; the next round may find it again.
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  take({ id, event, data }) {
    if (id <= this.after) return;
    this.after = id;
    if (event === "operation") this.show(data);
    else if (TERMINAL.has(event)) this.finish();
  }

  show(operation) {
    if (operation.op === "restart") this.list.replaceChildren();
    else if (operation.block) this.list.append(this.item(operation.block));
    const heading = this.list.previousElementSibling;
    if (heading) heading.hidden = !this.list.children.length;
    this.status.textContent = `${this.root.dataset.written} ${this.list.children.length}`;
  }

  item(block) {
    const item = document.createElement("li");
    const label = document.createElement("b");
    label.textContent = this.labels[block.type] || block.type;
    item.append(label, ` ${beginning(block.props || {})}`);
    return item;
  }

  finish() {
    if (this.over) return;
    this.over = true;
    this.status.textContent = this.root.dataset.over;
    window.location.reload();
  }
}

function beginning(props) {
  for (const name of TELLING) {
    const value = Array.isArray(props[name]) ? props[name].filter((item) => typeof item === "string").join(", ") : props[name];
    if (typeof value === "string" && value.trim()) return plain(value).slice(0, 100);
  }
  return "";
}

function plain(html) {
  // A document of its own: nothing in it is loaded or run.
  return new DOMParser().parseFromString(html, "text/html").body.textContent.replace(/\s+/g, " ").trim();
}

document.querySelectorAll(".ai-run[data-events]").forEach((root) => new Progress(root).start());

for (const button of document.querySelectorAll("[data-ai-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.aiCopy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = button.dataset.copied;
    } catch {
      // Where the clipboard is closed to scripts the text is marked, for the keys of the browser.
      getSelection().selectAllChildren(source);
    }
  });
}
