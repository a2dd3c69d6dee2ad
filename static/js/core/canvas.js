// Painting on a canvas in the colours of the theme, as sharp as the screen is.

import { useEffect, useState } from "./html.js";
import { useStore } from "./store.js";
import { theme } from "./theme.js";

/**
 * Paints a canvas anew at its present size; not where it has none.
 * @param {HTMLCanvasElement} canvas
 * @param {(context: CanvasRenderingContext2D, width: number, height: number, color: (name: string) => string) => void} paint `color` reads a custom property
 */
export function painted(canvas, paint) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  if (!context || width === 0) return;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  context.font = `12px ${style.fontFamily}`;
  paint(context, width, height, (name) => style.getPropertyValue(name).trim());
}

/**
 * Calls `draw` when its inputs, the size of an element or the colours have changed.
 * @param {{ current: HTMLElement | null }} ref
 * @param {() => void} draw
 * @param {unknown[]} inputs
 * @param {boolean} [isThere] whether the element is in the document
 */
export function usePainting(ref, draw, inputs, isThere = true) {
  const [width, setWidth] = useState(0);
  const colors = useStore(theme);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(() => setWidth(ref.current?.clientWidth ?? 0));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [isThere]);
  useEffect(draw, [...inputs, width, colors]);
}
