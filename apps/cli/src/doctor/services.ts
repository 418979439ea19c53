import { DEFAULT_SOURCE } from "@trainer/platform";
import type { Io } from "../process/io.js";
import { wantPort } from "../serve/ports.js";
import { loadConfig, type TrainerConfig } from "../serve/settings.js";
import { ok, type Check } from "./check.js";

/** Checks that `trainer serve` could start here: its configuration, and its ports. */
export async function serviceChecks({ env, cwd }: Pick<Io, "env" | "cwd">): Promise<Check[]> {
  try {
    const { config, sources } = loadConfig({ env, cwd });
    const set = sources.filter(({ source }) => source !== DEFAULT_SOURCE).length;
    const value = set === 0 ? "all settings at their defaults" : `${set} settings set; see \`trainer config show\``;
    return [ok("Configuration", value), await ports(config)];
  } catch (error) {
    const fix = "`trainer serve`, `api` and `worker` will not start until it is mended.";
    return [{ name: "Configuration", status: "missing", value: messageOf(error), fix }];
  }
}

async function ports({ bindHost, port, dataBankPort }: TrainerConfig): Promise<Check> {
  try {
    await wantPort(bindHost, port, { of: "API", variable: "PORT" });
    await wantPort(bindHost, dataBankPort, { of: "file service", variable: "DATA_BANK_PORT" });
    return ok("Ports", `${port} and ${dataBankPort} of ${bindHost} are free`);
  } catch (error) {
    return {
      name: "Ports",
      status: "missing",
      value: "in use",
      fix: `Only \`trainer serve\` needs them: ${messageOf(error)}.`,
    };
  }
}

const messageOf = (error: unknown): string => String(error).replace(/^\w+: /, "");
