export const deviceChoices = ["cpu", "cuda", "auto"] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** How a model's weights are held for use. */
export const weightChoices = ["fp32", "bf16", "int8"] as const;
export type WeightChoice = (typeof weightChoices)[number];

export const precisionChoices = ["fp32", "fp16", "bf16", "tf32", "auto"] as const;
export type PrecisionChoice = (typeof precisionChoices)[number];
