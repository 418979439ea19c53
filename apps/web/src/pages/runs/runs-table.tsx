import type { RunStatus } from "@trainer/platform/browser";
import { ago, duration, figure, percent } from "../../parts/figures.js";

/** Runs, a row each. */
export function RunsTable({ runs }: { readonly runs: readonly RunStatus[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">Status</th>
          <th scope="col">Model</th>
          <th scope="col">Progress</th>
          <th scope="col">To the end</th>
          <th scope="col">Best validation loss</th>
          <th scope="col">Begun</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.run_id}>
            <th scope="row">{run.run_id}</th>
            <td>{run.status}</td>
            <td>{[run.model_family, run.model_size].join(" ")}</td>
            <td>{percent(run.progress)}</td>
            <td>{duration(run.training?.eta_seconds)}</td>
            <td>{figure(run.training?.best_val_loss)}</td>
            <td>{ago(Date.parse(run.created_at))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
