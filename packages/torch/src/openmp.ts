/**
 * Makes OpenMP's threads spin briefly while they wait for work, unless the environment decides. They spin long by
 * default: as quick on idle cores, but with other load each holds the core that the others wait for, and a step of a
 * small model takes five times as long. Read once, when libgomp is loaded.
 */
export function spinBriefly(env: Record<string, string | undefined>): void {
  if (env["OMP_WAIT_POLICY"] === undefined) env["GOMP_SPINCOUNT"] ??= "2000";
}
