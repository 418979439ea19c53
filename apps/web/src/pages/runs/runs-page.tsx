import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { background } from "@trainer/platform/browser";
import { runsQuery } from "../../api/runs.js";
import { Button } from "../../parts/button.js";
import button from "../../parts/button.module.css";
import { Empty, Unread } from "../../parts/states.js";
import { useNow } from "../../parts/use-now.js";
import { MOST } from "../compare/search.js";
import { ColumnChooser } from "./column-chooser.js";
import { columns } from "./columns.js";
import { Filters } from "./filters.js";
import { Outcome } from "./outcome.js";
import { Pager } from "./pager.js";
import styles from "./runs.module.css";
import { RunsTable } from "./runs-table.js";
import { asked, isFiltered, sortedBy, type RunsSearch } from "./search.js";
import { SelectionBar } from "./selection-bar.js";
import { useHiddenColumns } from "./shown-columns.js";
import { useActions } from "./use-actions.js";
import { useSelection } from "./use-selection.js";

/** How often what is said relative to now is said anew. */
const NOW_MS = 5000;
const NONE: readonly never[] = [];

/** All runs of the home: found, watched, and what can be done with them. */
export function RunsPage() {
  const view = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const now = useNow(NOW_MS);
  const [hidden, show] = useHiddenColumns();
  const query = useQuery({ ...runsQuery(asked(view)), placeholderData: keepPreviousData });
  const { data, isPlaceholderData } = query;
  const runs = data?.runs ?? NONE;
  const selection = useSelection(runs);
  const actions = useActions((action, ids) => action === "remove" && selection.drop(ids));

  const setView = (next: (view: RunsSearch) => RunsSearch, replace: boolean) =>
    background(navigate({ search: next, replace, resetScroll: false }), reportError);
  const filter = (change: Partial<RunsSearch>) =>
    setView((view) => ({ ...view, ...change, page: undefined }), "q" in change);
  const sort = (column: NonNullable<RunsSearch["sort"]>) => setView((view) => sortedBy(view, column), true);
  const addTag = (tag: string) => filter({ tag: [...new Set([...(view.tag ?? []), tag])] });
  const { sort: sorted = "created_at", order = "desc", page = 1 } = view;
  const total = data?.total ?? runs.length;

  return (
    <div className={styles.page}>
      <header className={styles.top}>
        <h1>Runs</h1>
        <Link className={`${button.button} ${button.primary}`} to="/new-run" search={{}}>
          New run
        </Link>
      </header>
      {(isFiltered(view) || total > 0) && (
        <Filters view={view} change={filter} onSort={sort} tags={[...new Set(runs.flatMap(({ tags = [] }) => tags))]}>
          <ColumnChooser hidden={hidden} onShow={show} />
        </Filters>
      )}
      <Unread what="the runs" query={query} />
      <Outcome actions={actions} />
      {data !== undefined && runs.length === 0 && (
        <NoRuns
          isFiltered={isFiltered(view)}
          total={total}
          showAll={() => setView(() => ({}), false)}
          showFirst={() => setView((view) => ({ ...view, page: undefined }), false)}
        />
      )}
      {runs.length > 0 && (
        <RunsTable
          runs={runs}
          columns={columns.filter(({ id }) => !hidden.has(id))}
          now={now}
          sort={sorted}
          order={order}
          onSort={sort}
          chosen={selection.ids}
          onChoose={selection.choose}
          onTag={addTag}
          isStale={isPlaceholderData}
        />
      )}
      <Pager page={page} total={total} onPage={(page) => setView((view) => ({ ...view, page }), false)} />
      {selection.runs.length > 0 && (
        <SelectionBar
          runs={selection.runs}
          isBusy={actions.isPending}
          onAct={(action, runs) => actions.mutate({ action, runs })}
          onClear={selection.clear}
        >
          <CompareLink ids={[...selection.ids]} />
          <CloneLink ids={[...selection.ids]} />
        </SelectionBar>
      )}
    </div>
  );
}

function NoRuns({
  isFiltered,
  total,
  showAll,
  showFirst,
}: {
  readonly isFiltered: boolean;
  readonly total: number;
  readonly showAll: () => void;
  readonly showFirst: () => void;
}) {
  if (total > 0)
    return (
      <Empty title="There are not so many pages of runs">
        <Button onClick={showFirst}>Show the first</Button>
      </Empty>
    );
  if (isFiltered)
    return (
      <Empty title="No run is like this">
        <p>Take a word or a filter away, or show all runs again.</p>
        <Button onClick={showAll}>Show all runs</Button>
      </Empty>
    );
  return (
    <Empty title="No runs yet">
      <p>
        <Link to="/new-run" search={{}}>
          Train a first model
        </Link>{" "}
        on a text of yours.
      </p>
    </Empty>
  );
}

/** The way to a new run with the settings of one. */
const CloneLink = ({ ids: [id, ...others] }: { readonly ids: readonly string[] }) =>
  id === undefined || others.length > 0 ? (
    <Button disabled title="Choose one run to begin another with its settings.">
      Clone
    </Button>
  ) : (
    <Link
      className={button.button}
      to="/new-run"
      search={{ from: id }}
      title="Begin another run with these settings, which you can change first"
    >
      Clone
    </Link>
  );

/** The way to compare runs, for as many as can be. */
const CompareLink = ({ ids }: { readonly ids: readonly string[] }) =>
  ids.length < 2 || ids.length > MOST ? (
    <Button disabled title={`From 2 to ${MOST} runs can be compared.`}>
      Compare
    </Button>
  ) : (
    <Link className={button.button} to="/compare" search={{ runs: ids.join() }}>
      Compare
    </Link>
  );
