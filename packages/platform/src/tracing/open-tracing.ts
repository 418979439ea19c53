import type { TracingConfig } from "./config.js";
import { NO_TRACING, type Tracing } from "./tracing.js";

/** The traces of a part: none yet. */
export async function openTracing(_config: TracingConfig | null, _service: string): Promise<Tracing> {
  return NO_TRACING;
}
