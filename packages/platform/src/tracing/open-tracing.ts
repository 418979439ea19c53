import type { TracingConfig } from "./config.js";
import { NO_TRACING, type Tracing } from "./tracing.js";

/** The traces of a part. What makes them is loaded only where they are wanted. */
export async function openTracing(config: TracingConfig | null, service: string): Promise<Tracing> {
  if (config === null) return NO_TRACING;
  const { Exported } = await import("./exported.js");
  return new Exported(config, service);
}
