/** The variable that requests it. */
export const ENDS_WITH_PARENT = "TRAINER_ENDS_WITH_PARENT";

const LAST_MS = 2000;
const ALIVE_MS = 1000;

/** The part of `process` that tells of a parent which wants to know of us. */
export interface Child {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly channel?: { unref(): void } | undefined;
  send?(message: "alive", callback: () => void): unknown;
  readonly pid: number;
  once(event: "disconnect", listener: () => void): unknown;
  kill(pid: number, signal: "SIGTERM"): unknown;
  exit(code: number): void;
}

/**
 * Stops a part of a served system when its parent is gone, which closes the channel between them. It sends a heartbeat
 * over that channel each second.
 */
export function endWithParent(child: Child): void {
  if (!child.env[ENDS_WITH_PARENT]) return;
  child.once("disconnect", () => {
    child.kill(child.pid, "SIGTERM");
    setTimeout(() => child.exit(1), LAST_MS).unref();
  });
  setInterval(() => child.send?.("alive", () => {}), ALIVE_MS).unref();
  child.channel?.unref(); // a process that is done need not wait for its parent
}
