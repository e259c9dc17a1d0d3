// A button beside each field for a picture or file that opens the picker; what is chosen there is put into the field.

const script = document.querySelector("script[data-picker]");
const address = script && script.dataset.picker;
let waiting = null;

function enhance(input) {
  if (input.dataset.aicmsPicker) return;
  input.dataset.aicmsPicker = "1";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "aicb-button aicms-pick";
  button.textContent = script.dataset.label || "Choose…";
  const label = input.labels && input.labels[0];
  if (label) button.setAttribute("aria-label", `${button.textContent} ${label.textContent.trim()}`);
  button.addEventListener("click", () => {
    waiting = input;
    window.open(address, "aicms-picker", "popup,width=1100,height=800");
  });
  input.after(button);
}

function look(root) {
  for (const input of root.querySelectorAll("[data-aicms-widget=asset]")) enhance(input);
}

window.addEventListener("message", (event) => {
  if (event.origin !== window.location.origin || event.data?.type !== "aicms:chosen" || !waiting) return;
  waiting.value = event.data.reference;
  waiting.dispatchEvent(new Event("input", { bubbles: true }));
  waiting.dispatchEvent(new Event("change", { bubbles: true }));
  waiting.focus();
  waiting = null;
});

if (address) {
  look(document);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) look(node.parentNode || node);
  }).observe(document.body, { childList: true, subtree: true });
}
