// Shows how far the run over the pictures without a text is. Without this script a link renews the page.

const POLL_MS = 1500;
const status = document.getElementById("aicms-alt-texts-status");

async function watch() {
  const bar = status.parentElement.querySelector("progress");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    let state;
    try {
      const answer = await fetch(status.dataset.state, { credentials: "same-origin" });
      if (answer.status === 403 || answer.status === 404) return;
      state = await answer.json();
    } catch {
      // The network is away; the next round may find it again.
      continue;
    }
    if (state.finished) {
      status.textContent = status.dataset.over;
      // What somebody is writing into the fields is not to be lost.
      const written = [...document.querySelectorAll(".aicms-queue textarea")].some((field) => field.value !== field.defaultValue);
      if (!written) window.location.reload();
      return;
    }
    bar.max = state.total || 1;
    bar.value = state.done;
    if (state.total) status.textContent = `${status.dataset.counts} ${state.done} / ${state.total}`;
  }
}

if (status) watch();
