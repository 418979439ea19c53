// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { csvOf } from "./csv.js";
import type { Curve } from "./curves.js";
import { download, fileName } from "./download.js";
import { svgOf } from "./svg.js";
import { powers, rounds } from "./ticks.js";

afterEach(() => vi.restoreAllMocks());

const curve = (label: string, x: number[], y: number[], more: Partial<Curve> = {}): Curve => ({
  label,
  x: Float64Array.from(x),
  y: Float64Array.from(y),
  color: "--curve-1",
  ...more,
});

test("a table has a row for each x, and nothing where a curve has no value", () => {
  const curves = [curve("Training", [1, 2], [0.5, Number.NaN]), curve('a "b", c', [2, 3], [7, 8])];
  expect(csvOf("step", curves)).toBe('step,Training,"a ""b"", c"\n1,0.5,\n2,,7\n3,,8\n');
  expect(csvOf("step", [])).toBe("step\n\n".slice(0, 5));
});

test("a name that a spreadsheet would run is a text", () => {
  expect(csvOf("step", [curve('=HYPERLINK("x")', [], [])])).toBe('step,"\'=HYPERLINK(""x"")"\n');
});

test("a drawing has its curves, marks and levels, and no markup of a name", () => {
  const svg = svgOf({
    title: "<script>",
    width: 200,
    height: 100,
    box: { left: 20, top: 10, width: 170, height: 70 },
    curves: [
      curve('a&"b"', [0, 1, 2, 3], [1, 2, Number.NaN, 4]),
      curve("faint", [0, 1], [1, 2], { look: "faint" }),
      curve("points", [0, 1], [1, Number.NaN], { look: "points" }),
      curve("hidden", [0], [1], { isHidden: true }),
    ],
    marks: [{ x: 1, label: "best", color: "--good" }],
    levels: [{ y: 2, label: "clip", color: "--bad" }],
    ticks: { x: [{ at: 20, label: "0" }], y: [{ at: 30, label: "1" }] },
    placeX: (x) => 20 + x * 10,
    placeY: (y) => 80 - y * 10,
    color: (variable) => `rgb(${variable.length})`,
  });
  expect(svg).not.toContain("<script>");
  expect(svg).not.toContain("hidden");
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect([...parsed.querySelectorAll("text")].map((each) => each.textContent)).toEqual([
    "<script>",
    'a&"b"',
    "faint",
    "points",
    "0",
    "1",
    "best",
  ]);
  const lines = [...parsed.querySelectorAll("g > path")].map((each) => each.getAttribute("d"));
  expect(lines).toEqual(["M20.0 70.0L30.0 60.0M50.0 40.0", "M20.0 70.0L30.0 60.0", "M20 60.0h170", "M30.0 10v70"]);
  expect(parsed.querySelectorAll("circle")).toHaveLength(1);
});

test("ticks are round, and within", () => {
  expect(rounds([0, 100], 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(rounds([0.13, 0.41], 4)).toEqual([0.2, 0.3, 0.4]);
  expect(rounds([3, 3], 4)).toEqual([3]);
  expect(rounds([0, 9.5], 1)).toEqual([0]);
  expect(powers([0.3, 12])).toEqual([0.5, 1, 2, 5, 10]);
});

test("a file is handed over under a name of its title, and its address is freed", () => {
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:1");
  const freed = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
  const names: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    names.push(`${this.download} ${this.href}`);
  });
  download(fileName("Tokens per second (äß)", "csv"), new Blob(["x"]));
  expect(names).toEqual(["tokens-per-second-äß.csv blob:1"]);
  expect(freed).toHaveBeenCalledWith("blob:1");
});
