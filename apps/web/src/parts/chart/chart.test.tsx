// @vitest-environment happy-dom
import { act, cleanup, createEvent, fireEvent, render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import "../../testing/ample-waits.js";
import { stubCanvas, type Drawn } from "../../testing/canvas.js";
import { Chart, type ChartProps } from "./chart.js";
import type { Curve, Span } from "./curves.js";
import { DownloadMenu } from "./download-menu.js";
import { ZoomButtons } from "./zoom-buttons.js";

let drawn: Drawn[];
let resize: () => void;
beforeEach(() => {
  drawn = stubCanvas();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        resize = callback;
      }
      observe = () => {};
      disconnect = () => {};
    },
  );
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const curve = (label: string, y: readonly number[], more: Partial<Curve> = {}): Curve => ({
  label,
  x: Float64Array.from(y, (_, i) => i * 10),
  y: Float64Array.from(y),
  color: "--curve-1",
  ...more,
});

const CURVES = [
  curve("Raw", [4, 3, 2, 1], { look: "faint" }),
  curve("Training", [4.5, 3.25, 2, 1.5]),
  curve("Validation", [3.5, 2.5], { look: "points", color: "--curve-2" }),
];

let zoomedTo: Span | null;
function Page(props: Partial<ChartProps>) {
  const [zoom, setZoom] = useState<Span | null>(null);
  const onZoom = (span: Span | null) => {
    zoomedTo = span;
    setZoom(span);
  };
  return (
    <>
      <ZoomButtons zoom={zoom} whole={{ from: 0, to: 30 }} onZoom={onZoom} />
      <Chart
        title="Loss"
        curves={CURVES}
        xName="step"
        showX={String}
        showY={(y) => y.toFixed(4)}
        group="g"
        zoom={zoom}
        onZoom={onZoom}
        {...props}
      />
    </>
  );
}

/** Texts on the canvas since the last drawing began. */
const texts = () =>
  drawn
    .slice(drawn.findLastIndex(({ call }) => call === "clearRect"))
    .filter(({ call }) => call === "fillText")
    .map(({ args: [text] }) => text);
const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 30)));
const plot = () => screen.getByRole("img");
const over = () => {
  const element = document.querySelector(".u-over");
  if (!(element instanceof HTMLElement)) throw new Error("no plot");
  element.getBoundingClientRect = () => new DOMRect(0, 0, 528, 188);
  return element;
};

test("a chart is drawn with its marks and levels, and told in words", async () => {
  render(
    <Page
      marks={[
        { x: 5, label: "best", color: "--good" },
        { x: 29, label: "resumed", color: "--text-2" },
        { x: 999, label: "beyond", color: "--good" },
      ]}
      levels={[
        { y: 3, label: "clipped at 3", color: "--bad" },
        { y: 1000, label: "far", color: "--bad" },
      ]}
    />,
  );
  await settle();
  expect(texts()).toEqual(expect.arrayContaining(["best", "resumed", "clipped at 3", "2", "4"]));
  expect(texts()).not.toContain("beyond");
  expect(texts()).not.toContain("far");
  expect(plot().getAttribute("aria-label")).toBe(
    "Loss. Training: from 4.5000 to 1.5000 at step 30, least 1.5000 at step 30. " +
      "Validation: from 3.5000 to 2.5000 at step 10, least 2.5000 at step 10.",
  );
  expect(screen.getByRole("button", { name: /^Training/ }).textContent).toBe("Training1.5000");
});

test("a logarithmic chart, one of bytes and one without a point are drawn", async () => {
  const { rerender } = render(<Page isLog />);
  await settle();
  expect(texts()).toContain("1");
  rerender(<Page isBinary curves={[curve("Memory", [1024, 4096])]} hasLegend={false} />);
  await settle();
  expect(texts()).toEqual(expect.arrayContaining(["1024", "2048", "4096"]));
  expect(screen.queryByRole("button", { name: /Memory 4/ })).toBeNull();
  for (const isLog of [true, false]) {
    rerender(<Page isLog={isLog} curves={[curve("Nothing", [])]} />);
    await settle();
  }
  rerender(<Page curves={[curve("One", [5])]} />);
  await settle();
  expect(plot().getAttribute("aria-label")).toBe("Loss. One: 5.0000 at step 0.");
});

test("new points are drawn without a new plot", async () => {
  const { rerender } = render(<Page />);
  await settle();
  const before = over();
  rerender(
    <Page
      curves={[...CURVES.slice(0, 2), curve("Validation", [3.5, 2.5, 0.5], { look: "points", color: "--curve-2" })]}
    />,
  );
  await settle();
  expect(over()).toBe(before);
  expect(screen.getByRole("button", { name: /^Validation/ }).textContent).toBe("Validation0.5000");
});

test("a click in the legend hides a curve, and shows it again", async () => {
  render(<Page />);
  const entry = screen.getByRole("button", { name: /^Training/ });
  expect(entry.getAttribute("aria-pressed")).toBe("true");
  await userEvent.click(entry);
  expect(entry.getAttribute("aria-pressed")).toBe("false");
  expect(plot().getAttribute("aria-label")).not.toContain("Training");
  await userEvent.click(entry);
  expect(plot().getAttribute("aria-label")).toContain("Training");
});

test("the legend has the values where the pointer is, in every chart of the group", async () => {
  render(
    <>
      <Page />
      <Page title="Other" curves={[curve("Rate", [7, 8, 9, 10])]} />
    </>,
  );
  await settle();
  const element = over();
  fireEvent.mouseEnter(element);
  fireEvent.mouseMove(element, { clientX: 176, clientY: 40 });
  await settle();
  expect(screen.getByRole("button", { name: /^Training/ }).textContent).toBe("Training3.2500");
  expect(screen.getAllByText("step 10").length).toBeGreaterThan(0);
  fireEvent.mouseMove(element, { clientX: 526, clientY: 40 });
  await settle();
  expect(screen.getByRole("button", { name: /^Validation/ }).textContent).toBe("Validation–");
  fireEvent.mouseLeave(element);
  await settle();
  expect(screen.getByRole("button", { name: /^Training/ }).textContent).toBe("Training1.5000");
});

/** Ten curves that lie over one another, the first uppermost, of which the last two stand back. */
const MANY = Array.from({ length: 10 }, (_, i) =>
  curve(`r${i}`, [10 - i, 10 - i, 10 - i, 9.5 - i], i < 8 ? {} : { look: "faint" }),
);
function Many(props: Partial<ChartProps>) {
  const [near, setNear] = useState<readonly string[]>([]);
  return <Page curves={MANY} hasLegend={false} near={near} onNear={setNear} {...props} />;
}
const values = () => screen.getAllByRole("listitem").map(({ textContent }) => textContent);

test("of many curves the values are those nearest to the pointer, from the uppermost on, else the first's last", async () => {
  render(<Many />);
  await settle();
  expect(values()).toEqual(["r09.5000", "r18.5000", "r27.5000", "r36.5000", "r45.5000", "r54.5000"]);
  expect(screen.getByText("6 of 10")).toBeTruthy();
  const element = over();
  const point = async (clientY: number) => {
    fireEvent.mouseMove(element, { clientX: 176, clientY });
    await settle();
  };
  fireEvent.mouseEnter(element);
  await point(0);
  expect(values()).toEqual(["r010.0000", "r19.0000", "r28.0000", "r37.0000", "r46.0000", "r55.0000"]);
  expect(screen.getByText("step 10")).toBeTruthy();
  await point(180); // where the last two are, which stand back
  expect(values()).toEqual(["r28.0000", "r37.0000", "r46.0000", "r55.0000", "r64.0000", "r73.0000"]);
  fireEvent.mouseLeave(element);
  await settle();
  expect(values()[0]).toBe("r09.5000");
});

test("curves that are in front come first where none is pointed at, and one that is gone is not waited for", async () => {
  const [first, ...others] = MANY;
  if (first === undefined) throw new Error("there is one");
  const curves = [Object.assign({}, first, { look: "faint" as const }), ...others.slice(0, 6)];
  const { rerender } = render(<Page curves={curves} hasLegend={false} near={["gone"]} />);
  await settle();
  expect(values().map((text) => text.slice(0, 2))).toEqual(["r1", "r2", "r3", "r4", "r5", "r6"]);
  rerender(<Page curves={curves.slice(0, 2)} hasLegend={false} />);
  expect(values().map((text) => text.slice(0, 2))).toEqual(["r1", "r0"]);
});

test("dragging zooms in, dragging with Shift moves, and a double click shows all again", async () => {
  render(<Page />);
  await settle();
  const element = over();
  const drag = async (from: number, to: number, { shiftKey = false, button = 0 } = {}) => {
    fireEvent.mouseEnter(element);
    fireEvent.mouseMove(element, { clientX: from, clientY: 50 });
    await settle();
    fireEvent.mouseDown(element, { clientX: from, clientY: 50, button, shiftKey });
    const move = createEvent.mouseMove(element, { clientX: to, clientY: 50 });
    Object.defineProperty(move, "movementX", { value: to - from });
    fireEvent(shiftKey ? document : element, move);
    await settle();
    fireEvent.mouseUp(document, { clientX: to, clientY: 50, button });
    await settle();
  };
  await drag(132, 264);
  const first = zoomedTo;
  expect(first?.from).toBeGreaterThan(0);
  expect((first?.to ?? 0) - (first?.from ?? 0)).toBeGreaterThan(5);
  await drag(100, 160, { shiftKey: true });
  expect(zoomedTo?.from).toBeLessThan(first?.from ?? 0);
  fireEvent.mouseMove(document, { clientX: 900 });
  const after = zoomedTo;
  fireEvent.mouseMove(document, { clientX: 0 });
  expect(zoomedTo).toEqual(after);
  fireEvent.dblClick(element);
  await settle();
  expect(zoomedTo).toBeNull();
  await drag(100, 100);
  await drag(132, 264, { button: 2 });
  expect(zoomedTo).toBeNull();
});

test("keys and buttons zoom and move too", async () => {
  render(<Page />);
  plot().focus();
  await userEvent.keyboard("+");
  expect(zoomedTo).toEqual({ from: 7.5, to: 22.5 });
  await userEvent.keyboard("x{Control>}-{/Control}");
  expect(zoomedTo).toEqual({ from: 7.5, to: 22.5 });
  for (const [name, from] of [
    ["Move on", 15],
    ["Move back", 7.5],
    ["Zoom in", 11.25],
    ["Zoom out", 7.5],
  ] as const) {
    await userEvent.click(screen.getByRole("button", { name }));
    expect(zoomedTo?.from).toBe(from);
  }
  await userEvent.click(screen.getByRole("button", { name: "Show all" }));
  expect(zoomedTo).toBeNull();
  expect(screen.getByRole("button", { name: "Show all" }).hasAttribute("disabled")).toBe(true);
});

test("a chart without a point takes no key", async () => {
  zoomedTo = null;
  render(<Page curves={[curve("Nothing", [])]} />);
  plot().focus();
  await userEvent.keyboard("+");
  expect(zoomedTo).toBeNull();
});

test("a chart follows the theme and the page's width", async () => {
  render(<Page />);
  await settle();
  const before = drawn.length;
  act(() => void document.documentElement.dispatchEvent(new Event("themechange", { bubbles: true })));
  await settle();
  expect(drawn.length).toBeGreaterThan(before);
  act(resize);
  await settle();
  expect(document.querySelector<HTMLElement>(".u-wrap")?.style.width).toBe("600px");
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(300);
  act(resize);
  await settle();
  expect(document.querySelector<HTMLElement>(".u-wrap")?.style.width).toBe("300px");
});

test("a chart is kept as a picture, a drawing and a table", async () => {
  const kept: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    if (blob instanceof Blob) kept.push(blob);
    return "blob:1";
  });
  const names: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download);
  });
  render(
    <Page
      isLog
      marks={[{ x: 5, label: "best", color: "--good" }]}
      curves={[...CURVES, curve("Off", [1], { isHidden: true })]}
    />,
  );
  await settle();
  for (const item of ["Picture (PNG)", "Drawing (SVG)", "Points (CSV)"]) {
    await userEvent.click(screen.getByRole("button", { name: "Download Loss" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: item }));
    await settle();
  }
  expect(names).toEqual(["loss.png", "loss.svg", "loss.csv"]);
  expect(await kept[0]?.text()).toBe("picture");
  expect(await kept[1]?.text()).toContain(">best</text>");
  expect(await kept[2]?.text()).toContain("step,Raw,Training,Validation,Off\n0,4,4.5,3.5,1\n");
  expect(drawn.filter(({ call, args }) => call === "fillText" && args[0] === "Off")).toEqual([]);
});

test("a linear chart is kept as a drawing, and one that is not drawn is not", async () => {
  const kept: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    if (blob instanceof Blob) kept.push(blob);
    return "blob:1";
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockReturnValue();
  const { unmount } = render(<Page />);
  await settle();
  await userEvent.click(screen.getByRole("button", { name: "Download Loss" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Drawing (SVG)" }));
  await settle();
  expect(await kept[0]?.text()).toContain(">4.0000</text>");
  unmount();
  const show = { showX: String, showY: String };
  render(
    <DownloadMenu
      title="Loss"
      xName="step"
      curves={[]}
      marks={[]}
      levels={[]}
      isLog={false}
      plot={{ current: null }}
      {...show}
    />,
  );
  await userEvent.click(screen.getByRole("button", { name: "Download Loss" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Drawing (SVG)" }));
  expect((await screen.findByRole("alert")).textContent).toBe("The chart is not drawn yet.");
});

test("a browser that makes no picture says so", async () => {
  vi.restoreAllMocks();
  stubCanvas(null);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  render(<Page />);
  await settle();
  const keep = async () => {
    await userEvent.click(screen.getByRole("button", { name: "Download Loss" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Picture (PNG)" }));
  };
  await keep();
  expect((await screen.findByRole("alert")).textContent).toContain("cannot make a picture");
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  await keep();
  expect((await screen.findByRole("alert")).textContent).toContain("cannot make a picture");
});
