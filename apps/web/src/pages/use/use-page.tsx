import { background, type ExportedModel, type RunStatus } from "@trainer/platform/browser";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import type { ComponentType } from "react";
import { exportedQuery, runsQuery } from "../../api/runs.js";
import { Empty, Failed, Loading } from "../../parts/states.js";
import { ChatPanel } from "./chat-panel.js";
import { GeneratePanel } from "./generate-panel.js";
import { ModelChoice } from "./model-choice.js";
import { ScorePanel } from "./score-panel.js";
import { modes, type Mode } from "./search.js";
import styles from "./use.module.css";

/** The most runs that a page of the list has. */
const LIMIT = 500;
const EVERY_MS = 15_000;

const panels: Readonly<Record<Mode, { readonly title: string; readonly Panel: ComponentType<{ run: string }> }>> = {
  generate: { title: "Generate", Panel: GeneratePanel },
  chat: { title: "Chat", Panel: ChatPanel },
  score: { title: "Score", Panel: ScorePanel },
};

/** Asks the model of a finished run, or an exported one. */
export function UsePage() {
  const search = useSearch({ from: "/use" });
  const { data, error, refetch } = useQuery({
    ...runsQuery({ status: "completed", offset: 0, limit: LIMIT }),
    refetchInterval: EVERY_MS,
  });
  const exported = useQuery({ ...exportedQuery(), refetchInterval: EVERY_MS });
  const models = exported.data?.models ?? [];
  const run = search.run ?? data?.runs[0]?.run_id ?? (data && models[0]?.model_id);
  return (
    <div className={styles.page}>
      <h1>Use</h1>
      {run !== undefined ? (
        <Asked run={run} runs={data?.runs ?? []} models={models} mode={search.mode ?? "generate"} />
      ) : error !== null ? (
        <Failed what="The runs cannot be read." error={error} retry={refetch} />
      ) : data === undefined || exported.isPending ? (
        <Loading what="the finished runs" />
      ) : (
        <Empty title="No model yet">
          <p>
            As soon as a training is finished, its model can be asked here. <Link to="/runs">The runs</Link> show how
            far they are. So can a model that lies in the folder <code>exports</code> beside them, as{" "}
            <code>trainer export</code> writes it.
          </p>
        </Empty>
      )}
    </div>
  );
}

function Asked({
  run,
  runs,
  models,
  mode,
}: {
  readonly run: string;
  readonly runs: readonly RunStatus[];
  readonly models: readonly ExportedModel[];
  readonly mode: Mode;
}) {
  const navigate = useNavigate({ from: "/use" });
  const choose = (next: Mode) => {
    navigate({ search: (before) => ({ ...before, mode: next }), replace: true }).catch(reportError);
  };
  return (
    <>
      <ModelChoice
        runs={runs}
        models={models}
        model={run}
        onChange={(chosen) => background(navigate({ search: { run: chosen, mode } }), reportError)}
      />
      <Tabs.Root
        className={styles.tabs}
        value={mode}
        onValueChange={(next) => modes.filter((each) => each === next).forEach(choose)}
      >
        <Tabs.List className={styles.tabList} aria-label="What is asked">
          {modes.map((each) => (
            <Tabs.Trigger key={each} className={styles.tab} value={each}>
              {panels[each].title}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {modes.map((each) => {
          const { Panel } = panels[each];
          return (
            // What was written in one stays while another is looked at.
            <Tabs.Content key={each} className={styles.content} value={each} hidden={each !== mode} forceMount>
              <Panel run={run} />
            </Tabs.Content>
          );
        })}
      </Tabs.Root>
    </>
  );
}
