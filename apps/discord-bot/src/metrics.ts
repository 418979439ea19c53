import { ServiceMetrics } from "@trainer/platform/metrics";
import { Counter, Gauge, Histogram } from "prom-client";

/** What became of a command: "refused" by the bot or by the API. */
export type CommandOutcome = "done" | "refused" | "failed";

export interface MetricsSources {
  /** True if Discord has let the bot in, and the connection lives. */
  readonly isReady: () => boolean;
  /** Number of runs whose followers are told of them. */
  readonly followed: () => number;
}

/** Metrics of the bot. */
export class Metrics extends ServiceMetrics {
  readonly #commands = new Counter({
    name: "discord_bot_commands_total",
    help: "Commands by their name and what became of them",
    labelNames: ["command", "outcome"],
    registers: [this.registry],
  });
  readonly #seconds = new Histogram({
    name: "discord_bot_command_seconds",
    help: "Time from a command to its reply",
    labelNames: ["command"],
    buckets: [0.1, 0.5, 1, 3, 10, 30, 120, 600],
    registers: [this.registry],
  });
  readonly #gateway = new Counter({
    name: "discord_bot_gateway_reconnects_total",
    help: "Times that Discord's gateway was lost and is tried again",
    registers: [this.registry],
  });
  readonly #redis = new Counter({
    name: "discord_bot_redis_reconnects_total",
    help: "Attempts to connect to Redis again after the connection was lost",
    registers: [this.registry],
  });

  constructor({ isReady, followed }: MetricsSources) {
    super();
    const up = new Gauge({
      name: "discord_bot_gateway_up",
      help: "1 if the bot is connected to Discord, else 0",
      registers: [this.registry],
      collect() {
        up.set(Number(isReady()));
      },
    });
    const runs = new Gauge({
      name: "discord_bot_runs_followed",
      help: "Runs whose followers are told of them",
      registers: [this.registry],
      collect() {
        runs.set(followed());
      },
    });
  }

  commandDone(command: string, outcome: CommandOutcome, seconds: number): void {
    this.#commands.inc({ command, outcome });
    this.#seconds.observe({ command }, seconds);
  }

  gatewayLost(): void {
    this.#gateway.inc();
  }

  redisReconnecting(): void {
    this.#redis.inc();
  }
}
