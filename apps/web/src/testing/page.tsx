import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import "@testing-library/jest-dom/vitest";
import { cleanup, render } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { afterEach, vi } from "vitest";
import { newQueryClient } from "../api/query-client.js";
import { newRouter } from "../router.js";
import "./ample-waits.js";
import "./report-error.js";

/** Opens the pages at an address, such as "/app/runs", as a reader would. Tries nothing again unless `retries` says so. */
export function openPage(address: string, { retries = false }: { readonly retries?: boolean } = {}) {
  const queryClient = newQueryClient();
  if (!retries) {
    const { queries, ...others } = queryClient.getDefaultOptions();
    queryClient.setDefaultOptions({ ...others, queries: { ...queries, retry: false } });
  }
  const router = newRouter(queryClient, createMemoryHistory({ initialEntries: [address] }));
  const view = render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { ...view, router, queryClient, user: userEvent.setup(), address: () => router.history.location.href };
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
  sessionStorage.clear();
  document.title = "";
  delete document.documentElement.dataset["theme"];
});
