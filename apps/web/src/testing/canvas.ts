import { vi } from "vitest";

/** A call of a canvas' context, or of a path that was drawn on one. */
export interface Drawn {
  readonly call: string;
  readonly args: readonly unknown[];
}

/** In place of the canvas that the tests' DOM has not: takes down what is drawn. `blob`: what a picture of it is. */
export function stubCanvas(blob: Blob | null = new Blob(["picture"], { type: "image/png" })): Drawn[] {
  const drawn: Drawn[] = [];
  Reflect.set(HTMLCanvasElement.prototype, "getContext", function (this: HTMLCanvasElement) {
    return recorder(drawn, { canvas: this });
  });
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation((done) => done(blob));
  vi.stubGlobal("Path2D", function Path2D() {
    return recorder(drawn, {});
  });
  return drawn;
}

/** An object whose methods all take down that they were called; what is set on it stays. */
const recorder = (drawn: Drawn[], own: Record<string, unknown>) =>
  new Proxy(own, {
    get: (target, name) => {
      if (typeof name !== "string" || name in target) return target[String(name)];
      return (...args: unknown[]) => {
        drawn.push({ call: name, args });
        return name === "measureText" ? { width: 40 } : undefined;
      };
    },
  });
