// @vitest-environment happy-dom
import { act, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { refusal } from "../../../testing/answers.js";
import { stubCanvas } from "../../../testing/canvas.js";
import { openPage } from "../../../testing/page.js";
import { ID, run, completed, line, answers } from "../../../testing/run.js";

beforeEach(() => {
  stubCanvas();
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
});
afterEach(() => vi.restoreAllMocks());

const press = async (name: string | RegExp) => await userEvent.click(await screen.findByRole("button", { name }));

test("the log is filtered by level and searched by the service, and its text is text", async () => {
  const hostile = `<img src=x onerror="alert(1)">`;
  const asked = answers({
    [`GET /runs/${ID}/logs?tail=500`]: () => new Response(line("INFO", hostile).repeat(500)),
    [`GET /runs/${ID}/logs?tail=5000`]: () => new Response(line("INFO", hostile).repeat(700)),
    [`GET /runs/${ID}/logs?tail=500&level=ERROR`]: () => new Response(line("ERROR", "disk full")),
    [`GET /runs/${ID}/logs?tail=500&level=ERROR&q=nothing`]: () => new Response(""),
  });
  openPage(`/app/runs/${ID}?tab=log`);
  expect(await screen.findByText("the last 500 lines")).toBeDefined();
  expect(document.querySelector("main img")).toBeNull();
  await userEvent.selectOptions(screen.getByLabelText(/^Show/), "ERROR");
  expect(await screen.findByText("the last 1 lines that match")).toBeDefined();
  expect(screen.getByText("error:").parentElement?.textContent).toContain("error: disk full");
  await userEvent.type(screen.getByRole("searchbox"), "nothing");
  expect(await screen.findByText("No line has that.")).toBeDefined();
  expect(asked.filter(({ path }) => path.includes("q=")).length).toBe(1);
  await userEvent.clear(screen.getByRole("searchbox"));
  await userEvent.selectOptions(screen.getByLabelText(/^Show/), "");
  await press("Read further back");
  expect(await screen.findByText("the last 700 lines")).toBeDefined();
});

test("of a long log the last lines are drawn, and the others can be searched", async () => {
  answers({ [`GET /runs/${ID}/logs`]: () => new Response(line("INFO", "x").repeat(1200)) });
  openPage(`/app/runs/${ID}?tab=log`);
  expect(await screen.findByText(/^200 earlier lines are not drawn/)).toBeDefined();
});

test("the log stays at its end while it grows, unless the reader has scrolled up", async () => {
  const moved = vi.spyOn(HTMLElement.prototype, "scrollTo").mockReturnValue();
  let text = line("INFO", "first");
  answers({ [`GET /runs/${ID}`]: run, [`GET /runs/${ID}/logs`]: () => new Response(text) });
  openPage(`/app/runs/${ID}?tab=log`);
  const region = await screen.findByRole("region", { name: "Lines of the log" });
  expect(moved).toHaveBeenCalled();
  vi.spyOn(region, "scrollHeight", "get").mockReturnValue(900);
  act(() => void region.dispatchEvent(new Event("scroll")));
  moved.mockClear();
  text += line("INFO", "second");
  expect(await screen.findByText("second")).toBeDefined();
  expect(moved).not.toHaveBeenCalled();
});

test.each([run, completed])("a log without a line says so", async (status) => {
  answers({ [`GET /runs/${ID}`]: status, [`GET /runs/${ID}/logs`]: refusal(404, "DATA_NOT_FOUND", "logs not found") });
  openPage(`/app/runs/${ID}?tab=log`);
  expect(await screen.findByRole("heading", { name: "The log is empty" })).toBeDefined();
});
