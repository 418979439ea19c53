import { usePrefetchQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { RunStatus } from "@trainer/platform/browser";
import { Tabs } from "radix-ui";
import { useEffect, useRef } from "react";
import { ApiError } from "../../api/ask.js";
import { isLive, manifestQuery, metricsQuery, runQuery } from "../../api/run.js";
import { Empty, Unread } from "../../parts/states.js";
import { CurvesTab } from "./curves/curves-tab.js";
import { EvaluationTab } from "./evaluation/evaluation-tab.js";
import { FilesTab } from "./files/files-tab.js";
import { LogTab } from "./log/log-tab.js";
import styles from "./run.module.css";
import { RunHead } from "./head/run-head.js";
import { tabs, type Tab } from "./search.js";
import { SettingsTab } from "./settings/settings-tab.js";

const titles: Readonly<Record<Tab, string>> = {
  curves: "Curves",
  settings: "Settings and facts",
  log: "Log",
  evaluation: "Evaluation",
  files: "Files",
};

/** One run: how it goes, what it was asked, what came of it, and what can be done with it. */
export function RunPage() {
  const { runId } = useParams({ from: "/runs/$runId" });
  // At once, and not when the state is known: a long run's curves take longest.
  usePrefetchQuery(metricsQuery(runId, false));
  usePrefetchQuery(manifestQuery(runId, false));
  const query = useQuery(runQuery(runId));
  const { data: run } = query;
  useReadOnceEnded(run);
  if (run === undefined) {
    return (
      <>
        <h1 className={styles.name}>{runId}</h1>
        {isUnknown(query.error) ? <Unknown /> : <Unread what="the run" query={query} />}
      </>
    );
  }
  return <Run key={runId} run={run} />;
}

const isUnknown = (error: Error | null): boolean => error instanceof ApiError && error.status === 404;

const Unknown = () => (
  <Empty title="There is no such run">
    <p>
      It may have been deleted. <Link to="/runs">All runs</Link>
    </p>
  </Empty>
);

function Run({ run }: { readonly run: RunStatus }) {
  const { run_id: runId } = run;
  const live = isLive(run);
  const { tab = "curves" } = useSearch({ from: "/runs/$runId" });
  const navigate = useNavigate({ from: "/runs/$runId" });
  const manifest = useQuery(manifestQuery(runId, live));
  const open = (name: string) => {
    const chosen = tabs.find((each) => each === name);
    navigate({ search: (before) => ({ ...before, tab: chosen }), resetScroll: false }).catch(reportError);
  };
  return (
    <div className={styles.page}>
      <RunHead run={run} manifest={manifest.data ?? null} />
      <Tabs.Root value={tab} onValueChange={open} activationMode="manual">
        <Tabs.List className={styles.tabs} aria-label="About this run">
          {tabs.map((each) => (
            <Tabs.Trigger key={each} value={each} className={styles.tab}>
              {titles[each]}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content className={styles.content} value="curves" tabIndex={-1}>
          <Curves run={run} manifest={manifest.data ?? null} />
        </Tabs.Content>
        <Tabs.Content className={styles.content} value="settings" tabIndex={-1}>
          <SettingsTab {...{ manifest }} />
        </Tabs.Content>
        <Tabs.Content className={styles.content} value="log" tabIndex={-1}>
          <LogTab runId={runId} live={live} />
        </Tabs.Content>
        <Tabs.Content className={styles.content} value="evaluation" tabIndex={-1}>
          <EvaluationTab run={run} manifest={manifest.data ?? null} />
        </Tabs.Content>
        <Tabs.Content className={styles.content} value="files" tabIndex={-1}>
          <FilesTab runId={runId} live={live} />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

function Curves(about: Omit<Parameters<typeof CurvesTab>[0], "metrics">) {
  const { run } = about;
  const query = useQuery(metricsQuery(run.run_id, isLive(run)));
  if (query.data !== undefined) return <CurvesTab {...about} metrics={query.data} />;
  return <Unread what="the curves" query={query} />;
}

/** When a run ends, its last steps, its log and its outcome are read once more. */
function useReadOnceEnded(run: RunStatus | undefined): void {
  const queryClient = useQueryClient();
  const wasLive = useRef(false);
  const live = isLive(run);
  const runId = run?.run_id;
  useEffect(() => {
    if (wasLive.current && !live && runId !== undefined)
      queryClient.invalidateQueries({ queryKey: ["run", runId] }).catch(reportError);
    wasLive.current = live;
  }, [live, runId, queryClient]);
}
