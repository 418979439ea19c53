import { resolve } from "node:path";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import { Mlflow, type MlflowSettings } from "./mlflow.js";
import type { Tracker } from "./tracker.js";
import { Wandb, type WandbSettings } from "./wandb/wandb.js";

/** The experiment, or project, that runs go to where nothing else is said. */
const PROJECT = "model-trainer";

/** What says where trackers are. */
export interface Surroundings {
  readonly env: Io["env"];
  /** By which relative paths go. */
  readonly cwd: string;
  readonly home: string;
}

const trackers = {
  mlflow: ({ env }: Surroundings) => new Mlflow(mlflowSettings(env)),
  wandb: (around: Surroundings) => new Wandb(wandbSettings(around)),
} satisfies Record<string, (around: Surroundings) => Tracker>;

/** @throws UsageError where it is not set up */
export const trackerOf = (name: keyof typeof trackers, around: Surroundings): Tracker => trackers[name](around);

/** Where MLflow is, by the variables that its own clients go by. @throws UsageError */
function mlflowSettings(env: Io["env"]): MlflowSettings {
  const given = env["MLFLOW_TRACKING_URI"] || "";
  if (given === "")
    throw new UsageError("MLFLOW_TRACKING_URI is not set: where MLflow's server is, such as http://127.0.0.1:5000");
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `MLFLOW_TRACKING_URI: must be http://… or https://…, the address of \`mlflow server\`, and is ${url?.protocol ?? "none"}`,
    );
  const own = url.username === "" ? null : basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
  const user = env["MLFLOW_TRACKING_USERNAME"] || "";
  const named = user === "" ? null : basic(user, env["MLFLOW_TRACKING_PASSWORD"] ?? "");
  const token = env["MLFLOW_TRACKING_TOKEN"] || "";
  return {
    url: `${url.origin}${url.pathname}`.replace(/(?<!\/)\/+$/, ""),
    experiment: env["MLFLOW_EXPERIMENT_NAME"] || PROJECT,
    authorization: named ?? (token === "" ? own : `Bearer ${token}`),
  };
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** Where W&B's files are written, by the variables that its own clients go by. */
const wandbSettings = ({ env, cwd, home }: Surroundings): WandbSettings => ({
  folder: env["WANDB_DIR"] ? resolve(cwd, env["WANDB_DIR"]) : resolve(cwd, home),
  project: env["WANDB_PROJECT"] || PROJECT,
  entity: env["WANDB_ENTITY"] || null,
});
