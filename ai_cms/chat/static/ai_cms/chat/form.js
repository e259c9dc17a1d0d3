// A form whose values are looked at while one fills it in.

import { ask } from "./site.js";

/** Ask the server what is wrong after each change, and say so at the fields that were touched. */
export function checkWhileTyping(form) {
  const touched = new Set();
  let timer, asked;
  const check = async () => {
    const mine = (asked = Symbol("asked"));
    let errors;
    try {
      ({ errors } = await ask(form.dataset.check, { method: "POST", body: new FormData(form) }));
    } catch {
      // The form says it when it is sent.
      return;
    }
    if (mine !== asked) return;
    for (const field of form.querySelectorAll("[data-field]")) {
      const name = field.dataset.field;
      const text = (errors[name] ?? []).join(" ");
      if (!touched.has(name)) continue;
      field.classList.toggle("is-wrong", Boolean(text));
      const place = field.querySelector("[data-error]");
      if (place.textContent !== text) place.textContent = text;
      for (const input of field.querySelectorAll("input, textarea, select")) {
        input.toggleAttribute("aria-invalid", false);
        if (text) input.setAttribute("aria-invalid", "true");
        if (place.id) input.setAttribute("aria-describedby", place.id);
      }
    }
  };
  for (const place of form.querySelectorAll("[data-error]")) place.setAttribute("aria-live", "polite");
  const changed = (event) => {
    const name = event.target.closest("[data-field]")?.dataset.field;
    if (!name) return;
    touched.add(name);
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  };
  form.addEventListener("input", changed);
  form.addEventListener("focusout", changed);
}
