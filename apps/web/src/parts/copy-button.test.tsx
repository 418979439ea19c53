// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import "../testing/ample-waits.js";
import "../testing/report-error.js";
import { CopyButton } from "./copy-button.js";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a text is copied as it is, which is said for a moment", async () => {
  const user = userEvent.setup();
  render(<CopyButton text={"a\n☃ "} what="the text" />);
  await user.click(screen.getByRole("button", { name: "Copy the text" }));
  expect(await navigator.clipboard.readText()).toBe("a\n☃ ");
  await screen.findByRole("button", { name: "Copied" });
  expect(screen.getByRole("status").textContent).toBe("Copied");
  await screen.findByRole("button", { name: "Copy the text" });
});

test("where a browser lets no page copy, the reader is told what to do", async () => {
  const user = userEvent.setup();
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new DOMException("no", "NotAllowedError"));
  render(<CopyButton text="a" what="the key" title="Copy it" />);
  await user.click(screen.getByRole("button", { name: "Copy it the key" }));
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe("Not copied: select the text instead"));
});
