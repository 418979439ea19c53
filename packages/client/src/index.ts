export { ServiceError } from "./service-error.js";
export { TrainerClient, type AnswerOptions, type WaitOptions } from "./trainer/client.js";
export type { ListOptions } from "./trainer/list-options.js";
export type { CallOptions, TrainerClientOptions } from "./trainer/requests.js";
