/**
 * Gives cuBLAS a workspace of one size, unless the environment says which: only then do its products repeat to the bit,
 * and libtorch refuses them otherwise where deterministic algorithms are asked for. 8 buffers of 4 MiB are also what
 * libtorch takes by itself on an H100; on older cards it takes 8 MiB. Read once, at the first product on a GPU.
 */
export function fixWorkspace(env: Record<string, string | undefined>): void {
  env["CUBLAS_WORKSPACE_CONFIG"] ??= ":4096:8";
}
