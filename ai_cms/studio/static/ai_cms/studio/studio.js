// Menus that close, toasts, and the quick switcher. Without this script every link and button does the same by loading a page.

import "./toasts.js";
import { Switcher } from "./switcher.js";

/** Close every open menu but the one that holds ``inside``. */
function closeMenus(inside) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!inside || !menu.contains(inside)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  // On phones the list is a sheet over a veil, which is a part of the menu: a click on it is one beside the list.
  const open = event.target.closest?.("details[data-menu][open]");
  if (open && event.target === open) open.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (menu && ["ArrowDown", "ArrowUp"].includes(event.key) && !event.altKey) {
    const items = [...menu.querySelectorAll("a, button")].filter((item) => item.checkVisibility());
    const at = items.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? items.length - 1 : at - 1;
    event.preventDefault();
    items[(next + items.length) % items.length]?.focus();
  }
});

// A list that would leave the window opens upwards.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!(menu instanceof HTMLDetailsElement) || !menu.matches(".st-menu") || !menu.open) return;
  closeMenus(menu);
  const list = menu.querySelector(".st-menu-list");
  menu.classList.remove("st-menu-up");
  const box = list.getBoundingClientRect();
  menu.classList.toggle("st-menu-up", box.bottom > innerHeight - 8 && menu.getBoundingClientRect().top > box.height);
}, true);

const opener = document.querySelector("[data-switch]");
if (opener) new Switcher(opener);
