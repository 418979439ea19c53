/**
 * Makes OpenMP's threads wait for work in a short spin, unless the environment says how they shall wait. They spin long by
 * default: as quick on idle cores, but where anything else runs each holds the core that the others wait for, and a step of
 * a small model takes five times as long. Read once, when libgomp is loaded.
 */
export function spinBriefly(env: Record<string, string | undefined>): void {
  if (env["OMP_WAIT_POLICY"] === undefined) env["GOMP_SPINCOUNT"] ??= "2000";
}
