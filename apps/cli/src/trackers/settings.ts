import { resolve } from "node:path";
import { isLoopback } from "@trainer/platform";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import { Mlflow, type MlflowSettings } from "./mlflow.js";
import type { Tracker } from "./tracker.js";
import { Trackio, type TrackioSettings } from "./trackio.js";
import { Wandb, type WandbSettings } from "./wandb/wandb.js";

/** The experiment, or project, that runs go to where nothing else is said. */
const PROJECT = "model-trainer";

/** What says where trackers are. */
export interface Surroundings {
  readonly env: Io["env"];
  /** By which relative paths go. */
  readonly cwd: string;
  readonly home: string;
  readonly warn: (line: string) => void;
}

const trackers = {
  mlflow: (around: Surroundings) => new Mlflow(mlflowSettings(around)),
  trackio: (around: Surroundings) => new Trackio(trackioSettings(around)),
  wandb: (around: Surroundings) => new Wandb(wandbSettings(around)),
} satisfies Record<string, (around: Surroundings) => Tracker>;

/** @throws UsageError where it is not set up */
export const trackerOf = (name: keyof typeof trackers, around: Surroundings): Tracker => trackers[name](around);

/** Where MLflow is, by the variables that its own clients go by. @throws UsageError */
function mlflowSettings({ env, warn }: Surroundings): MlflowSettings {
  const url = addressIn(env, "MLFLOW_TRACKING_URI", "MLflow's server is, such as http://127.0.0.1:5000");
  const own = url.username === "" ? null : basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
  const user = env["MLFLOW_TRACKING_USERNAME"] || "";
  const named = user === "" ? null : basic(user, env["MLFLOW_TRACKING_PASSWORD"] ?? "");
  const token = env["MLFLOW_TRACKING_TOKEN"] || "";
  const authorization = named ?? (token === "" ? own : `Bearer ${token}`);
  if (authorization !== null) warnIfReadable(url, warn);
  return { url: withoutSlash(url), experiment: env["MLFLOW_EXPERIMENT_NAME"] || PROJECT, authorization };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** Where trackio is, likewise; the project is ours to name. @throws UsageError */
function trackioSettings({ env, warn }: Surroundings): TrackioSettings {
  const url = addressIn(env, "TRACKIO_SERVER_URL", "trackio's server is, as `trackio show` prints it with its token");
  const writeToken = url.searchParams.get("write_token") || env["TRACKIO_WRITE_TOKEN"] || null;
  if (writeToken !== null) warnIfReadable(url, warn);
  return { url: withoutSlash(url), project: env["TRACKIO_PROJECT"] || PROJECT, writeToken };
}

function addressIn(env: Io["env"], name: string, whatIs: string): URL {
  const given = env[name] || "";
  if (given === "") throw new UsageError(`${name} is not set: where ${whatIs}`);
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  const came = url?.protocol ?? "none";
  throw new UsageError(`${name}: must be http://… or https://…, the address of a server, and is ${came}`);
}

const withoutSlash = ({ origin, pathname }: URL): string => `${origin}${pathname}`.replace(/(?<!\/)\/+$/, "");

function warnIfReadable({ protocol, hostname, origin }: URL, warn: (line: string) => void): void {
  if (protocol === "https:" || isLoopback(hostname)) return;
  warn(`The token or password goes to ${origin} unencrypted, for anybody on the way to read: https:// keeps it.`);
}

/** Where W&B's files are written, by the variables that its own clients go by. */
const wandbSettings = ({ env, cwd, home }: Surroundings): WandbSettings => ({
  folder: env["WANDB_DIR"] ? resolve(cwd, env["WANDB_DIR"]) : resolve(cwd, home),
  project: env["WANDB_PROJECT"] || PROJECT,
  entity: env["WANDB_ENTITY"] || null,
});
