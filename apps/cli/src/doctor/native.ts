import { formatBytes, formatThreads } from "../display/quantity.js";
import { ok, type Check } from "./check.js";

/** The part of @trainer/torch that doctor uses. */
export interface Torch {
  libtorchVersion(): string;
  devices(): {
    readonly cpu: { readonly threads: number; readonly capability: string };
    readonly cuda: {
      readonly names: readonly string[];
      readonly bytes: readonly number[];
      readonly capabilities: readonly (readonly [major: number, minor: number])[];
      readonly reason: string | null;
    };
  };
  gpuKernels(): { readonly used: boolean; readonly reason: string };
}

/** Loaders of the native parts: only doctor continues when one fails. */
export interface Natives {
  readonly torch: () => Promise<Torch>;
  readonly tokenizers: () => Promise<object>;
  readonly sentencePiece: () => Promise<object>;
}

const REBUILD =
  "Nothing can be trained without it. Run `trainer setup`; in a checkout of the project `npm run bootstrap`.";

/** Checks that the native parts load, which libtorch they found, and which devices it sees. */
export async function nativeChecks({ torch, tokenizers, sentencePiece }: Natives): Promise<Check[]> {
  return [...(await torchChecks(torch)), await tokenizerCheck(tokenizers), await sentencePieceCheck(sentencePiece)];
}

async function torchChecks(load: Natives["torch"]): Promise<Check[]> {
  try {
    const torch = await load();
    const { cpu, cuda } = torch.devices();
    return [
      ok("libtorch", torch.libtorchVersion()),
      ok("Arithmetic", `${formatThreads(cpu.threads)}, ${cpu.capability} kernels`),
      ...(cuda.names.length > 0
        ? [ok("GPU", gpus(cuda).join(", ")), kernelsCheck(torch.gpuKernels())]
        : [noGpu(cuda.reason)]),
    ];
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

async function sentencePieceCheck(load: () => Promise<object>): Promise<Check> {
  try {
    await load();
    return ok("SentencePiece", "native part loads");
  } catch (error) {
    const fix =
      "Only its tokenizers need it. In a checkout run `npm run build:native` where pip reaches its package index.";
    return { name: "SentencePiece", status: "missing", value: reason(error), fix };
  }
}

const gpus = ({ names, bytes, capabilities }: ReturnType<Torch["devices"]>["cuda"]) =>
  names.map((name, i) => {
    const capability = capabilities.slice(i, i + 1).map((version) => `(compute capability ${version.join(".")})`);
    return [`cuda:${i}`, name, ...bytes.slice(i, i + 1).map(formatBytes), ...capability].join(" ");
  });

const kernelsCheck = ({ used, reason }: ReturnType<Torch["gpuKernels"]>): Check =>
  used
    ? ok("GPU kernels", "this project's")
    : {
        name: "GPU kernels",
        status: "missing",
        value: reason,
        fix:
          "Training takes twice as long by libtorch's. They need compute capability 8.0, and to be built CUDA's headers " +
          "beside libtorch: with LIBTORCH those of pip's nvidia-cuda-runtime and nvidia-cuda-crt, then `npm run build:native`.",
      };

const noGpu = (reason: string | null): Check => ({
  name: "GPU",
  status: "missing",
  value: reason ?? "none",
  fix: "Models train on the processor: fine for small ones, slow for large ones.",
});

const reason = (error: unknown) => (error instanceof Error ? error.message.replace(/\n.*/s, "") : String(error));
