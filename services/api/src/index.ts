export const SERVICE = "model-trainer";
