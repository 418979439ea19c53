import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { Failed, Loading } from "../../parts/states.js";
import { CompareCharts } from "./compare-charts-panel.js";
import { OutcomesPanel } from "./outcomes-panel.js";
import { RunsLegend } from "./runs-legend.js";
import { idsOf, textOf, toggled, type CompareSearch } from "./search.js";
import { SeedsPanel } from "./seeds-panel.js";
import { SettingsPanel } from "./settings-panel.js";
import { useCompared } from "./use-compared.js";

export type Change = (change: Partial<CompareSearch>) => void;

/** What is compared of runs; the view is kept in the address. */
export function Comparison({ ids }: { readonly ids: readonly string[] }) {
  const search = useSearch({ from: "/compare" });
  const change = useChange();
  const { runs, failed, isReading } = useCompared(ids);
  const there = runs.filter(({ run }) => run !== null);
  return (
    <>
      {failed.map(({ id, error }) => (
        <Failed key={id} what={`${id} cannot be read.`} error={error} />
      ))}
      {isReading && there.length === 0 && failed.length < ids.length && <Loading what="the runs" />}
      {there.length > 0 && (
        <>
          <RunsLegend
            runs={there}
            hidden={new Set(idsOf(search.hidden))}
            pinned={new Set(idsOf(search.pinned))}
            onHide={(id) => change({ hidden: toggled(search.hidden, id) })}
            onPin={(id) => change({ pinned: toggled(search.pinned, id) })}
            onRemove={(id) => change({ runs: textOf(ids.filter((each) => each !== id)) })}
          />
          <CompareCharts runs={there} search={search} change={change} />
          <OutcomesPanel runs={there} />
          <SeedsPanel runs={there} />
          <SettingsPanel
            runs={there}
            isAll={search.all === true}
            onAll={(isAll) => change({ all: isAll || undefined })}
          />
        </>
      )}
    </>
  );
}

/** Changes the view in the address, without a step back in the browser for each. */
function useChange(): Change {
  const navigate = useNavigate({ from: "/compare" });
  return useCallback(
    (change) => {
      navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }).catch(
        reportError,
      );
    },
    [navigate],
  );
}
