import type { Command } from "commander";
import type { RunManifest } from "@trainer/training";
import { z } from "zod";
import { cautions, comparable, type Comparable } from "../compare/comparable.js";
import { differences, METRICS } from "../compare/differences.js";
import { words } from "../framework/arguments.js";
import { defineCommand, RUN } from "../framework/define-command.js";
import { curves, GLYPHS } from "../display/curves.js";
import { table } from "../display/table.js";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";
import { lossesOf } from "../remote/losses.js";
import type { Losses, View } from "../run-display/live-lines.js";
import { savedCurve } from "../run-display/saved-curve.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Runs side by side: what they were asked that differs, their metrics, their losses in one picture.",
    args: { runs: words(`two runs or more: ${RUN}`) },
    options: z.strictObject({}),
    examples: {
      "trainer compare one two": "what differs, which is better",
      "trainer compare one two three --json | jq .metrics.test_loss": "one metric of each",
      "trainer compare one two --server http://127.0.0.1:8000": "runs of a server",
    },
    async runOn({ client }, { args: { runs: refs }, out }) {
      checkCount(refs);
      const { RunManifest } = await import("@trainer/training/files");
      const runs: Compared[] = [];
      for (const ref of refs) {
        const manifest = RunManifest.parse(await client.manifest(ref));
        runs.push({ manifest, losses: lossesOf(await client.metrics(ref, { points: 500 })) });
      }
      tell(runs, out);
    },
    async run({ args: { runs: refs }, home: root, out }) {
      checkCount(refs);
      const { findRecord, openHome, readManifest } = await import("@trainer/training/files");
      const home = openHome(root);
      const runs: Compared[] = [];
      for (const ref of refs) {
        const record = await findRecord(ref, home);
        const manifest = await readManifest(record.manifest);
        if (manifest === null) throw new UsageError(`${ref} has no manifest.json, so it cannot be compared`);
        runs.push({ manifest, losses: await savedCurve(record.metrics) });
      }
      tell(runs, out);
    },
  });
}

function checkCount(refs: readonly string[]): void {
  if (refs.length < 2) throw new UsageError("give two runs or more: trainer compare RUN RUN");
}

function tell(runs: readonly Compared[], out: Output): void {
  const view = { columns: out.screen.columns(), unicode: out.screen.unicode, paint: out.paint };
  const common = comparable(runs.map(({ manifest }) => manifest));
  out.result(comparisonJson(runs, common), () => report(runs, common, view).join("\n"));
}

interface Compared {
  readonly manifest: RunManifest;
  readonly losses: Losses;
}

/** By run id: differing settings, results, and which of these are comparable. */
const comparisonJson = (runs: readonly Compared[], common: Comparable) => ({
  runs: runs.map(({ manifest }) => manifest.run_id),
  config: differences(runs.map(({ manifest }) => manifest.config)),
  metrics: Object.fromEntries(METRICS.map(({ name, value }) => [name, runs.map(({ manifest }) => value(manifest))])),
  same_text: common.sameText,
  same_tokens: common.sameTokens,
  losing_text: common.losing,
  cautions: cautions(common),
});

function report(runs: readonly Compared[], common: Comparable, view: View): string[] {
  const heads = runs.map(({ manifest }) => manifest.run_id);
  const right = heads.map((_, i) => i + 1);
  const config = Object.entries(differences(runs.map(({ manifest }) => manifest.config)));
  const settings = table([["ASKED", ...heads], ...config.map(([name, values]) => [name, ...values.map(show)])], right);
  const metrics = METRICS.map(({ name, value, show, best: where }) => {
    const values = runs.map(({ manifest }) => value(manifest));
    const known = values.filter((each) => each !== null);
    const ranked = where !== null && common[where] && (where === "sameWork" || common.losing.length === 0);
    const best = ranked && new Set(known).size > 1 ? Math.min(...known) : null;
    const shown = values.map((each) => (each === null ? "-" : show(each)));
    return [name].concat(shown.map((text, i) => (best !== null && values[i] === best ? view.paint.green(text) : text)));
  });
  return [
    ...(config.length === 0 ? ["They were asked the same."] : settings),
    "",
    ...table([["METRIC", ...heads], ...metrics], right),
    ...cautions(common),
    ...picture(runs, view),
  ];
}

const show = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The validation losses of all runs over each other, or the training losses where there are none. */
function picture(runs: readonly Compared[], { columns, unicode, paint }: View): string[] {
  const validated = runs.some(({ losses }) => losses.validationPoints.length > 1);
  const lines = runs.map(({ losses }) => (validated ? losses.validationPoints : losses.trainPoints));
  const plot = curves(lines, { width: Math.min(64, columns - 12), height: 12, unicode, paint });
  if (plot.length === 0) return [];
  const names = runs.map(({ manifest }, i) => `${GLYPHS.charAt(i % GLYPHS.length)} ${manifest.run_id}`);
  return ["", `${validated ? "validation" : "training"} loss:  ${names.join("   ")}`, ...plot];
}
