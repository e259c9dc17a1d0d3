// An answer while it is written: the events of its run, from where the page's text ends, over any number of connections.

import { settings } from "./site.js";

const TOLD = ["queued", "started", "step", "restarted", "tool_call", "tool_result", "approval_requested", "approval_answered", "requires_action", "usage", "done", "cancelled", "error", "interrupted"];
/** Milliseconds between two looks of a page that cannot watch. */
const LOOK = 1500;

/** Watch one run: pieces of text go to the tail of its message; whatever else happens, ``news`` is called. */
export class Watch {
  constructor(run, after, news) {
    this.news = news;
    this.pieces = [];
    this.tail = null;
    this.shown = after;
    this.frame = 0;
    this.waits = false;
    this.source = new EventSource(`${settings.runs}${run}/events/?after=${after}`);
    this.source.addEventListener("delta", (event) => this.piece(Number(event.lastEventId), JSON.parse(event.data).text));
    for (const name of TOLD) this.source.addEventListener(name, (event) => { if (event.lastEventId) this.turn(); });
    // The browser comes back by itself, with the number of the last event; where it may not, the page looks.
    this.source.onerror = () => {
      if (!this.closed) this.news();
      if (this.source.readyState === EventSource.CLOSED) this.look();
    };
  }

  look() {
    if (this.closed || this.timer) return;
    this.timer = setInterval(() => this.news(), LOOK);
  }

  piece(number, text) {
    this.pieces.push([number, text]);
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  /** Something else than text: what follows may belong to another message, and waits until the page knows to which. */
  turn() {
    this.waits = true;
    this.news();
  }

  /** Go on in this element, whose message is shown up to the event ``after``. */
  attach(tail, after) {
    this.tail = tail;
    this.shown = after;
    this.pieces = this.pieces.filter(([number]) => number > after);
    this.waits = false;
    this.written = 0;
    this.paint();
  }

  paint() {
    this.frame = 0;
    if (!this.tail || this.waits) return;
    let text = "";
    for (; this.written < this.pieces.length; this.written += 1) text += this.pieces[this.written][1];
    if (!text) return;
    this.tail.append(text);
    this.painted?.();
  }

  /** Return whether text has come that is not set as Markdown yet. */
  get isRaw() {
    return Boolean(this.tail?.textContent);
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    this.source.close();
  }
}
