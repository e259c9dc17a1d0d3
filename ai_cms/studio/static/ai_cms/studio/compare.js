// Two frames that scroll together, as far down the one as the other, whatever their heights; frames as high as what is in them.

const frames = [...document.querySelectorAll("[data-sides] iframe")];
let leader = null;
let timer = 0;

function follow(from, to) {
  const [here, there] = [from.contentDocument?.scrollingElement, to.contentDocument?.scrollingElement];
  if (!here || !there) return;
  const way = here.scrollHeight - here.clientHeight;
  there.scrollTop = way > 0 ? (here.scrollTop / way) * (there.scrollHeight - there.clientHeight) : 0;
}

function watch(frame) {
  const other = frames.find((item) => item !== frame);
  // Whichever is scrolled by a person leads; what it makes the other do is no scrolling of a person's.
  frame.contentWindow?.addEventListener("scroll", () => {
    if (leader && leader !== frame) return;
    leader = frame;
    clearTimeout(timer);
    timer = setTimeout(() => { leader = null; }, 120);
    follow(frame, other);
  }, { passive: true });
}

for (const frame of frames) {
  if (frame.contentDocument?.readyState === "complete") watch(frame);
  frame.addEventListener("load", () => watch(frame));
}

const HIGHEST = 480;

function fit(frame) {
  const root = frame.contentDocument?.documentElement;
  if (root && root.scrollHeight) frame.style.blockSize = `${Math.min(HIGHEST, root.scrollHeight + 2)}px`;
}

for (const frame of document.querySelectorAll("iframe[data-fit]")) {
  fit(frame);
  frame.addEventListener("load", () => fit(frame));
}
