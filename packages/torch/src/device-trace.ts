/**
 * The trace of libtorch's profiler, as native/device-trace.cc writes it: eight float64 an event (kind, name, shape,
 * thread, start, end, id, link), in one buffer, so that a million of them cross into JavaScript at once. Names and
 * shapes are indices of `texts`; times are nanoseconds since the trace began.
 */
export interface DeviceTrace {
  readonly texts: readonly string[];
  readonly events: ArrayBuffer;
}

/** Kinds of events, as native/device-trace.cc numbers them. */
export const EventKind = {
  /** An operator of the dispatcher or a node of the autograd engine, in the thread that calls it. */
  operator: 0,
  /** An operator whose inner ones are part of it: a matrix product, attention. */
  whole: 1,
  /** A call of CUDA's runtime or driver. */
  call: 2,
  /** A kernel, a copy or a fill on the device. */
  device: 3,
} as const;

interface TraceEvent {
  readonly kind: number;
  readonly name: string;
  /** Shape of a matrix product, else empty. */
  readonly shape: string;
  readonly thread: number;
  readonly start: number;
  readonly end: number;
  /** An operator's own number; of a call and of the device's work for it CUDA's, which is of another series. */
  readonly id: number;
  /** The number of the innermost operator in which the device was given its work; 0: there was none. */
  readonly link: number;
}

/** The device's work for an operator, without what it does for the operators that this one calls. */
export interface DeviceWork {
  readonly name: string;
  readonly shape: string;
  readonly kernels: number;
  readonly ms: number;
}

/** A kernel, or a kind of copy, by the name it was compiled with. */
export interface KernelCost {
  readonly name: string;
  readonly count: number;
  readonly ms: number;
}

/** A device's work during a profile, and the host's cost of launching it. */
export interface DeviceCosts {
  /** Time with at least one operation running. */
  readonly busyMs: number;
  /** Calls that start a kernel, or a graph of them. */
  readonly launches: number;
  readonly launchMs: number;
  /** Time in calls that wait for the device. */
  readonly syncMs: number;
  /** The dearest first. */
  readonly kernels: readonly KernelCost[];
}

/** The device's work by operator, and in all; null if there was none. */
export function deviceCosts(trace: DeviceTrace): { work: readonly DeviceWork[]; costs: DeviceCosts } | null {
  const events = eventsOf(trace);
  const device = events.filter(({ kind }) => kind === EventKind.device);
  if (device.length === 0) return null;
  const calls = events.filter(({ kind }) => kind === EventKind.call);
  const launches = calls.filter(({ name }) => name.includes("Launch"));
  const waits = calls.filter(({ name }) => name.includes("Synchronize"));
  const causes = new Causes(events, calls);
  const work = grouped(device, (event) => `${causes.of(event).name} ${causes.of(event).shape}`);
  const kernels = grouped(device, ({ name }) => name);
  return {
    work: work.map(({ first, count, ms }) => {
      const { name, shape } = causes.of(first);
      return { name, shape, kernels: count, ms };
    }),
    costs: {
      busyMs: covered(device),
      launches: launches.length,
      launchMs: total(launches),
      syncMs: total(waits),
      kernels: kernels.map(({ first, count, ms }) => ({ name: first.name, count, ms })).toSorted((a, b) => b.ms - a.ms),
    },
  };
}

const FIELDS = 8;

function eventsOf({ texts, events }: DeviceTrace): TraceEvent[] {
  const view = new DataView(events);
  const text = (place: number) => texts[place] ?? "";
  return Array.from({ length: events.byteLength / (8 * FIELDS) }, (_, i) => {
    const field = (j: number) => view.getFloat64(8 * (i * FIELDS + j), true);
    return {
      kind: field(0),
      name: text(field(1)),
      shape: text(field(2)),
      thread: field(3),
      start: field(4),
      end: field(5),
      id: field(6),
      link: field(7),
    };
  });
}

/** Whose row a piece of the device's work belongs to. */
class Causes {
  readonly #operators: ReadonlyMap<number, TraceEvent>;
  readonly #calls: ReadonlyMap<number, TraceEvent>;

  constructor(events: readonly TraceEvent[], calls: readonly TraceEvent[]) {
    this.#operators = owners(events);
    this.#calls = new Map(calls.map((call) => [call.id, call]));
  }

  /** The operator that gave it; else the call, such as that which starts a graph. */
  of({ id, link }: TraceEvent): Pick<TraceEvent, "name" | "shape"> {
    return this.#operators.get(link) ?? this.#calls.get(id) ?? { name: "no operator", shape: "" };
  }
}

/** Each operator's number to the operator that has the row: itself, or the whole that it is part of. */
function owners(events: readonly TraceEvent[]): Map<number, TraceEvent> {
  const operators = events
    .filter(({ kind }) => kind === EventKind.operator || kind === EventKind.whole)
    .toSorted((a, b) => a.thread - b.thread || a.start - b.start || b.end - a.end);
  const owner = new Map<number, TraceEvent>();
  let whole: TraceEvent | undefined;
  for (const operator of operators) {
    if (whole?.thread !== operator.thread || operator.start >= whole.end) whole = undefined;
    if (operator.kind === EventKind.whole) whole ??= operator;
    owner.set(operator.id, whole ?? operator);
  }
  return owner;
}

function grouped(events: readonly TraceEvent[], keyOf: (event: TraceEvent) => string) {
  const groups = new Map<string, { readonly first: TraceEvent; count: number; ms: number }>();
  for (const event of events) {
    const key = keyOf(event);
    const group = groups.get(key) ?? { first: event, count: 0, ms: 0 };
    group.count += 1;
    group.ms += duration(event);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Milliseconds in which at least one of the events was under way: streams run beside each other. */
function covered(events: readonly TraceEvent[]): number {
  let reached = -Infinity;
  let ns = 0;
  for (const { start, end } of events.toSorted((a, b) => a.start - b.start)) {
    ns += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(end, reached);
  }
  return ns / 1e6;
}

const duration = ({ start, end }: TraceEvent): number => (end - start) / 1e6;

const total = (events: readonly TraceEvent[]): number => events.reduce((sum, event) => sum + duration(event), 0);
