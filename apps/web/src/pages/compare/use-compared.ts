import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { isLive, manifestQuery, metricsQuery, runQuery } from "../../api/run.js";
import type { Compared } from "./compared.js";

export interface ReadRuns {
  readonly runs: readonly Compared[];
  /** Those that could not be read, with why. */
  readonly failed: readonly { readonly id: string; readonly error: Error }[];
  readonly isReading: boolean;
}

/** Reads runs, and goes on with those that run. */
export function useCompared(ids: readonly string[]): ReadRuns {
  const runs = useQueries({ queries: ids.map((id) => runQuery(id)) });
  const live = runs.map(({ data }) => isLive(data));
  const manifests = useQueries({ queries: ids.map((id, i) => manifestQuery(id, live[i] === true)) });
  const metrics = useQueries({ queries: ids.map((id, i) => metricsQuery(id, live[i] === true)) });
  const read = ids.map((id, i): Compared => ({
    id,
    color: `--run-${i + 1}`,
    run: runs[i]?.data ?? null,
    manifest: manifests[i]?.data ?? null,
    metrics: metrics[i]?.data ?? null,
  }));
  const failed = ids.flatMap((id, i) => {
    const error = runs[i]?.data === undefined ? runs[i]?.error : null;
    return error ? [{ id, error }] : [];
  });
  const known = read.flatMap(({ id, run, manifest, metrics }) => [id, run, manifest, metrics]);
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the same as long as all that was read is
  const stable = useMemo(() => read, known);
  return { runs: stable, failed, isReading: metrics.some(({ isPending }) => isPending) };
}
