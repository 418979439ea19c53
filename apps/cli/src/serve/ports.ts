import { once } from "node:events";
import { createServer } from "node:net";
import { AppError } from "@trainer/platform";
import { z } from "zod";

/**
 * Makes sure that a port can be had, before anything is started that needs it.
 * @throws AppError CONFIG_ERROR, which names the port and how to choose another
 */
export async function wantPort(
  host: string,
  port: number,
  { of, variable }: { of: string; variable: string },
): Promise<void> {
  if (await isFree(host, port)) return;
  throw new AppError(
    "CONFIG_ERROR",
    `port ${port} of ${host}, which the ${of} is to listen on, is in use: choose another with ${variable}=${port + 10}, ` +
      `or ${variable}=0 for any that is free, or stop what listens there`,
  );
}

/** Starts what listens at `port`; where somebody else has that, or takes it meanwhile, at one that is free. */
export async function atPortOrAnother<T>(
  { host, port }: { readonly host: string; readonly port: number },
  start: (port: number) => Promise<T>,
): Promise<T> {
  if (!(await isFree(host, port))) return await start(0);
  try {
    return await start(port);
  } catch (error) {
    if (await isFree(host, port)) throw error; // that was not why
    return await start(0);
  }
}

async function isFree(host: string, port: number): Promise<boolean> {
  try {
    await listenOnce(host, port);
    return true;
  } catch (error) {
    const { code } = z.looseObject({ code: z.unknown() }).parse(error);
    if (code !== "EADDRINUSE") throw error;
    return false;
  }
}

/** A port of this machine that nobody listens on. */
export const freePort = (): Promise<number> => listenOnce("127.0.0.1", 0);

async function listenOnce(host: string, port: number): Promise<number> {
  const server = createServer().listen({ host, port });
  await once(server, "listening");
  const bound = z.object({ port: z.number() }).parse(server.address());
  server.close();
  await once(server, "close");
  return bound.port;
}
