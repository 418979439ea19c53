import type { Tone } from "../../parts/badge.js";

/** A part of the service, and how it is. */
export interface Service {
  readonly name: string;
  readonly tone: Tone;
  readonly state: string;
  readonly help: string;
}

const WORKS = { tone: "good", state: "Works" } as const;
const AWAY = { tone: "bad", state: "Does not answer" } as const;
const NONE = { tone: "bad", state: "None runs: what is queued waits" } as const;
const UNKNOWN = { tone: "quiet", state: "Not known" } as const;

const API = { name: "API", help: "Answers these pages, and programs." };
const QUEUE = { name: "Queue", help: "Keeps what is to be done, and tells how far it is (Redis)." };
const WORKER = { name: "Worker", help: "Trains, generates and scores." };

type State = Pick<Service, "tone" | "state">;

const parts = (api: State, queue: State, worker: State): Service[] => [
  { ...API, ...api },
  { ...QUEUE, ...queue },
  { ...WORKER, ...worker },
];

/** The parts by what keeps them from work: null where nothing does, undefined where the API does not answer. */
export function servicesBy(problem: string | null | undefined): Service[] {
  if (problem === undefined) return parts(AWAY, UNKNOWN, UNKNOWN);
  if (problem === null) return parts(WORKS, WORKS, WORKS);
  return problem === "no-worker" ? parts(WORKS, WORKS, NONE) : parts(WORKS, AWAY, UNKNOWN);
}
