// The pages of chat: each part is set up where the page has it.

import { Composer } from "./composer.js";
import { checkWhileTyping } from "./form.js";
import { Live } from "./live.js";
import { Side } from "./side.js";
import { ask, complain, say, settings } from "./site.js";
import { Thread } from "./thread.js";

const root = document.querySelector(".chat");
if (root && settings) begin();

function begin() {
  root.classList.add("has-script");
  const side = new Side(root.querySelector(".chat-side"));
  const thread = settings.id && root.querySelector("[data-thread]") ? new Thread(root) : null;
  const form = root.querySelector("[data-composer]");
  const composer = form ? new Composer(form, thread) : null;
  for (const checked of root.querySelectorAll("form[data-check]")) checkWhileTyping(checked);
  if (thread) follow(thread, composer, side);
  root.querySelector("[data-do='delete-room']")?.addEventListener("click", async () => {
    try {
      await ask(settings.conversation, { method: "DELETE" });
      location.assign(root.querySelector(".chat-back").href);
    } catch (error) {
      complain(error);
    }
  });
  // A menu closes when one goes on elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of root.querySelectorAll(".chat-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
}

function follow(thread, composer, side) {
  const stop = composer?.form.querySelector("[data-stop]");
  let working = false;
  thread.working = (is) => {
    if (!stop || working === is) return;
    working = is;
    // The focus must not vanish with the button.
    if (!is && document.activeElement === stop) composer.area.focus();
    stop.hidden = !is;
  };
  stop?.addEventListener("click", () => thread.stop());
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && working && !root.querySelector("details[open]")) thread.stop();
  });
  thread.lost = (error) => { if (error?.loggedOut && composer?.problem.hidden) composer.fail(error, { again: false }); };
  thread.titled = () => side.refresh();
  thread.seen = () => side.refresh();
  thread.answered = () => { credits(); gauge(); };
  if (settings.socket) {
    thread.live = new Live(thread, side, root);
    if (composer) composer.typing = (on) => thread.live.typed(on);
  }
  thread.finish();
  gauge();
}

async function credits() {
  try {
    const { text } = await ask(settings.credits);
    for (const place of root.querySelectorAll("[data-credits]")) place.textContent = Math.max(text.credits, 0);
  } catch {
    // A figure that is a little old.
  }
}

async function gauge() {
  const place = root.querySelector("[data-gauge]");
  if (!place || !settings.context) return;
  try {
    const told = await ask(settings.context);
    place.querySelector("meter").value = Math.min(told.percent, 100);
    const left = told.left_out ? ` ${say("left_out", { count: told.left_out })}` : "";
    place.querySelector("[data-gauge-text]").textContent = say("gauge", { percent: told.percent }) + left;
    place.hidden = false;
  } catch {
    place.hidden = true;
  }
}
