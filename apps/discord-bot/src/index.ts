export { checkBot, type BotCheck } from "./check.js";
export { botConfig, type BotConfig } from "./config.js";
export { startBot, type Bot, type BotHooks, type BotPace } from "./start.js";
