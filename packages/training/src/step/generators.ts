import { getRngState, setRngState } from "@trainer/torch";

/** The default generators' states by device, base64. */
export type GeneratorStates = Partial<Record<"cpu" | "cuda", string>>;

/** The generators that a run on a device draws from: with a GPU the CPU's too. */
const GENERATORS = { cpu: ["cpu"], cuda: ["cpu", "cuda"] } as const;

export const saveGenerators = (device: keyof typeof GENERATORS): GeneratorStates =>
  Object.fromEntries(GENERATORS[device].map((name) => [name, Buffer.from(getRngState(name)).toString("base64")]));

/** Puts saved states back: what is drawn next is what was drawn next then. */
export function restoreGenerators(states: GeneratorStates): void {
  for (const name of GENERATORS.cuda) {
    const state = states[name];
    if (state !== undefined) setRngState(Buffer.from(state, "base64"), name);
  }
}
