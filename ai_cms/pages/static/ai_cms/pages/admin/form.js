// What forms of the page admin do beside being forms: suggestions for page fields, frames as high as what is in them,
// links to what is wrong, and copying. Nothing inline, nothing imported.

/** Fetch suggestions while somebody types into a field that chooses a page. */
function suggest(input) {
  const list = document.getElementById(input.getAttribute("list"));
  let timer = 0;
  let last = "";
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const words = input.value.trim();
      if (words === last || /\(#\d+\)$/.test(words)) return;
      last = words;
      try {
        const answer = await fetch(`${input.dataset.aicmsChooser}?q=${encodeURIComponent(words)}`, { credentials: "same-origin" });
        if (!answer.ok) return;
        const { pages } = await answer.json();
        list.replaceChildren(...pages.map((page) => {
          const option = document.createElement("option");
          option.value = page.value;
          option.textContent = page.title;
          return option;
        }));
      } catch { last = ""; }
    }, 200);
  });
}

/** Make a frame as high as its content; its document runs no scripts and is of this origin. */
function fit(frame) {
  const size = () => {
    const inner = frame.contentDocument;
    // What is folded away or not loaded yet has no height.
    if (!inner || !inner.body || !inner.body.childElementCount || !frame.clientWidth || !frame.checkVisibility()) return;
    // A document is at least as high as its frame, so the frame is measured as low as it can be.
    frame.style.blockSize = "0";
    const height = inner.documentElement.scrollHeight;
    frame.style.blockSize = `${Math.max(32, Math.min(height + 2, 600))}px`;
  };
  frame.addEventListener("load", size);
  for (let around = frame.closest("details"); around; around = around.parentElement.closest("details")) around.addEventListener("toggle", size);
  let width = frame.clientWidth;
  new ResizeObserver(() => {
    if (frame.clientWidth === width) return;
    width = frame.clientWidth;
    size();
  }).observe(frame);
  size();
}

/** Open and focus what a link in a list of problems is about. */
function follow(event) {
  const link = event.target.closest(".aicms-problems a[href^='#'], .aicms-errors a[href^='#']");
  if (!link) return;
  const id = link.getAttribute("href").slice(1);
  const target = document.getElementById(id) || document.querySelector(".aicb-canvas");
  if (!target) return;
  event.preventDefault();
  for (let around = target.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  const visible = target.hidden ? document.querySelector(".aicb-canvas") || target : target;
  const inner = visible.matches("input, select, textarea, button") ? visible : visible.querySelector("[aria-invalid='true']");
  const focus = inner || visible.querySelector("button, input, select, textarea") || visible;
  focus.focus();
  visible.scrollIntoView({ block: "center" });
}

/** As long as a slug of a page can be. */
const SLUG_LENGTH = 100;

/** Return the slug that the server makes of a title: what `make_slug` of core does. */
function slugOf(title) {
  const words = title.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}_\s-]+/gu, "");
  const slug = [...words.replace(/[-\s]+/g, "-").replace(/^[-_]+|[-_]+$/g, "")];
  if (slug.length <= SLUG_LENGTH) return slug.join("");
  const begun = slug.slice(0, SLUG_LENGTH + 1);
  const end = begun.lastIndexOf("-");
  const cut = end > 0 && SLUG_LENGTH - end < Math.floor(SLUG_LENGTH / 3) ? slug.slice(0, end) : slug.slice(0, SLUG_LENGTH);
  return cut.join("").replace(/[-_]+$/, "");
}

/** Show which slug a new page will get from its title. */
function suggestSlug(slug) {
  const title = slug.form.elements.title;
  const show = () => { slug.placeholder = slugOf(title.value); };
  title.addEventListener("input", show);
  show();
}

async function copy(button) {
  const input = document.getElementById(button.dataset.aicmsCopy);
  input.select();
  try { await navigator.clipboard.writeText(input.value); } catch { document.execCommand("copy"); }
  button.textContent = button.dataset.copied;
}

document.querySelectorAll("[data-aicms-chooser]").forEach(suggest);
document.querySelectorAll("[data-aicms-frame]").forEach(fit);
document.querySelectorAll("[data-aicms-copy]").forEach((button) => button.addEventListener("click", () => copy(button)));
document.querySelectorAll("form[data-copy^='below-'] #id_slug").forEach(suggestSlug);
document.addEventListener("click", follow);
// Two clicks on a button must not be two requests.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.sent) {
    if (form.dataset.sent) event.preventDefault();
    return;
  }
  // A preview goes elsewhere: the form stays.
  if (event.submitter && event.submitter.formTarget) return;
  if (!event.defaultPrevented && form.matches(".aicms-form, .aicms-inline")) form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => { delete form.dataset.sent; }));
