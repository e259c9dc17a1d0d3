// The page of long work shows how far it is, without loading anew: what somebody has under their fingers stays there.

const EVERY = 2_000;

/** Ask for the page again and take over what it says of the work. */
async function look() {
  const shown = document.querySelector("[data-aicms-work]");
  if (!shown || shown.dataset.aicmsWork !== "running") return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(10_000) });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-aicms-work]");
      if (fresh) take(shown, fresh);
    }
  } catch { /* The next look may find the server again. */ }
  setTimeout(look, EVERY);
}

/** While it goes on only the figures move, and nothing is read out; its end is said once. */
function take(shown, fresh) {
  if (fresh.dataset.aicmsWork === "running") {
    const bar = shown.querySelector("progress");
    const now = fresh.querySelector("progress");
    bar.max = now.max;
    bar.value = now.value;
    shown.querySelector("[data-aicms-figures]").textContent = fresh.querySelector("[data-aicms-figures]").textContent;
    return;
  }
  const focused = shown.querySelector("form").contains(document.activeElement);
  // The element that is read out stays; what it says changes.
  shown.querySelector("[role=status]").textContent = fresh.querySelector("[role=status]").textContent;
  for (const part of shown.querySelectorAll("[data-aicms-figures], progress")) part.parentElement.remove();
  shown.querySelector("form").replaceWith(fresh.querySelector("form"));
  const left = fresh.querySelectorAll("[data-aicms-left]");
  shown.querySelector("[role=status]").after(...left);
  shown.dataset.aicmsWork = fresh.dataset.aicmsWork;
  if (focused) shown.querySelector("form :is(a, button)").focus();
}

setTimeout(look, EVERY);
