import { PlanResponse } from "@trainer/platform/browser";
import { z } from "zod";
import { patientAnswer } from "../../api/patient-answer.js";
import { count, figure, short } from "../../parts/figures.js";
import type { Draft } from "./draft.js";
import { isScalar } from "./fields.js";
import type { Request } from "./request.js";

/** Minutes that a plan may take: steps of up to four models are measured, each for a minute at most. */
const PATIENCE = 10;

/** Asks a worker for the plan of a training. */
export const askForPlan = (request: Request, signal: AbortSignal): Promise<PlanResponse> =>
  patientAnswer(
    { schema: PlanResponse, path: "/plan", body: request, answerPath: ({ request_id: id }) => `/plans/${id}` },
    signal,
    PATIENCE,
  );

const Texts = z.record(z.string(), z.unknown()).catch({});

/** The settings that a plan decided, as the form has them, and what it says. */
export function plannedIn({ options, request, ...plan }: PlanResponse): NonNullable<Draft["plan"]> {
  const { model_config: dimensions, ...others } = options;
  const method = request?.tokenizer_method;
  return {
    values: { ...(method === undefined ? {} : { tokenizer_method: method }), ...textsIn(others) },
    dimensions: textsIn(Texts.parse(dimensions)),
    outlook: `Planned: ${short(plan.parameters)} parameters, ${count(plan.steps)} steps, about ${figure(plan.bits_per_byte)} bits per byte at the end.${plan.text_spent === true ? " More time would overfit: more text would help." : ""}`,
  };
}

const textsIn = (settings: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (isScalar(value) ? [[name, String(value)] as const] : [])),
  );
