export const SERVICE = "model-trainer-worker";
