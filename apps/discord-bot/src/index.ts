export const SERVICE = "discord-bot";
