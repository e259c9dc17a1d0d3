// In the picker: tell the window that opened it what was chosen, and close.

function chosen(detail) {
  if (!window.opener) return;
  window.opener.postMessage({ type: "aicms:chosen", ...detail }, window.location.origin);
  window.close();
}

document.addEventListener("aicms:chosen", (event) => chosen(event.detail));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-aicms-choose]");
  if (button) chosen({ reference: button.dataset.aicmsChoose, title: button.dataset.title, alt: button.dataset.alt });
});
