import type { Compute } from "../step/precision.js";
import type { OpenModel } from "./open-model.js";

/** As in training if possible, else in full precision. */
export const computeOf = ({ device, manifest }: Pick<OpenModel, "device" | "manifest">): Compute =>
  device === "cuda" && manifest !== null ? { device, precision: manifest.precision } : { device, precision: "fp32" };
