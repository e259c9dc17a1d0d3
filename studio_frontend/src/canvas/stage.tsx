// The real page in a frame, and over it a layer that takes the pointer and shows what is chosen.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp, useStore } from "../parts/app";
import { t } from "../parts/words";
import { blockAround } from "./markers";
import { Overlay } from "./overlay";

const WIDTHS = { fit: 0, desktop: 1280, tablet: 768, phone: 390 };

export function Stage() {
  const app = useApp();
  const { store, canvas, boot } = app;
  const width = useStore((state) => state.width);
  const dark = useStore((state) => state.dark);
  const doc = useStore((state) => state.review?.doc ?? state.doc);
  const typing = useStore((state) => state.typing);
  const ready = useStore((state) => state.ready);
  const frame = useRef<HTMLIFrameElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const shield = useRef<HTMLDivElement>(null);
  const [size, measure] = useState({ width: 0, height: 0 });
  const [, draw] = useState({});
  const [broken, fail] = useState(false);
  const pan = useRef<{ x: number; y: number; at: number; vy: number } | null>(null);

  useLayoutEffect(() => {
    const watcher = new ResizeObserver(([entry]) => entry && measure({ width: entry.contentRect.width, height: entry.contentRect.height }));
    watcher.observe(stage.current!);
    return () => watcher.disconnect();
  }, []);

  const wanted = WIDTHS[width] || size.width;
  const scale = wanted > size.width && size.width > 0 ? size.width / wanted : 1;
  const shown = { width: Math.min(wanted, size.width), height: size.height };

  useEffect(() => {
    let waiting = 0;
    const redraw = () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => draw({}));
    };
    canvas.onChange = redraw;
    app.drag.onChange = redraw;
    return () => cancelAnimationFrame(waiting);
  }, []);

  useLayoutEffect(() => canvas.sync(doc), [doc]);

  useEffect(() => {
    const page = canvas.document?.documentElement;
    if (frame.current) frame.current.style.colorScheme = dark ? "dark" : "light";
    if (page) {
      if (dark) page.setAttribute("data-theme", "dark");
      else if (page.getAttribute("data-theme") === "dark") page.removeAttribute("data-theme");
    }
  }, [dark]);

  app.toPage = (x, y) => {
    const box = frame.current?.getBoundingClientRect();
    return box ? { x: (x - box.left) / scale, y: (y - box.top) / scale } : null;
  };
  app.reloadFrame = () => {
    void app.autosave.flush().then(() => frame.current?.contentWindow?.location.reload());
  };
  app.showOnCanvas = (id) => {
    const rect = canvas.rectOf(id);
    const view = frame.current?.contentWindow;
    if (!rect || !view) return;
    // On a phone the form covers the lower part.
    const shown = view.innerHeight * (innerWidth < 900 && store.state.showPanel ? 0.3 : 1);
    if (rect.y < 60) view.scrollBy({ top: rect.y - 90 });
    else if (rect.y + Math.min(rect.height, 200, shown / 2) > shown) view.scrollBy({ top: rect.y - shown / 3 });
  };

  const loaded = () => {
    const page = frame.current?.contentDocument;
    if (!page || page.URL === "about:blank") return;
    // A link that was followed in the frame leads back to the page.
    if (!page.URL.endsWith(boot.urls.frame!)) return frame.current!.contentWindow!.location.replace(boot.urls.frame!);
    const style = page.createElement("link");
    style.rel = "stylesheet";
    style.href = boot.urls.frameStyle!;
    page.head.append(style);
    // Tab stays in the editor; the page in the frame is driven by it.
    for (const element of page.querySelectorAll<HTMLElement>("a, button, input, select, textarea, summary, iframe, video, audio, [tabindex]")) element.tabIndex = -1;
    page.addEventListener("ai-cms:block-rendered", (event) => {
      for (const element of (event.target as HTMLElement).querySelectorAll<HTMLElement>("a, button, input, select, textarea, summary, [tabindex]")) element.tabIndex = -1;
    });
    page.defaultView!.addEventListener("scroll", () => draw({}), { passive: true });
    page.defaultView!.addEventListener("resize", () => draw({}));
    page.addEventListener("load", () => draw({}), true);
    canvas.attach(page, app.autosave.known);
    fail(!canvas.usable);
    canvas.sync(store.state.review?.doc ?? store.state.doc);
    if (store.state.dark) page.documentElement.setAttribute("data-theme", "dark");
    style.addEventListener("load", () => draw({}));
    app.talk.open();
    draw({});
  };

  const at = (event: MouseEvent): { id: string | null; element: Element | null; point: { x: number; y: number } } => {
    const point = app.toPage(event.clientX, event.clientY)!;
    const element = canvas.document?.elementFromPoint(point.x, point.y) ?? null;
    return { id: canvas.usable ? known(blockAround(element)) : null, element, point };
  };
  const known = (id: string | null) => (id && canvas.markers.blocks.has(id) ? id : null);

  const click = (event: MouseEvent) => {
    if (app.drag.active) return;
    const { id, element, point } = at(event);
    app.inplace.end();
    if (!id) {
      if (store.state.review || !app.inplace.beginTitle(element, point)) store.select([]);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      const { selected } = store.state;
      return store.select(selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id]);
    }
    store.set({ panel: store.state.panel === "page" ? "block" : store.state.panel });
    store.select([id]);
    if (store.state.review) return;
    void app.inplace.begin(id, element, point).then((began) => {
      if (!began) app.focusRow(id);
    });
  };

  const hover = (event: PointerEvent) => {
    if (pan.current && event.pointerType === "touch") {
      const now = performance.now();
      const dy = pan.current.y - event.clientY;
      const dx = pan.current.x - event.clientX;
      frame.current?.contentWindow?.scrollBy(dx / scale, dy / scale);
      pan.current = { x: event.clientX, y: event.clientY, at: now, vy: dy / Math.max(1, now - pan.current.at) };
      return;
    }
    if (app.drag.active || event.pointerType === "touch") return;
    const { id } = at(event);
    if (id !== store.state.hovered) store.set({ hovered: id });
  };

  const glide = () => {
    let speed = (pan.current?.vy ?? 0) * 16;
    pan.current = null;
    const step = () => {
      if (Math.abs(speed) < 0.5 || pan.current) return;
      frame.current?.contentWindow?.scrollBy(0, speed);
      speed *= 0.95;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };

  // Where somebody types, the layer has a hole.
  useLayoutEffect(() => {
    const layer = shield.current;
    if (!layer) return;
    const box = typing && app.inplace.now?.element.isConnected ? app.inplace.now.element.getBoundingClientRect() : null;
    if (!box) layer.style.removeProperty("clip-path");
    else {
      const [x, y, right, bottom] = [box.left - 4, box.top - 4, box.right + 4, box.bottom + 4].map((value) => Math.round(value * scale));
      layer.style.clipPath = `path(evenodd, "M0 0H${shown.width}V${shown.height}H0Z M${x} ${y}H${right}V${bottom}H${x}Z")`;
    }
  });

  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    element.style.width = `${wanted}px`;
    element.style.height = `${size.height / scale}px`;
    element.style.transform = scale === 1 ? "" : `scale(${scale})`;
    element.parentElement!.style.width = `${shown.width}px`;
  }, [wanted, scale, size.height, shown.width]);

  return (
    <div ref={stage} class={`aice-stage aice-stage--${width}`}>
      {/* Of both layers: on the way to a button of the overlay nothing is left. */}
      <div class="aice-stage__frame" onPointerLeave={() => store.set({ hovered: null })}>
        <iframe ref={frame} title={t("The page")} src={boot.urls.frame} sandbox="allow-same-origin" tabIndex={-1} onLoad={loaded} />
        {ready && !broken && (
          <div
            ref={shield}
            class="aice-stage__shield"
            onPointerMove={hover}
            onPointerDown={(event) => {
              if (event.pointerType === "touch") pan.current = { x: event.clientX, y: event.clientY, at: performance.now(), vy: 0 };
              const { id } = at(event);
              if (id) app.drag.prepare(event, { kind: "move", ids: store.state.selected.includes(id) ? store.state.selected : [id] });
            }}
            onPointerUp={(event) => event.pointerType === "touch" && glide()}
            onPointerCancel={glide}
            onClick={click}
            onWheel={(event) => frame.current?.contentWindow?.scrollBy(event.deltaX, event.deltaY * (event.deltaMode === 1 ? 20 : 1))}
          />
        )}
        {ready && !broken && <Overlay scale={scale} width={shown.width} height={shown.height} />}
      </div>
      {broken && <p class="aice-stage__note" role="status">{t("This page's template does not show its blocks in a way that they can be edited on the page. Edit them in the list and the form.")}</p>}
    </div>
  );
}
