// Uploads one after another with their progress, the number of selected files, the focal point by click.

function row(list, name) {
  const item = document.createElement("li");
  const label = document.createElement("span");
  const bar = document.createElement("progress");
  const state = document.createElement("span");
  label.textContent = name;
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", name);
  item.append(label, bar, state);
  list.append(item);
  return { bar, say(text) { state.textContent = text; bar.remove(); } };
}

/** Send one file; resolves to the answer, or to {error}. */
function send(form, file, shown) {
  return new Promise((resolve) => {
    const data = new FormData(form);
    data.set("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      // The last part is the server's: it makes the sizes.
      if (event.lengthComputable) shown.bar.value = (event.loaded / event.total) * 0.9;
    });
    request.addEventListener("load", () => {
      let answer;
      try { answer = JSON.parse(request.responseText); } catch { answer = {}; }
      resolve(request.status < 300 ? answer : { error: answer.error || `${request.status}` });
    });
    request.addEventListener("error", () => resolve({ error: form.dataset.lost }));
    request.send(data);
  });
}

for (const form of document.querySelectorAll("[data-aicms-upload]")) {
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector("[data-aicms-progress]");
  const upload = async (files) => {
    let last = null;
    let failed = false;
    for (const file of files) {
      const shown = row(list, file.name);
      const answer = await send(form, file, shown);
      if (answer.error) {
        failed = true;
        shown.say(`${form.dataset.failed}: ${answer.error}`);
      } else {
        last = answer;
        shown.say(answer.created ? form.dataset.done : form.dataset.same);
      }
    }
    input.value = "";
    if (last && "aicmsChooseUploaded" in form.dataset) {
      document.dispatchEvent(new CustomEvent("aicms:chosen", { detail: { reference: `asset:${last.id}`, title: last.title } }));
    } else if (last && !failed) {
      window.location.reload();
    }
  };
  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    upload([...input.files]);
  });
  const target = document.body;
  for (const name of ["dragenter", "dragover"]) {
    target.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      form.classList.add("aicms-over");
    });
  }
  target.addEventListener("dragleave", (event) => { if (event.relatedTarget === null) form.classList.remove("aicms-over"); });
  target.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    form.classList.remove("aicms-over");
    upload([...event.dataTransfer.files]);
  });
}

for (const form of document.querySelectorAll("[data-aicms-select]")) {
  const count = form.querySelector("[data-aicms-count]");
  const show = () => {
    const number = form.querySelectorAll("input[name=selected]:checked").length;
    count.textContent = number ? `(${number})` : "";
  };
  const all = form.querySelector("[data-aicms-all]");
  all.hidden = false;
  all.querySelector("button").addEventListener("click", () => {
    const boxes = [...form.querySelectorAll("input[name=selected]")];
    // Once all are, it takes them back.
    const chosen = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = chosen;
    show();
  });
  form.addEventListener("change", show);
  show();
}

for (const box of document.querySelectorAll("[data-aicms-focal]")) {
  const [x, y] = ["focal_x", "focal_y"].map((name) => document.querySelector(`[name=${name}]`));
  const picture = box.querySelector("img");
  const point = box.querySelector(".aicms-point");
  if (!x || !y) continue;
  const show = () => {
    point.hidden = false;
    point.style.left = `${x.value}%`;
    point.style.top = `${y.value}%`;
  };
  picture.addEventListener("click", (event) => {
    const area = picture.getBoundingClientRect();
    x.value = (((event.clientX - area.left) / area.width) * 100).toFixed(1);
    y.value = (((event.clientY - area.top) / area.height) * 100).toFixed(1);
    show();
  });
  for (const input of [x, y]) input.addEventListener("input", show);
  show();
}
