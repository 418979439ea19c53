// What serves models that are open elsewhere: nothing native.
export { OpenAiError, unknownModel } from "./errors.js";
export { servedElsewhere } from "./lines.js";
export { openAiRoutes } from "./routes.js";
export type { ModelEntry, Models, ServedModel } from "./served-model.js";
