import { ByteSize, Duration, planDefaults } from "@trainer/options";
import { z } from "zod";
import { RunFlags } from "../flags/train-options.js";

/** Those of a training of a new model, and how much of the machine it may take. */
export const PlanFlags = z.strictObject({
  maxSeconds: Duration.default(planDefaults.seconds).meta({
    description: "time that the training may take in all: 90s, 30m, 2h, or a number of seconds",
    flag: "for",
  }),
  memory: ByteSize.nullable()
    .default(null)
    .describe(
      "memory that it may take in all: 8GB, 512MiB, or a number of bytes; left out: nine tenths of what is free",
    ),
  ...RunFlags.omit({
    maxSeconds: true,
    pretrainedRunId: true,
    freezeEmbed: true,
    finetuneLrCap: true,
    trainNewRowsFirst: true,
    transferVocabulary: true,
    loraRank: true,
    loraAlpha: true,
    loraDropout: true,
    loraTargets: true,
    teacher: true,
    kdWeight: true,
    kdTopK: true,
    kdTemperature: true,
    kdCache: true,
  }).shape,
});
export type PlanFlags = z.output<typeof PlanFlags>;
