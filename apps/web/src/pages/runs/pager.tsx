import { Button } from "../../parts/button.js";
import { count } from "../../parts/figures.js";
import styles from "./runs.module.css";
import { LIMIT } from "./search.js";

/** Which runs of how many are shown, and the way to the others. */
export function Pager({
  page,
  total,
  onPage,
}: {
  readonly page: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}) {
  const last = Math.max(1, Math.ceil(total / LIMIT));
  const first = (page - 1) * LIMIT + 1;
  if (total === 0) return null;
  return (
    <nav className={styles.pager} aria-label="Pages of runs">
      <span>
        {first > total
          ? `${count(total)} runs, none on this page`
          : `${count(first)}–${count(Math.min(total, first + LIMIT - 1))} of ${count(total)}`}
      </span>
      <Button disabled={page === 1} onClick={() => onPage(Math.min(page - 1, last))}>
        Previous
      </Button>
      <Button disabled={page >= last} onClick={() => onPage(page + 1)}>
        Next
      </Button>
    </nav>
  );
}
