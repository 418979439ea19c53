// @vitest-environment happy-dom
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { stubCanvas } from "../../testing/canvas.js";
import { Chart } from "./chart.js";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("out of view nothing is drawn; back in view the newest points are, once", async () => {
  const drawn = stubCanvas();
  let scroll = (_isIntersecting: boolean): void => {};
  let isObserved = false;
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(callback: (entries: readonly { isIntersecting: boolean }[]) => void) {
        scroll = (isIntersecting) => callback([{ isIntersecting: !isIntersecting }, { isIntersecting }]);
      }
      observe = () => (isObserved = true);
      disconnect = () => (isObserved = false);
    },
  );
  const grown = (last: number) => {
    const curves = [
      { label: "Training", x: new Float64Array([0, 10]), y: new Float64Array([4, last]), color: "--curve-1" } as const,
    ];
    const numbers = { showX: String, showY: String, zoom: null, onZoom: () => {} };
    return <Chart title="Loss" curves={curves} xName="step" group="g" {...numbers} />;
  };
  const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 30)));
  const drawings = () => drawn.filter(({ call }) => call === "clearRect").length;

  const { rerender, unmount, container } = render(grown(3));
  await settle();
  act(() => scroll(false));
  const before = drawings();
  for (const last of [2.5, 2, 1]) rerender(grown(last));
  await settle();
  expect(drawings()).toBe(before);
  act(() => scroll(true));
  await settle();
  expect(drawings()).toBe(before + 1);
  expect(container.textContent).toContain("Training1");
  act(() => scroll(true));
  await settle();
  expect(drawings()).toBe(before + 1);
  expect(isObserved).toBe(true);
  unmount();
  expect(isObserved).toBe(false);
});
