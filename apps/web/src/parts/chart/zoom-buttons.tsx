import styles from "./chart.module.css";
import type { Span } from "./curves.js";
import { panned, zoomed } from "./zoom.js";

/** Zooms and moves all charts of a page: for fingers, and for who does not drag. */
export function ZoomButtons({
  zoom,
  whole,
  onZoom,
}: {
  readonly zoom: Span | null;
  readonly whole: Span;
  readonly onZoom: (zoom: Span | null) => void;
}) {
  const isWhole = zoom === null;
  return (
    <div className={styles.zoom} role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom in" onClick={() => onZoom(zoomed(zoom, 0.5, whole))}>
        +
      </button>
      <button type="button" aria-label="Zoom out" disabled={isWhole} onClick={() => onZoom(zoomed(zoom, 2, whole))}>
        −
      </button>
      <button type="button" aria-label="Move back" disabled={isWhole} onClick={() => onZoom(panned(zoom, -0.5, whole))}>
        ←
      </button>
      <button type="button" aria-label="Move on" disabled={isWhole} onClick={() => onZoom(panned(zoom, 0.5, whole))}>
        →
      </button>
      <button type="button" disabled={isWhole} onClick={() => onZoom(null)}>
        Show all
      </button>
    </div>
  );
}
