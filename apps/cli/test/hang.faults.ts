import { scratchPath } from "@trainer/testing";
import { expect, test, vi } from "vitest";
import { addresses, build, serving } from "./serving.js";

test("every part of a served system that hangs is noticed within a minute, and started again", async () => {
  build();
  const home = scratchPath("hang");
  const env = { TRAINER_HOME: home };
  const { io, ended, interrupt } = await serving(["--port", "0", "--data-bank-port", "0"], env, home);
  for (const name of ["api", "data-bank", "worker", "redis"] as const) {
    const { pid } = addresses(home)[name];
    process.kill(Number(pid), "SIGSTOP");
    await vi.waitUntil(() => addresses(home)[name].pid !== pid, { timeout: 60_000, interval: 100 });
    expect(io.stderr.text).toContain(`${name} is down: it gave no sign of life any more, and was ended`);
  }
  const { api } = addresses(home);
  const ready = () =>
    fetch(`${api.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await vi.waitUntil(ready, { timeout: 60_000, interval: 100 });
  interrupt();
  expect(await ended).toBe(0);
});
