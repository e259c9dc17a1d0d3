// An element of the overlay at a place: styles are set by script, which a strict policy allows.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function At({ x, y, width, height, class: name, children, ...rest }: { x: number; y: number; width?: number; height?: number; class: string; children?: ComponentChildren; [key: string]: unknown }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { style } = element.current!;
    style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    if (width !== undefined) style.width = `${Math.round(width)}px`;
    if (height !== undefined) style.height = `${Math.round(height)}px`;
  });
  return <div ref={element} class={`aice-at ${name}`} {...rest}>{children}</div>;
}
