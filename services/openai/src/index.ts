export { servedHere } from "./model/open-model.js";
export type { ServedModel } from "./served-model.js";
export { startOpenAi, type OpenAi, type OpenAiConfig } from "./start.js";
