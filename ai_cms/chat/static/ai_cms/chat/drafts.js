// What is typed is kept in this browser until the server has it: a reload, a failed request or an ended session loses nothing.

import { settings } from "./site.js";

/** The draft of one conversation, or of a new one. */
export class Draft {
  constructor(place) {
    this.key = `ai-cms-chat:${settings.user}:${place}`;
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) ?? {};
    } catch {
      return {};
    }
  }

  write(values) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...this.read(), ...values }));
    } catch {
      // No room, or forbidden: what is typed stays on the page.
    }
  }

  clear() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Forbidden: then there is nothing.
    }
  }

  /** Return the id under which this text is sent: the same again for the same, so that it is one message. */
  idFor(content) {
    const known = this.read();
    if (known.id && known.sent === content) return known.id;
    const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    this.write({ id, sent: content });
    return id;
  }
}
