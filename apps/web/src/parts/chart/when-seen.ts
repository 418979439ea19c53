/** How far outside of what the reader sees an element is drawn already, so that nobody scrolls faster. */
const NEAR = "300px";

/** Draws an element while it is in view, or near it; what was to be drawn meanwhile is drawn as it comes there. */
export class WhenSeen {
  readonly #observer: IntersectionObserver;
  #isSeen = true;
  #late: (() => void) | null = null;

  constructor(element: Element) {
    this.#observer = new IntersectionObserver(
      (entries) => {
        this.#isSeen = entries.at(-1)?.isIntersecting === true;
        if (!this.#isSeen) return;
        this.#late?.();
        this.#late = null;
      },
      { rootMargin: NEAR },
    );
    this.#observer.observe(element);
  }

  /** @param draw draws all that there is: of several that wait the last is drawn alone */
  draw(draw: () => void): void {
    if (this.#isSeen) draw();
    else this.#late = draw;
  }

  disconnect(): void {
    this.#observer.disconnect();
  }
}
