/**
 * Gives cuBLAS a workspace of fixed size, unless the environment sets it: only then do its products repeat to the bit,
 * and libtorch refuses them otherwise under deterministic algorithms. 8 buffers of 4 MiB are also libtorch's default on
 * an H100; on older cards it takes 8 MiB. Read once, at the first product on a GPU.
 */
export function fixWorkspace(env: Record<string, string | undefined>): void {
  env["CUBLAS_WORKSPACE_CONFIG"] ??= ":4096:8";
}
