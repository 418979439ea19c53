import { z } from "zod";
import type { Span, SpanAttributes } from "./tracing/tracing.js";

const Traced = z.object({ traceparent: z.string().max(512).nullable().catch(null) });

/** What a job carries beside its data, for the trace of the request that it was queued for. Workers that know nothing of it leave it. */
export const traceData = ({ traceparent }: Span): { readonly traceparent?: string } =>
  traceparent === null ? {} : { traceparent };

/** The traceparent that a job carries; null where there is none. */
export const traceparentIn = (data: unknown): string | null => Traced.safeParse(data).data?.traceparent ?? null;

const id = z.string().max(512).optional().catch(undefined);
const Subjects = z.object({ run_id: id, tokenizer_id: id, request_id: id, session_id: id });

/** The ids of a job's subject, as attributes of spans. */
export function spanAttributes(data: unknown): SpanAttributes {
  const found = Object.entries(Subjects.safeParse(data).data ?? {});
  return Object.fromEntries(found.flatMap(([name, id]) => (id === undefined ? [] : [[`trainer.${name}`, id]])));
}
