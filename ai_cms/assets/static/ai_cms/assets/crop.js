// The part to keep of a picture: drawn, moved and resized by dragging, kept in its shape, shown beside. The numbers are the truth.

const SVG = "http://www.w3.org/2000/svg";
// Which edges each handle moves: -1 the left or upper one, 1 the right or lower one.
const HANDLES = [[-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]];
const CURSORS = { "-1-1": "nwse", "11": "nwse", "1-1": "nesw", "-11": "nesw", "0-1": "ns", "01": "ns", "10": "ew", "-10": "ew" };
const NAMES = ["left", "top", "width", "height"];
const clamp = (value, least, most) => Math.min(Math.max(value, least), Math.max(least, most));

function start(box) {
  const whole = box.querySelector(".aicms-whole");
  const preview = box.querySelector(".aicms-preview svg");
  const part = whole.querySelector(".aicms-part");
  const shade = whole.querySelector(".aicms-shade");
  const size = box.querySelector("[data-aicms-size]");
  const inputs = Object.fromEntries(NAMES.map((name) => [name, box.querySelector(`[name=${name}]`)]));
  const shapes = box.querySelector("[name=shape]");
  const [W, H] = [whole.viewBox.baseVal.width, whole.viewBox.baseVal.height];
  const focal = [Number(box.dataset.focalX) * W, Number(box.dataset.focalY) * H];
  let now = [0, 0, W, H];
  // What somebody drew or typed; shapes are made of this, so that looking through them does not make the part smaller and smaller.
  let meant = now;

  const shape = () => {
    const [wide, high] = shapes.value.split(":").map(Number);
    return high ? wide / high : 0;
  };
  const handles = HANDLES.map(([x, y]) => {
    const handle = document.createElementNS(SVG, "g");
    handle.setAttribute("class", `aicms-handle aicms-${CURSORS[`${x}${y}`]}`);
    // The larger one is what fingers hit.
    const circles = [16, 6].map((size) => ({ size, circle: handle.appendChild(document.createElementNS(SVG, "circle")) }));
    whole.append(handle);
    return { handle, circles, x, y };
  });

  const draw = () => {
    const [left, top, width, height] = now;
    for (const [name, value] of [["x", left], ["y", top], ["width", width], ["height", height]]) part.setAttribute(name, value);
    shade.setAttribute("d", `M0 0H${W}V${H}H0Z M${left} ${top}h${width}v${height}h${-width}Z`);
    preview.setAttribute("viewBox", now.join(" "));
    preview.setAttribute("width", width);
    preview.setAttribute("height", height);
    size.textContent = `${width} × ${height}`;
    // Handles have their size on the screen, whatever that of the picture.
    const scale = whole.getScreenCTM()?.a || 1;
    for (const { circles, x, y } of handles) {
      for (const { circle, size: radius } of circles) {
        circle.setAttribute("cx", left + (width * (x + 1)) / 2);
        circle.setAttribute("cy", top + (height * (y + 1)) / 2);
        circle.setAttribute("r", radius / scale);
      }
    }
  };
  const set = (values) => {
    let [left, top, width, height] = values.map(Math.round);
    width = clamp(width, 1, W);
    height = clamp(height, 1, H);
    now = [clamp(left, 0, W - width), clamp(top, 0, H - height), width, height];
    NAMES.forEach((name, at) => { inputs[name].value = now[at]; });
    draw();
  };
  // As shaped_part() of the server does.
  const reshape = () => {
    const wanted = shape();
    if (!wanted) return;
    const [left, top, width, height] = meant;
    const all = width === W && height === H;
    const middle = all ? focal : [left + width / 2, top + height / 2];
    const wide = Math.min(all ? Infinity : Math.sqrt(width * height * wanted), W, H * wanted);
    set([middle[0] - Math.round(wide) / 2, middle[1] - Math.round(wide / wanted) / 2, wide, wide / wanted]);
  };
  const typed = (name) => {
    const values = NAMES.map((each) => inputs[each].valueAsNumber);
    // Half a number is no mistake yet: the field is left alone until it says something.
    if (values.some((value) => !Number.isFinite(value) || value < 0) || values[2] < 1 || values[3] < 1) return;
    let [left, top, width, height] = values;
    const wanted = shape();
    if (wanted && name === "width") inputs.height.value = height = Math.round(width / wanted);
    if (wanted && name === "height") inputs.width.value = width = Math.round(height * wanted);
    if (left + width > W || top + height > H) return;
    meant = now = [left, top, width, height];
    draw();
  };

  const place = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(whole.getScreenCTM().inverse());
    return [clamp(point.x, 0, W), clamp(point.y, 0, H)];
  };
  // The part between a corner that stays and the pointer; one that has a shape keeps it and ends at the picture's edge.
  const span = (fixed, at, x, y) => {
    const wanted = shape();
    let [width, height] = [x ? Math.abs(at[0] - fixed[0]) : now[2], y ? Math.abs(at[1] - fixed[1]) : now[3]];
    const right = x ? (at[0] >= fixed[0]) : true;
    const down = y ? (at[1] >= fixed[1]) : true;
    if (wanted) {
      if (x && y) width = Math.max(width, height * wanted);
      else if (y) width = height * wanted;
      width = Math.min(width, right ? W - fixed[0] : fixed[0], (down ? H - fixed[1] : fixed[1]) * wanted);
      height = width / wanted;
    }
    width = Math.max(1, Math.round(width));
    height = Math.max(1, Math.round(height));
    set([right ? fixed[0] : fixed[0] - width, down ? fixed[1] : fixed[1] - height, width, height]);
  };

  whole.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    whole.setPointerCapture(event.pointerId);
    const from = place(event);
    const [left, top, width, height] = now;
    const held = handles.find(({ handle }) => handle.contains(event.target));
    const all = width === W && height === H;
    let move;
    if (held) {
      const fixed = [held.x < 0 ? left + width : left, held.y < 0 ? top + height : top];
      move = (at) => span(fixed, at, held.x, held.y);
    } else if (event.target === part && !all) {
      move = (at) => set([left + at[0] - from[0], top + at[1] - from[1], width, height]);
    } else {
      // A click that is no drag changes nothing.
      move = (at) => { if (Math.hypot(at[0] - from[0], at[1] - from[1]) * whole.getScreenCTM().a > 4) span(from, at, 1, 1); };
    }
    const moved = (next) => move(place(next));
    whole.addEventListener("pointermove", moved);
    const done = () => {
      whole.removeEventListener("pointermove", moved);
      if (now.some((value, at) => value !== [left, top, width, height][at])) meant = now;
    };
    whole.addEventListener("pointerup", done, { once: true });
    whole.addEventListener("pointercancel", done, { once: true });
  });
  for (const name of NAMES) inputs[name].addEventListener("input", () => typed(name));
  shapes.addEventListener("change", reshape);
  new ResizeObserver(draw).observe(whole);
  box.querySelector("[data-aicms-drag]").hidden = false;
  box.querySelector("[data-aicms-plain]").hidden = true;
  typed("");
  draw();
}

for (const box of document.querySelectorAll("[data-aicms-crop]")) start(box);
