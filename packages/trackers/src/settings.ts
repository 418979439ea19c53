import { resolve } from "node:path";
import { isLoopback } from "@trainer/platform";
import { z } from "zod";
import { messageOf } from "./ask.js";
import { Mlflow, MlflowSettings } from "./mlflow.js";
import type { TrackerName } from "./names.js";
import { TrackerError } from "./tracker-error.js";
import type { Tracker } from "./tracker.js";
import { Trackio, TrackioSettings } from "./trackio.js";
import { Wandb, WandbSettings } from "./wandb/wandb.js";

/** The experiment, or project, that runs go to where nothing else is said. */
const PROJECT = "model-trainer";

/** What says where trackers are. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By which relative paths go. */
  readonly cwd: string;
  readonly home: string;
  readonly warn: (line: string) => void;
}

/** A tracker as a process that is given it from outside makes it. */
export const TrackerSettings = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("mlflow"), ...MlflowSettings.shape }),
  z.strictObject({ name: z.literal("trackio"), ...TrackioSettings.shape }),
  z.strictObject({ name: z.literal("wandb"), ...WandbSettings.shape }),
]);
export type TrackerSettings = z.output<typeof TrackerSettings>;

export function trackerFrom(settings: TrackerSettings): Tracker {
  switch (settings.name) {
    case "mlflow":
      return new Mlflow(settings);
    case "trackio":
      return new Trackio(settings);
    case "wandb":
      return new Wandb(settings);
  }
}

/** @throws TrackerError where it is not set up */
export const trackerOf = (name: TrackerName, around: Surroundings): Tracker => trackerFrom(settingsOf(name, around));

/** Settings of the trackers whose servers the environment names. An address that is none is warned of, and left out. */
export function inEnvironment(around: Surroundings): TrackerSettings[] {
  const named = [
    ...(around.env[MLFLOW] ? ["mlflow" as const] : []),
    ...(around.env[TRACKIO] ? ["trackio" as const] : []),
  ];
  return named.flatMap((name) => {
    try {
      return [settingsOf(name, around)];
    } catch (error) {
      around.warn(`${messageOf(error)}; no run is sent there`);
      return [];
    }
  });
}

function settingsOf(name: TrackerName, around: Surroundings): TrackerSettings {
  switch (name) {
    case "mlflow":
      return { name, ...mlflowSettings(around) };
    case "trackio":
      return { name, ...trackioSettings(around) };
    case "wandb":
      return { name, ...wandbSettings(around) };
  }
}

const MLFLOW = "MLFLOW_TRACKING_URI";
const TRACKIO = "TRACKIO_SERVER_URL";

/** Where MLflow is, by the variables that its own clients go by. */
function mlflowSettings({ env, warn }: Surroundings): MlflowSettings {
  const url = addressIn(env, MLFLOW, "MLflow's server is, such as http://127.0.0.1:5000");
  const own = url.username === "" ? null : basic(decoded(url.username), decoded(url.password));
  const user = env["MLFLOW_TRACKING_USERNAME"] || "";
  const named = user === "" ? null : basic(user, env["MLFLOW_TRACKING_PASSWORD"] ?? "");
  const token = env["MLFLOW_TRACKING_TOKEN"] || "";
  const authorization = named ?? (token === "" ? own : `Bearer ${token}`);
  if (authorization !== null) warnIfReadable(url, warn);
  return { url: withoutSlash(url), experiment: env["MLFLOW_EXPERIMENT_NAME"] || PROJECT, authorization };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new TrackerError(`${MLFLOW}: the name or password in it has a % that begins no code`, null, { cause: error });
  }
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** Where trackio is, likewise; the project is ours to name. */
function trackioSettings({ env, warn }: Surroundings): TrackioSettings {
  const url = addressIn(env, TRACKIO, "trackio's server is, as `trackio show` prints it with its token");
  const writeToken = url.searchParams.get("write_token") || env["TRACKIO_WRITE_TOKEN"] || null;
  if (writeToken !== null) warnIfReadable(url, warn);
  return { url: withoutSlash(url), project: env["TRACKIO_PROJECT"] || PROJECT, writeToken };
}

function addressIn(env: Surroundings["env"], name: string, whatIs: string): URL {
  const given = env[name] || "";
  if (given === "") throw new TrackerError(`${name} is not set: where ${whatIs}`);
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  const came = url?.protocol ?? "none";
  throw new TrackerError(`${name}: must be http://… or https://…, the address of a server, and is ${came}`);
}

const withoutSlash = ({ origin, pathname }: URL): string => `${origin}${pathname}`.replace(/(?<!\/)\/+$/, "");

function warnIfReadable({ protocol, hostname, origin }: URL, warn: (line: string) => void): void {
  if (protocol === "https:" || isLoopback(hostname)) return;
  warn(`The token or password goes to ${origin} unencrypted, for anybody on the way to read: https:// keeps it.`);
}

/** Where W&B's files are written, by the variables that its own clients go by. */
export const wandbSettings = ({ env, cwd, home }: Omit<Surroundings, "warn">): WandbSettings => ({
  folder: env["WANDB_DIR"] ? resolve(cwd, env["WANDB_DIR"]) : resolve(cwd, home),
  project: env["WANDB_PROJECT"] || PROJECT,
  entity: env["WANDB_ENTITY"] || null,
});
