import { evalLine, stepLine, type EvalMetrics, type StepMetrics } from "../home/metrics-lines.js";
import { LinesFile } from "./lines-file.js";

/** A run's `metrics.jsonl`. */
export class MetricsFile extends LinesFile {
  write(metrics: StepMetrics | EvalMetrics): void {
    this.append(["split" in metrics ? evalLine(metrics) : stepLine(metrics)]);
  }
}
