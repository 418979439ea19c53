// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useNow } from "./use-now.js";

afterEach(() => void vi.useRealTimers());

it("looks at the time every so often, and stops with the page", () => {
  vi.useFakeTimers({ now: 1000 });
  const { result, unmount } = renderHook(() => useNow(5000));
  expect(result.current).toBe(1000);
  act(() => void vi.advanceTimersByTime(5000));
  expect(result.current).toBe(6000);
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
