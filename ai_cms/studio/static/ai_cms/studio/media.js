// Upload into the media library: each file by itself, to show how far it is; chosen, or dropped onto the page.

import { make, toast, token, words } from "./toasts.js";

const page = document.querySelector("[data-media]");
const form = document.querySelector("[data-upload]");
const list = document.querySelector("[data-uploads]");

/** Send one file; resolves to whether it was taken. */
function send(file) {
  const bar = make("progress", { max: "100", value: "0", "aria-label": file.name });
  const state = make("span", {}, words.uploading);
  const item = make("li", {}, make("span", {}, file.name), state, bar);
  list.append(item);
  list.hidden = false;
  const body = new FormData(form);
  body.delete("file");
  body.append("file", file, file.name);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token());
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total; });
    const end = (taken, text) => {
      bar.remove();
      state.textContent = text;
      state.classList.toggle("st-failed", !taken);
      resolve(taken);
    };
    request.addEventListener("load", () => {
      const data = request.response || {};
      if (request.status === 401 && data.login) location.assign(data.login);
      end(request.status === 201, request.status === 201 ? words.uploaded : data.detail || words.failed);
    });
    request.addEventListener("error", () => end(false, words.failed));
    request.send(body);
  });
}

/** Send files one after the other; the page is read anew when all were taken, else it says which were not. */
async function sendAll(files) {
  if (!files.length) return;
  list.replaceChildren();
  const taken = [];
  for (const file of files) taken.push(await send(file));
  if (taken.every(Boolean)) location.reload();
  else toast(words.failed, { failed: true });
}

if (form) {
  form.classList.add("st-scripted");
  const input = form.querySelector("input[type='file']");
  input.addEventListener("change", () => sendAll([...input.files]));
  let depth = 0;
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  page.addEventListener("dragenter", (event) => { if (carries(event)) { depth += 1; page.classList.add("st-over"); } });
  page.addEventListener("dragleave", (event) => { if (carries(event) && (depth -= 1) <= 0) { depth = 0; page.classList.remove("st-over"); } });
  page.addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  page.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    page.classList.remove("st-over");
    sendAll([...event.dataTransfer.files]);
  });
}
