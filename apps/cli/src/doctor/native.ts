import { ok, type Check } from "./check.js";

/** The part of @trainer/torch that doctor asks. */
export interface Torch {
  libtorchVersion(): string;
  numThreads(): number;
  devices(): { readonly cuda: { readonly count: number; readonly names: readonly string[] }; readonly mps: boolean };
}

/** How the native parts are loaded: only a doctor goes on when one of them does not. */
export interface Natives {
  readonly torch: () => Promise<Torch>;
  readonly tokenizers: () => Promise<object>;
}

const REBUILD = "Nothing can be trained without it. Run `npm run bootstrap` in the project's folder.";

/** Whether the native parts load, which libtorch they found, and which devices it sees. */
export async function nativeChecks({ torch, tokenizers }: Natives): Promise<Check[]> {
  return [...(await torchChecks(torch)), await tokenizerCheck(tokenizers)];
}

async function torchChecks(load: Natives["torch"]): Promise<Check[]> {
  try {
    const torch = await load();
    const { cuda, mps } = torch.devices();
    const names = ["cpu", ...cuda.names.map((name, index) => `cuda:${index} ${name}`), ...(mps ? ["mps"] : [])];
    const devices: Check =
      cuda.count > 0
        ? ok("Devices", names.join(", "))
        : {
            name: "GPU",
            status: "missing",
            value: names.join(", "),
            fix: "No NVIDIA GPU in use: large models take long.",
          };
    return [ok("libtorch", torch.libtorchVersion()), ok("Threads for arithmetic", String(torch.numThreads())), devices];
  } catch (error) {
    return [{ name: "libtorch", status: "failed", value: reason(error), fix: REBUILD }];
  }
}

async function tokenizerCheck(load: () => Promise<object>): Promise<Check> {
  try {
    await load();
    return ok("Tokenizers", "native part loads");
  } catch (error) {
    return { name: "Tokenizers", status: "failed", value: reason(error), fix: REBUILD };
  }
}

const reason = (error: unknown) => (error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
