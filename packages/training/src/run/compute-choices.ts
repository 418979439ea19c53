export const deviceChoices = ["cpu", "cuda", "auto"] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

export const precisionChoices = ["fp32", "fp16", "bf16", "auto"] as const;
export type PrecisionChoice = (typeof precisionChoices)[number];
