import type { DeviceCosts, KernelCost, OperatorCost, Profile } from "@trainer/torch";

/** A profile without what the profiled work gave. */
export type Costs = Omit<Profile<unknown>, "result">;

/** Mean cost of the profiled pieces of work. */
export function meanProfile(profiles: readonly Costs[]): Costs {
  const n = profiles.length;
  const mean = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((sum, item) => sum + of(item), 0) / n;
  const rows = grouped(
    profiles.flatMap(({ operators }) => operators),
    ({ name, shape }) => `${name} ${shape}`,
  );
  const operators = rows.map(([first, all]): OperatorCost => ({
    name: first.name,
    shape: first.shape,
    calls: mean(all, ({ calls }) => calls),
    ms: mean(all, ({ ms }) => ms),
    flops: mean(all, ({ flops }) => flops),
    bytes: mean(all, ({ bytes }) => bytes),
    deviceMs: mean(all, ({ deviceMs }) => deviceMs),
    kernels: mean(all, ({ kernels }) => kernels),
  }));
  const seen = profiles.flatMap(({ device }) => (device === null ? [] : [device]));
  const unseen = profiles.find((profile) => profile.unseen !== null)?.unseen ?? null;
  return {
    ms: mean(profiles, ({ ms }) => ms),
    operators: operators.toSorted((a, b) => b.deviceMs - a.deviceMs || b.ms - a.ms),
    device: unseen === null && seen.length > 0 ? meanDevice(seen, mean) : null,
    unseen,
  };
}

type Mean = <T>(items: readonly T[], of: (item: T) => number) => number;

function meanDevice(seen: readonly DeviceCosts[], mean: Mean): DeviceCosts {
  const kernels = grouped(
    seen.flatMap(({ kernels }) => kernels),
    ({ name }) => name,
  );
  return {
    busyMs: mean(seen, ({ busyMs }) => busyMs),
    launches: mean(seen, ({ launches }) => launches),
    launchMs: mean(seen, ({ launchMs }) => launchMs),
    syncMs: mean(seen, ({ syncMs }) => syncMs),
    kernels: kernels
      .map(([first, all]): KernelCost => ({
        name: first.name,
        count: mean(all, ({ count }) => count),
        ms: mean(all, ({ ms }) => ms),
      }))
      .toSorted((a, b) => b.ms - a.ms),
  };
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): [first: T, all: T[]][] {
  const groups = new Map<string, [T, T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item, [item]]);
    else group[1].push(item);
  }
  return [...groups.values()];
}
