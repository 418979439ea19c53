import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Empty, Failed } from "../parts/states.js";

export const NotFound = () => (
  <Empty title="There is no such page">
    <p>
      The address may be misspelt. <Link to="/runs">All runs</Link> are a good place to go on from.
    </p>
  </Empty>
);

/** For an error that a page did not expect. */
export const PageFailed = ({ error, reset }: ErrorComponentProps) => (
  <Failed
    what="This page cannot be shown."
    error={error instanceof Error ? error : new Error(String(error))}
    retry={reset}
  />
);
