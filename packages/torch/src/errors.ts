export type TorchErrorCode =
  | "ARGUMENT" // a value of the wrong kind or range
  | "SHAPE" // sizes that do not fit each other
  | "OPERATOR" // libtorch refused for another reason, or has no such operator
  | "OUT_OF_MEMORY"
  | "DISPOSED" // a tensor was used after its scope ended
  | "UNAVAILABLE" // a device or library that is not on this machine
  | "FILE"; // a file that is missing, too small or malformed

/** A failure in libtorch or in a call of it; `op` and the `shapes` of its tensors if an operator refused. */
export class TorchError extends Error {
  override readonly name = "TorchError";
  readonly code: TorchErrorCode;
  readonly op: string | undefined;
  readonly shapes: readonly (readonly number[])[] | undefined;

  constructor(
    code: TorchErrorCode,
    message: string,
    op?: string,
    shapes?: readonly (readonly number[])[],
    options?: ErrorOptions,
  ) {
    super(
      shapes === undefined ? message : `${message} [shapes: ${shapes.map((s) => `(${s.join(", ")})`).join(", ")}]`,
      options,
    );
    this.code = code;
    this.op = op;
    this.shapes = shapes;
  }
}
