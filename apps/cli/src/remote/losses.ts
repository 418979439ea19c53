import type { MetricsHistory } from "@trainer/platform";
import type { Losses } from "../run-display/live-lines.js";

/** The losses of a server's run, for a picture of them; those that were no numbers are left out. */
export const lossesOf = ({ steps, evaluations }: MetricsHistory): Losses => ({
  trainPoints: points(steps.map(({ step, train_loss: loss }) => ({ step, loss }))),
  validationPoints: points(evaluations.filter(({ split }) => split === "validation")),
});

const points = (rows: readonly { readonly step: number; readonly loss: number | null }[]) =>
  rows.flatMap(({ step, loss }) => (loss === null ? [] : [{ step, loss }]));
