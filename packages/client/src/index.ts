export { ServiceError } from "./service-error.js";
export { TrainerClient, type AnswerOptions, type ListOptions, type WaitOptions } from "./trainer/client.js";
export type { CallOptions, TrainerClientOptions } from "./trainer/requests.js";
