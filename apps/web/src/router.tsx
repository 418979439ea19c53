import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from "@tanstack/react-router";
import { z } from "zod";
import { CompareSearch } from "./pages/compare/search.js";
import { NewRunSearch } from "./pages/new-run/search.js";
import { RunSearch } from "./pages/run/search.js";
import { RunsSearch } from "./pages/runs/search.js";
import { TokenizersSearch } from "./pages/tokenizers/search.js";
import { UseSearch } from "./pages/use/search.js";
import { NotFound, PageFailed } from "./shell/page-states.js";
import { Shell } from "./shell/shell.js";

export interface Context {
  readonly queryClient: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: PageFailed,
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => redirect({ to: "/runs", throw: true }),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: z.object({ from: z.string().optional().catch(undefined) }),
  component: lazyRouteComponent(() => import("./pages/sign-in/sign-in-page.js"), "SignInPage"),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: RunsSearch,
  component: lazyRouteComponent(() => import("./pages/runs/runs-page.js"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  validateSearch: RunSearch,
  component: lazyRouteComponent(() => import("./pages/run/run-page.js"), "RunPage"),
});

const newRun = createRoute({
  getParentRoute: () => root,
  path: "/new-run",
  validateSearch: NewRunSearch,
  component: lazyRouteComponent(() => import("./pages/new-run/new-run-page.js"), "NewRunPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: CompareSearch,
  component: lazyRouteComponent(() => import("./pages/compare/compare-page.js"), "ComparePage"),
});

const tokenizers = createRoute({
  getParentRoute: () => root,
  path: "/tokenizers",
  validateSearch: TokenizersSearch,
  component: lazyRouteComponent(() => import("./pages/tokenizers/tokenizers-page.js"), "TokenizersPage"),
});

const use = createRoute({
  getParentRoute: () => root,
  path: "/use",
  validateSearch: UseSearch,
  component: lazyRouteComponent(() => import("./pages/use/use-page.js"), "UsePage"),
});

const system = createRoute({
  getParentRoute: () => root,
  path: "/system",
  component: lazyRouteComponent(() => import("./pages/system/system-page.js"), "SystemPage"),
});

const routes = root.addChildren([home, signIn, runs, compare, run, newRun, tokenizers, use, system]);

/** The pages by their addresses; `history` in place of the browser's for tests. */
export const newRouter = (queryClient: QueryClient, history?: RouterHistory) =>
  createRouter({
    routeTree: routes,
    basepath: "/app",
    context: { queryClient },
    defaultPreload: "intent",
    scrollRestoration: true,
    ...(history === undefined ? {} : { history }),
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
