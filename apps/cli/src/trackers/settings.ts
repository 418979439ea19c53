import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";
import { Mlflow, type MlflowSettings } from "./mlflow.js";

/** The experiment that runs go to where MLFLOW_EXPERIMENT_NAME does not say. */
const EXPERIMENT = "model-trainer";

/** Where MLflow is, by the variables that its own clients go by. @throws UsageError */
export function mlflowSettings(env: Io["env"]): MlflowSettings {
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
    experiment: env["MLFLOW_EXPERIMENT_NAME"] || EXPERIMENT,
    authorization: named ?? (token === "" ? own : `Bearer ${token}`),
  };
}

/** The tracker that a flag names. @throws UsageError where it is not set up */
export const trackerOf = (track: "mlflow" | null, env: Io["env"]): Mlflow | null =>
  track === null ? null : new Mlflow(mlflowSettings(env));

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
