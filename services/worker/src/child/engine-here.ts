import type { Engine } from "@trainer/platform";
import { devices, libtorchVersion } from "@trainer/torch";

/** What this process computes with. */
export function engineHere({ cpu, cuda } = devices()): Engine {
  const { names, bytes, capabilities, reason } = cuda;
  const gpus = names.map((name, i) => ({
    name,
    memory_bytes: bytes[i] ?? null,
    capability: capabilities[i]?.join(".") ?? null,
  }));
  const no_gpu = reason?.slice(0, 2000) ?? null;
  return { libtorch: libtorchVersion(), threads: cpu.threads, kernels: cpu.capability, gpus, no_gpu };
}
