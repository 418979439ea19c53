import { op, type DType, type Tensor } from "@trainer/torch";

const view = op<[a: Tensor, dtype: DType], Tensor>("aten::view.dtype");

/** The same bytes as other elements; the last dimension changes with their size. */
export const viewAs = (tensor: Tensor, dtype: DType): Tensor => view(tensor, dtype);
