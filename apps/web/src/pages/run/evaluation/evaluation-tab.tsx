import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { EvaluateRequest, type EvaluateResponse, type RunStatus } from "@trainer/platform/browser";
import { useEffect, useRef, useState } from "react";
import type { RunManifest } from "../../../api/manifest.js";
import { evaluateRun, evaluationQuery, isLive } from "../../../api/run.js";
import { Button } from "../../../parts/button.js";
import { count, figure } from "../../../parts/figures.js";
import { Panel } from "../../../parts/panel.js";
import { Failed, Unread } from "../../../parts/states.js";
import { Heads, Table } from "../../../parts/table.js";
import styles from "./evaluation.module.css";
import { HistoryPanel } from "./history-panel.js";
import { SamplesPanel } from "./samples-panel.js";
import { titleOf } from "./split-titles.js";

/** How good a run's model is: as it was measured at the end, and whenever somebody asks. */
export function EvaluationTab({ run, manifest }: { readonly run: RunStatus; readonly manifest: RunManifest | null }) {
  const query = useQuery(evaluationQuery(run.run_id));
  const { data } = query;
  useHistoryOnceEvaluated(run.run_id, data?.status);
  return (
    <div className={styles.tab}>
      <AtTheEnd manifest={manifest} />
      <Panel title="Evaluate again">
        <Ask run={run} isBusy={data?.status === "queued" || data?.status === "running"} />
        <Unread what="the latest evaluation" query={query} />
        {data !== undefined && data !== null && <Latest evaluation={data} />}
      </Panel>
      <HistoryPanel runId={run.run_id} />
      <SamplesPanel runId={run.run_id} live={isLive(run)} />
    </div>
  );
}

function AtTheEnd({ manifest }: { readonly manifest: RunManifest | null }) {
  const evaluation = manifest?.evaluation ?? null;
  const hasTest = manifest !== null && manifest.test_loss !== null;
  return (
    <Panel title="At the end of the training">
      {evaluation === null && !hasTest ? (
        <p className={styles.quiet}>A run is measured when it has finished.</p>
      ) : (
        <Table label="Measured at the end of the training">
          <Heads
            of={[
              "Part of the text",
              { number: "Loss" },
              { number: "Perplexity" },
              { number: "Bits per byte" },
              { number: "Bits per character" },
              { number: "Tokens" },
            ]}
          />
          <tbody>
            {evaluation !== null && (
              <tr>
                <th scope="row">{titleOf(evaluation.split)}</th>
                <td data-number>{figure(evaluation.loss)}</td>
                <td data-number>{figure(evaluation.perplexity)}</td>
                <td data-number>{figure(evaluation.bits_per_byte)}</td>
                <td data-number>{figure(evaluation.bits_per_character)}</td>
                <td data-number>{count(evaluation.tokens)}</td>
              </tr>
            )}
            {hasTest && (
              <tr>
                <th scope="row">Test</th>
                <td data-number>{figure(manifest.test_loss)}</td>
                <td data-number>{figure(manifest.test_perplexity)}</td>
                <td data-number>{figure(manifest.test_bits_per_byte)}</td>
                <td data-number>{figure(null)}</td>
                <td data-number>{count(manifest.splits?.test?.tokens)}</td>
              </tr>
            )}
          </tbody>
        </Table>
      )}
      {manifest !== null && <Words manifest={manifest} />}
    </Panel>
  );
}

/** Alarms of its training, and the verdict at its end. */
function Words({ manifest: { alarms, verdict } }: { readonly manifest: RunManifest }) {
  const told = [...alarms.map(({ step, message }) => `Step ${count(step)}: ${message}`), ...(verdict?.words ?? [])];
  if (told.length === 0) return null;
  return (
    <ul aria-label="What it tells" className={styles.words}>
      {told.map((each) => (
        <li key={each} dir="auto">
          {each}
        </li>
      ))}
    </ul>
  );
}

/** When an evaluation has ended, the history and the samples are read once more. */
function useHistoryOnceEvaluated(runId: string, status: EvaluateResponse["status"] | undefined): void {
  const queryClient = useQueryClient();
  const before = useRef(status);
  useEffect(() => {
    const hasEnded = status === "completed" && before.current !== undefined && before.current !== status;
    before.current = status;
    if (!hasEnded) return;
    for (const part of ["evaluations", "samples"])
      queryClient.invalidateQueries({ queryKey: ["run", runId, part] }).catch(reportError);
  }, [runId, status, queryClient]);
}

const splits = ["validation", "test"] as const;

function Ask({ run, isBusy }: { readonly run: RunStatus; readonly isBusy: boolean }) {
  const queryClient = useQueryClient();
  const [split, setSplit] = useState<string>(() => EvaluateRequest.parse({}).split);
  const ask = useMutation({
    mutationFn: () => evaluateRun(run.run_id, split),
    onSuccess: (queued) => queryClient.setQueryData(evaluationQuery(run.run_id).queryKey, queued),
  });
  const canAsk = run.status === "completed" || run.status === "failed";
  return (
    <>
      <div className={styles.ask}>
        <label>
          Part of the text{" "}
          <select className={styles.select} value={split} onChange={({ target }) => setSplit(target.value)}>
            {splits.map((each) => (
              <option key={each} value={each}>
                {titleOf(each)}
              </option>
            ))}
          </select>
        </label>
        <Button kind="primary" disabled={!canAsk} isBusy={ask.isPending || isBusy} onClick={() => ask.mutate()}>
          {isBusy ? "Evaluating …" : "Evaluate"}
        </Button>
        {!canAsk && <span className={styles.quiet}>when the run has ended</span>}
      </div>
      {ask.error !== null && <Failed what="It was not evaluated." error={ask.error} />}
    </>
  );
}

function Latest({
  evaluation: { split, status, loss, perplexity, figures, message },
}: {
  readonly evaluation: EvaluateResponse;
}) {
  switch (status) {
    case "queued":
      return <p role="status">The evaluation waits for a worker.</p>;
    case "running":
      return <p role="status">The evaluation runs; a long text takes minutes.</p>;
    case "failed":
      return <Failed what="The evaluation failed." error={new Error(message ?? "no reason is known")} />;
    case "completed":
      return (
        <p role="status">
          {titleOf(split)}: loss <strong>{figure(loss)}</strong>,{" "}
          {figures === undefined ? (
            <>
              perplexity <strong>{figure(perplexity)}</strong>
            </>
          ) : (
            <>
              accuracy <strong>{figure(figures["rewards/accuracies"])}</strong>, margin{" "}
              <strong>{figure(figures["rewards/margins"])}</strong>
            </>
          )}
          .{message === null || message === undefined ? "" : ` ${message}`}
        </p>
      );
  }
}
