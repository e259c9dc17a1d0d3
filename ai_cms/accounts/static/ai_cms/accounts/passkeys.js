// Asks the browser for a passkey and sends what it answers with the form around the button. Without this script the
// forms stay hidden.
"use strict";

(() => {
  const can = window.PublicKeyCredential
    && PublicKeyCredential.parseCreationOptionsFromJSON
    && PublicKeyCredential.parseRequestOptionsFromJSON;
  if (!can) return;

  const ask = (kind, options) => kind === "create"
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const told = form.querySelector("[data-failed]");
    form.hidden = false;
    for (const note of document.querySelectorAll(".account-without")) note.hidden = true;
    form.addEventListener("submit", async (event) => {
      const field = form.elements.namedItem("credential");
      if (field.value) return;
      event.preventDefault();
      told.textContent = "";
      try {
        const credential = await ask(form.dataset.passkey, JSON.parse(form.dataset.options));
        field.value = JSON.stringify(credential.toJSON());
        form.submit();
      } catch {
        // Cancelled, mostly; the browser has told why.
        told.textContent = told.dataset.failed;
      }
    });
  }
})();
