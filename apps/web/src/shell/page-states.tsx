import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Failed } from "../parts/states.js";

export const NotFound = () => (
  <>
    <h1>There is no such page</h1>
    <p>
      The address may be misspelt. <Link to="/runs">All runs</Link> are a good place to go on from.
    </p>
  </>
);

/** For an error that a page did not expect. */
export const PageFailed = ({ error, reset }: ErrorComponentProps) => (
  <Failed
    what="This page cannot be shown."
    error={error instanceof Error ? error : new Error(String(error))}
    retry={reset}
  />
);
