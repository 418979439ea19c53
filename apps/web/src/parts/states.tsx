import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "../api/ask.js";
import { Button } from "./button.js";
import styles from "./states.module.css";
import { capitalized, sentence } from "./words.js";

/** While something is read for the first time. */
export const Loading = ({ what }: { readonly what: string }) => (
  <p className={styles.state} role="status">
    Reading {what} …
  </p>
);

/** Where there is nothing yet, with what to do about it. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ReactNode }) => (
  <div className={styles.state}>
    <h2>{title}</h2>
    {children}
  </div>
);

/** What could not be read or done, in the service's own words. */
export function Failed({
  what,
  error,
  retry,
}: {
  readonly what: string;
  readonly error: Error;
  readonly retry?: () => unknown;
}) {
  return (
    <div className={styles.failed} role="alert">
      <p>
        <strong>{what}</strong> {sentenceOf(error)}
      </p>
      {retry !== undefined && <Button onClick={() => void retry()}>Try again</Button>}
    </div>
  );
}

/** While something is read for the first time, or where that has failed; nothing once it is there. */
export function Unread({
  what,
  query: { data, error, refetch },
}: {
  /** With its article: "the log". */
  readonly what: string;
  readonly query: Pick<UseQueryResult, "data" | "error" | "refetch">;
}) {
  if (data !== undefined) return null;
  if (error === null) return <Loading what={what} />;
  return <Failed what={`${capitalized(what)} cannot be read.`} error={error} retry={refetch} />;
}

/** An error as a sentence for people. */
export function sentenceOf(error: Error): string {
  if (error instanceof ApiError && error.isUnreachable)
    return "The service does not answer. Is it still running where you started it?";
  return sentence(error.message);
}
