// What answers where a model is open.
export { answerLines } from "./lines.js";
export { servedHere } from "./model/open-model.js";
