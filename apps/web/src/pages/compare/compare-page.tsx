import { Link, useSearch } from "@tanstack/react-router";
import { Empty } from "../../parts/states.js";
import styles from "./compare.module.css";
import { Comparison } from "./comparison.js";
import { idsOf, MOST } from "./search.js";

/** Runs over one another and side by side. */
export function ComparePage() {
  const ids = idsOf(useSearch({ from: "/compare", select: ({ runs }) => runs }));
  const compared = ids.slice(0, MOST);
  return (
    <div className={styles.page}>
      <h1>Compare runs</h1>
      {ids.length === 0 && (
        <Empty title="No runs are chosen">
          <p>
            Choose some in the <Link to="/runs">list of runs</Link> and press Compare there.
          </p>
        </Empty>
      )}
      {ids.length > MOST && (
        <p role="status">
          The first {MOST} of {ids.length} runs are compared: more cannot be told apart.
        </p>
      )}
      {compared.length > 0 && <Comparison key={compared.join()} ids={compared} />}
    </div>
  );
}
