import { clockProblem } from "@trainer/platform/redis";
import type { Container } from "./container.js";

/** Says when this machine's clock and Redis's begin to disagree, and when they agree again. */
export class ClockWatch {
  #off = false;

  constructor(private readonly container: Pick<Container, "redis" | "log">) {}

  async look(): Promise<void> {
    const { redis, log } = this.container;
    const reason = await clockProblem(redis);
    const wasOff = this.#off;
    this.#off = reason !== null;
    if (reason !== null && !wasOff) log.warn({ event: "clock_off", reason }, "the clocks disagree");
    if (reason === null && wasOff) log.info({ event: "clock_right" }, "the clocks agree again");
  }
}
