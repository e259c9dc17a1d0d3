// News by WebSocket: what it tells wakes the page, which reads what is there as it always does. Where there is none, or none for
// long, the page looks now and then instead.

import { ask, say, settings } from "./site.js";

/** Milliseconds between tries to come back; who has never been in gives up after so many. */
const PAUSES = [500, 1000, 2000, 5000, 15_000, 30_000];
const TRIES = 3;
/** Milliseconds between two signs of typing, after which it counts as over, and without a word of the server. */
const STEP = 2000;
const TYPED = 4000;
const SILENCE = 70_000;
/** Codes after which it makes no sense to come back: who are you, what is that, not so many. */
const FINAL = [4400, 4401, 4404, 4429];

export class Live {
  constructor(thread, side, root) {
    this.thread = thread;
    this.side = side;
    this.present = root.querySelector("[data-present]");
    this.typing = root.querySelector("[data-typing]");
    this.typers = new Map();
    this.last = String(settings.change);
    this.failures = 0;
    this.open();
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", (event) => { if (event.persisted) { this.over = false; this.open(); } });
    addEventListener("online", () => this.soon(0));
  }

  /** Whether somebody tells, so that the page need not look often. */
  get isOpen() {
    return this.ready && this.socket?.readyState === WebSocket.OPEN;
  }

  async open() {
    if (this.over || this.opening || this.socket) return;
    this.opening = true;
    let ticket;
    try {
      ({ ticket } = await ask(settings.tickets, { method: "POST", body: {} }));
    } catch (error) {
      this.opening = false;
      if (!error.loggedOut && error.status !== 403) this.again();
      return;
    }
    this.opening = false;
    if (this.over) return;
    const socket = (this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${settings.socket}`));
    socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "auth", ticket, after: this.last, unread: settings.kind === "rooms", runs: settings.kind === "rooms" })));
    socket.addEventListener("message", (event) => this.told(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.closed(socket, event.code));
  }

  closed(socket, code) {
    if (this.socket !== socket) return;
    this.socket = null;
    this.ready = false;
    clearTimeout(this.silent);
    this.show([]);
    this.thread.news();
    if (!FINAL.includes(code)) this.again();
  }

  again() {
    this.failures += 1;
    if (!this.wasOpen && this.failures >= TRIES) return;
    this.soon(PAUSES[Math.min(this.failures - 1, PAUSES.length - 1)] * (0.75 + Math.random() / 2));
  }

  soon(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), pause);
  }

  stop() {
    this.over = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }

  told(frame) {
    clearTimeout(this.silent);
    this.silent = setTimeout(() => this.socket?.close(), SILENCE);
    if (frame.id) this.last = frame.id;
    if (frame.type === "ready") {
      this.ready = this.wasOpen = true;
      this.failures = 0;
      this.thread.news();
    } else if (frame.type === "ping") this.socket.send('{"type":"pong"}');
    else if (frame.type === "message" || frame.type === "conversation") this.thread.news();
    else if (frame.type === "run") this.thread.wrote(frame.run, frame.event);
    else if (frame.type === "presence") this.show(frame.people);
    else if (frame.type === "typing") this.types(frame);
    else if (frame.type === "unread") this.side.count(frame.rooms);
  }

  // Who is here, who types

  show(people) {
    if (!this.present) return;
    const names = people.slice(0, 5).map((who) => who.name);
    const more = people.length - names.length;
    const told = more > 0 ? say("and_more", { names: names.join(", "), count: more }) : names.join(", ");
    this.present.textContent = names.length ? say("here", { names: told }) : "";
    this.present.hidden = !names.length;
  }

  types({ id, name, on }) {
    clearTimeout(this.typers.get(id)?.timer);
    if (on) this.typers.set(id, { name, timer: setTimeout(() => this.types({ id, name, on: false }), TYPED + STEP) });
    else this.typers.delete(id);
    if (!this.typing) return;
    const names = [...this.typers.values()].map((who) => who.name);
    this.typing.textContent = names.length ? say(names.length > 1 ? "type" : "types", { names: names.slice(0, 3).join(", ") }) : "";
  }

  /** Tell others that one types; ``on`` false that one does no longer. */
  typed(on = true) {
    if (!this.isOpen || !this.typing) return;
    const now = Date.now();
    clearTimeout(this.idle);
    if (on) this.idle = setTimeout(() => this.typed(false), TYPED);
    if (on && now - (this.saidAt ?? 0) < STEP) return;
    if (!on && !this.saidAt) return;
    this.saidAt = on ? now : 0;
    this.socket.send(JSON.stringify({ type: "typing", on }));
  }
}
