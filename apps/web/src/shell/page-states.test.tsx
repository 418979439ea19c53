// @vitest-environment happy-dom
import { render, screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import "../testing/page.js";
import { PageFailed } from "./page-states.js";

test.each([new Error("no canvas"), "no canvas"])(
  "a page that breaks says by what, and can be tried again: %s",
  async (error) => {
    const reset = vi.fn<() => void>();
    render(<PageFailed error={error} reset={reset} />);
    expect(screen.getByRole("alert")).toHaveTextContent("This page cannot be shown. No canvas.");
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(reset).toHaveBeenCalledOnce();
  },
);
