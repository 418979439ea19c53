import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const RUNNER = fileURLToPath(new URL("./run-child.mjs", import.meta.url));
const Event = z.looseObject({ type: z.string() });
type Event = z.infer<typeof Event>;

export interface Child {
  readonly process: ChildProcess;
  readonly events: Event[];
  /** Resolves with the event that `wanted` accepts, or null if the process ends without. */
  until(wanted: (event: Event) => boolean): Promise<Event | null>;
  /** Resolves when the process has ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** A process that trains or resumes a run, to be killed. */
export function startChild(
  home: string,
  task: { options?: object; resume?: string },
  command: readonly string[] = [process.execPath],
): Child {
  const [program = "", ...args] = command;
  const input = JSON.stringify({ home, options: task.options ?? {}, resume: task.resume ?? null });
  const child = spawn(program, [...args, RUNNER, input], { stdio: ["ignore", "pipe", "inherit"] });
  const events: Event[] = [];
  const waiting = new Set<() => void>();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (!line.startsWith("{")) return;
    events.push(Event.parse(JSON.parse(line)));
    for (const look of waiting) look();
  });
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]).then(() => ({
    code: child.exitCode,
    signal: child.signalCode,
  }));
  const until = (wanted: (event: Event) => boolean) =>
    new Promise<Event | null>((resolve) => {
      const look = () => {
        const found = events.find(wanted);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      ended.then(
        () => resolve(null),
        () => resolve(null),
      );
    });
  return { process: child, events, until, ended };
}
