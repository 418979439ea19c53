import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "../api/ask.js";
import styles from "./shell.module.css";

/** One line at the top while the service does not answer. What is shown stays; what polls finds it again by itself. */
export function ConnectionBanner() {
  const isAway = useIsAway();
  return (
    <div role="status" className={isAway ? styles.banner : undefined}>
      {isAway &&
        "The service does not answer. What you see is the last that it said; the page goes on when it is back."}
    </div>
  );
}

/** True from the first read that nothing answered to the first that something did. */
function useIsAway(): boolean {
  const queryClient = useQueryClient();
  const [isAway, setIsAway] = useState(false);
  useEffect(
    () =>
      queryClient.getQueryCache().subscribe(({ type, query }) => {
        if (type !== "updated") return;
        const { status, fetchStatus } = query.state;
        const failure: unknown = query.state.fetchFailureReason ?? query.state.error;
        if (failure instanceof ApiError && failure.isUnreachable) setIsAway(true);
        else if (fetchStatus === "idle" && (status === "success" || failure instanceof ApiError)) setIsAway(false);
      }),
    [queryClient],
  );
  return isAway;
}
