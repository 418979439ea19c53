import { isErrno } from "@trainer/disk";
import { AppError } from "../errors.js";
import { Hosts, type HostOptions } from "./hosts.js";
import { httpApp } from "./http-app.js";
import type { ServiceMetrics } from "../metrics/service-metrics.js";

export interface MetricsServerOptions extends HostOptions {
  /** The name that its log records carry. */
  readonly service: string;
  readonly port: number;
  /** The variable that sets the port, for who has to change it. */
  readonly variable: string;
  readonly log: { write(line: string): unknown };
}

export interface MetricsServer extends AsyncDisposable {
  /** Its address: http://host:port. */
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves `/metrics` and `/healthz` of a part that has no other routes, under the hosts that services are known by.
 * @throws AppError CONFIG_ERROR for a port that cannot be had
 */
export async function serveMetrics(metrics: ServiceMetrics, options: MetricsServerOptions): Promise<MetricsServer> {
  const { service, bindHost: host, port, variable, log } = options;
  const app = httpApp(
    {
      service,
      logLevel: "warn", // each scrape would be a line
      log,
      headersMs: 15_000,
      idleMs: 120_000,
      requestMs: 60_000,
      hosts: new Hosts(options),
      onAnswer() {},
    },
    (routes) => {
      routes.get("/healthz", async () => ({ status: "ok" }));
      routes.get("/metrics", async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()));
    },
  );
  metrics.watchProcess();
  try {
    const url = await app.listen({ host, port });
    return { url, [Symbol.asyncDispose]: () => app.close() };
  } catch (cause) {
    await app.close();
    const why = isErrno(cause, "EADDRINUSE") ? "is taken by another process" : `cannot be had: ${String(cause)}`;
    throw new AppError(
      "CONFIG_ERROR",
      `${variable}: port ${port} of ${host} ${why}; choose another one, or 0 for no metrics`,
      {
        cause,
      },
    );
  }
}
