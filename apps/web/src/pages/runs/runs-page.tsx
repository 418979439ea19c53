import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { runsQuery } from "../../api/runs.js";
import { Empty, Failed, Loading } from "../../parts/states.js";
import { RunsTable } from "./runs-table.js";

const LIMIT = 50;

/** All runs, the newest first. */
export function RunsPage() {
  const { status, cursor } = useSearch({ from: "/runs" });
  const { data, error, refetch } = useQuery(runsQuery({ status, cursor, limit: LIMIT }));
  return (
    <>
      <h1>Runs</h1>
      {data === undefined && error === null && <Loading what="the runs" />}
      {data === undefined && error !== null && <Failed what="The runs cannot be read." error={error} retry={refetch} />}
      {data?.runs.length === 0 && (
        <Empty title="No runs yet">
          <p>
            <code>trainer train my.txt</code> trains a first model on a text of yours.
          </p>
        </Empty>
      )}
      {data !== undefined && data.runs.length > 0 && <RunsTable runs={data.runs} />}
    </>
  );
}
