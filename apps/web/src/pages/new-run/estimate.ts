import { queryOptions } from "@tanstack/react-query";
import { EstimateResponse } from "@trainer/platform/browser";
import { z } from "zod";
import { patientAnswer } from "../../api/patient-answer.js";
import type { Request } from "./request.js";

const KEPT_MS = 300_000;

/** Settings that change neither size nor memory nor time. */
const WITHOUT_WEIGHT = new Set([
  "learning_rate",
  "lr_schedule",
  "warmup_steps",
  "min_lr",
  "weight_decay",
  "beta1",
  "beta2",
  "lr_decay_fraction",
  "lr_decay_shape",
  "matrix_lr",
  "muon_momentum",
  "lora_alpha",
  "log_every",
  "keep_checkpoints",
  "keep_files",
  "tensorboard",
  "early_stopping_patience",
]);

/** The part of a request that an estimate depends on, as JSON. */
export const weighed = (request: Request): string =>
  JSON.stringify(Object.fromEntries(Object.entries(request).filter(([name]) => !WITHOUT_WEIGHT.has(name))));

/** What the training of a request would be. */
export const estimateQuery = (request: string) =>
  queryOptions({
    queryKey: ["estimate", request],
    queryFn: ({ signal }) =>
      patientAnswer(
        {
          schema: EstimateResponse,
          path: "/runs/estimate",
          body: z.record(z.string(), z.unknown()).parse(JSON.parse(request)),
          answerPath: ({ request_id: id }) => `/estimates/${id}`,
        },
        signal,
      ),
    staleTime: Infinity,
    gcTime: KEPT_MS,
    retry: false,
  });
