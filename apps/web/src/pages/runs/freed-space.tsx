import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import type { RunFileList } from "@trainer/platform/browser";
import { filesQuery } from "../../api/run.js";
import { bytes } from "../../parts/figures.js";

/** How many runs' files are counted: each is a request. */
const COUNTED = 50;

/** How much space is free again once runs are deleted. */
export function FreedSpace({ runs }: { readonly runs: readonly string[] }) {
  const { size, isMore, isPending, isFailed } = useQueries({
    queries: runs.slice(0, COUNTED).map((id) => filesQuery(id, false)),
    combine: counted,
  });
  if (isFailed) return <p>How much space their files take cannot be read.</p>;
  if (isPending) return <p role="status">Counting how much space their files take …</p>;
  const least = isMore || runs.length > COUNTED ? "More than " : "";
  return (
    <p role="status">
      {least}
      {bytes(size)} of space becomes free.
    </p>
  );
}

const counted = (lists: readonly UseQueryResult<RunFileList>[]) => ({
  size: lists.reduce((sum, { data }) => sum + (data?.files ?? []).reduce((all, file) => all + file.bytes, 0), 0),
  isMore: lists.some(({ data }) => data?.truncated === true),
  isPending: lists.some((list) => list.isPending),
  isFailed: lists.some((list) => list.isError),
});
