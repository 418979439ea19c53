import type { RunHooks } from "../run-display/follow-run.js";
import { LiveSync } from "./live-sync.js";
import type { Mlflow } from "./mlflow.js";

/** A training whose figures are sent to a tracker as they come; null: to none. */
export async function tracked<T>(
  mlflow: Mlflow | null,
  { flags }: { readonly flags: string },
  hooks: RunHooks,
  begin: (hooks: RunHooks) => Promise<T>,
): Promise<T> {
  if (mlflow === null) return await begin(hooks);
  const { RunSync } = await import("./run-sync.js");
  const warn = (message: string) => hooks.onEvent({ type: "warning", message });
  const sync = new LiveSync((id) => new RunSync(mlflow, hooks.home, id), warn, { flags });
  const onEvent: RunHooks["onEvent"] = (event) => {
    hooks.onEvent(event);
    sync.onEvent(event);
  };
  try {
    return await begin({ ...hooks, onEvent });
  } finally {
    await sync.finish();
  }
}
