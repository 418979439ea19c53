import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { background } from "@trainer/platform/browser";
import { useEffect } from "react";
import { ApiError } from "../api/ask.js";
import { signOut } from "../api/session.js";
import { ConnectionBanner } from "./connection-banner.js";
import { navigation } from "./navigation.js";
import styles from "./shell.module.css";
import { Shortcuts } from "./shortcuts.js";
import { ThemeSwitch } from "./theme-switch.js";

/** What stands around every page: the way to the others, the theme, whether the service answers. */
export function Shell() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useSignInWhereRefused(path);
  useTitle(path);
  const isSignIn = path === "/sign-in";
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the page
      </a>
      <header className={styles.bar}>
        <Link to="/runs" className={styles.brand} search={{}}>
          Model Trainer
        </Link>
        {!isSignIn && (
          <nav className={styles.nav} aria-label="Pages">
            {navigation.map(({ to, title }) => (
              <Link key={to} to={to} className={styles.link} activeProps={{ "aria-current": "page" }}>
                {title}
              </Link>
            ))}
          </nav>
        )}
        <div className={styles.tools}>
          {!isSignIn && <Shortcuts />}
          <ThemeSwitch />
          {!isSignIn && <SignOut />}
        </div>
      </header>
      <ConnectionBanner />
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
    </>
  );
}

function SignOut() {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const leave = async () => {
    await signOut().catch(() => undefined); // without an answer the cookie stays, and the page shows that all the same
    queryClient.clear();
    await navigate({ to: "/sign-in", search: {} });
  };
  return (
    <button type="button" className={styles.quiet} onClick={() => background(leave(), reportError)}>
      Sign out
    </button>
  );
}

/** Opens the sign-in where the service wants a key, with the way back. */
function useSignInWhereRefused(path: string): void {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const href = useRouterState({ select: ({ location }) => location.href });
  useEffect(() => {
    if (path === "/sign-in") return;
    const look = (failure: unknown) => {
      if (failure instanceof ApiError && failure.status === 401)
        navigate({ to: "/sign-in", search: { from: href }, replace: true }).catch(reportError);
    };
    for (const query of queryClient.getQueryCache().getAll()) look(query.state.error);
    return queryClient.getQueryCache().subscribe(({ query }) => look(query.state.error));
  }, [path, href, queryClient, navigate]);
}

/** Pages that are reached from others. */
const beside = [{ to: "/compare", title: "Compare runs" }] as const;

/** A page's name in the browser's title: its own heading is its first words. */
function useTitle(path: string): void {
  useEffect(() => {
    const page = [...navigation, ...beside].find(({ to }) => path.startsWith(to))?.title ?? "Sign in";
    document.title = `${page} · Model Trainer`;
  }, [path]);
}
