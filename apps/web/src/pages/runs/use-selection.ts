import type { ListedRun } from "@trainer/platform/browser";
import { useState } from "react";

/** Runs that were chosen, on whichever page they stand, as they were last seen. */
export function useSelection(inSight: readonly ListedRun[]) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, ListedRun>>(new Map());
  const seen = new Map(inSight.map((run) => [run.run_id, run]));
  return {
    runs: [...chosen.values()].map((run) => seen.get(run.run_id) ?? run),
    ids: new Set(chosen.keys()),
    choose: (runs: readonly ListedRun[], isChosen: boolean) =>
      setChosen((before) => {
        const after = new Map(before);
        for (const run of runs) {
          if (isChosen) after.set(run.run_id, run);
          else after.delete(run.run_id);
        }
        return after;
      }),
    clear: () => setChosen(new Map()),
    drop: (ids: readonly string[]) => setChosen((before) => new Map([...before].filter(([id]) => !ids.includes(id)))),
  };
}
