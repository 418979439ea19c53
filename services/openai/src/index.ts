export type { ServedModel } from "./models.js";
export { startOpenAi, type OpenAi, type OpenAiConfig } from "./start.js";
