import { once } from "node:events";
import { Client, DiscordAPIError, Events, GatewayIntentBits, type ClientOptions, type Interaction } from "discord.js";
import { afterEach, expect, test } from "vitest";
import { limited, type Limit } from "./discord/buckets.js";
import { startDiscord, type Discord } from "./discord.js";
import { Refusal } from "./discord/refusal.js";

const USER = "123456789012345678";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function connected(discord: Discord, rest: ClientOptions["rest"] = {}): Promise<Client<true>> {
  const client = new Client({ intents: [GatewayIntentBits.DirectMessages], rest: { ...rest, api: discord.apiUrl } });
  closing.push(
    () => client.destroy(),
    () => discord[Symbol.asyncDispose](),
  );
  const ready = new Promise<Client<true>>((resolve) => void client.once(Events.ClientReady, resolve));
  await client.login(discord.token);
  return ready;
}

const COMMAND = {
  name: "greet",
  description: "says hello",
  options: [
    { name: "who", description: "whom", type: 3, required: true, autocomplete: true },
    { name: "times", description: "how often", type: 4, min_value: 1, max_value: 3 },
  ],
};

test("discord.js logs in, registers commands, hears one and answers it", async () => {
  const discord = await startDiscord();
  const client = await connected(discord);
  await client.application.commands.set([COMMAND]);
  const answer = async (interaction: Interaction) => {
    if (interaction.isAutocomplete()) await interaction.respond([{ name: "Ann", value: "ann" }]);
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply({ flags: 64 });
    await interaction.editReply(`hello ${interaction.options.getString("who")}`);
    await interaction.followUp("and again");
  };
  client.on(Events.InteractionCreate, (interaction) => void answer(interaction));
  const invocation = discord.invoke({ user: USER, command: "greet", options: { who: "bob" } });
  expect(await invocation.reply()).toMatchObject({ content: "hello bob", flags: 64 });
  expect(invocation.deferred).toBe(true);
  await discord.world.until(() => invocation.followUps.length === 1);
  const typing = discord.invoke({ user: USER, command: "greet", options: { who: "a" }, focused: "who", guild: "77" });
  expect(await typing.completions()).toEqual([{ name: "Ann", value: "ann" }]);
});

test("a command can be used only as it was registered", async () => {
  const discord = await startDiscord();
  const client = await connected(discord);
  await client.application.commands.set([COMMAND]);
  const invoke = (options: Record<string, string | number>) => () =>
    discord.invoke({ user: USER, command: "greet", options });
  expect(invoke({})).toThrow("required");
  expect(invoke({ who: "x", times: 4 })).toThrow("cannot be 4");
  expect(invoke({ who: "x", other: 4 })).toThrow("no option");
  await expect(client.application.commands.set([{ ...COMMAND, description: "" }])).rejects.toThrow(DiscordAPIError);
  await expect(client.application.commands.set([COMMAND], "9".repeat(18))).rejects.toThrow("Missing Access");
});

test("messages are posted and edited in place, with files, and what is too long is refused", async () => {
  const discord = await startDiscord();
  const client = await connected(discord);
  const dm = await client.users.createDM(USER);
  const embeds = [{ title: "t", image: { url: "attachment://a.png" } }];
  const message = await dm.send({ embeds, files: [{ attachment: Buffer.from("bytes"), name: "a.png" }] });
  await dm.messages.edit(message.id, { content: "more" });
  const [stored] = discord.world.dms(USER);
  expect(stored).toMatchObject({ content: "more", edits: 1, attachments: [{ filename: "a.png", size: 5 }] });
  expect(stored?.embeds[0]?.image?.url).toContain("/a.png");
  await dm.messages.edit(message.id, { attachments: [], embeds: [] });
  expect(discord.world.dms(USER)[0]?.attachments).toEqual([]);

  await expect(dm.send("x".repeat(2001))).rejects.toThrow("2000");
  await expect(dm.send({ embeds: [{ fields: [{ name: "n", value: "x".repeat(1025) }] }] })).rejects.toThrow("1024");
  const large = { description: "x".repeat(4000) };
  await expect(dm.send({ embeds: [large, large] })).rejects.toThrow("6000");
  await expect(dm.send({ embeds })).rejects.toMatchObject({ code: 50035 });
  await expect(dm.send(" ")).rejects.toMatchObject({ code: 50006 });
  await expect(dm.messages.edit("1", "x")).rejects.toMatchObject({ code: 10008 });
  discord.world.closedDms.add(USER);
  await expect(dm.send("x")).rejects.toMatchObject({ code: 50007, status: 403 });
});

test.each<[string, { limit: Limit } | { global: Limit }]>([
  ["a route", { limit: { limit: 2, windowMs: 100 } }],
  ["all requests", { global: { limit: 3, windowMs: 100 } }],
])(
  "who goes beyond the limit of %s is sent away with the time to wait, which discord.js then does",
  async (_, limit) => {
    const discord = await startDiscord(limit);
    const client = await connected(discord);
    const dm = await client.users.createDM(USER);
    await Promise.all(["1", "2", "3", "4", "5"].map((content) => dm.send(content)));
    expect(discord.world.dms(USER).map(({ content }) => content)).toEqual(["1", "2", "3", "4", "5"]);
    let once = false;
    using _fault = discord.fault(() => (once ? null : ((once = true), limited(50))));
    await dm.send("6");
    expect(discord.heard.some(({ status }) => status === 429)).toBe(true);
  },
);

test("faults: an error of the server, a connection cut, and a token that is not valid", async () => {
  const discord = await startDiscord();
  const client = await connected(discord, { retries: 0 });
  const dm = await client.users.createDM(USER);
  using fault = discord.fault(() => new Refusal(502, 0, "Bad Gateway"));
  await expect(dm.send("x")).rejects.toMatchObject({ status: 502 });
  fault[Symbol.dispose]();
  using cut = discord.fault(() => "hang up");
  await expect(dm.send("x")).rejects.toThrow("other side closed");
  cut[Symbol.dispose]();
  await dm.send("x");
  const other = new Client({ intents: [], rest: { api: discord.apiUrl } });
  await expect(other.login("wrong.token.here")).rejects.toThrow("invalid token");
});

test("the gateway answers heartbeats, and sessions are resumed with what was missed", async () => {
  const discord = await startDiscord({ heartbeatMs: 100 });
  const client = await connected(discord);
  await client.application.commands.set([COMMAND]);
  const heard: string[] = [];
  client.on(Events.InteractionCreate, (interaction) => {
    if (interaction.isChatInputCommand()) heard.push(String(interaction.options.getString("who")));
    discord.world.changed();
  });
  await discord.world.until(() => discord.gateway.heartbeats > 1);
  discord.gateway.drop(4000);
  await discord.world.until(() => discord.gateway.connected === 0);
  discord.invoke({ user: USER, command: "greet", options: { who: "meanwhile" } });
  await discord.world.until(() => heard.includes("meanwhile"));
  expect(discord.gateway).toMatchObject({ identified: 1, resumed: 1 });
  const resumed = once(client, Events.ShardResume);
  discord.gateway.reconnect();
  await resumed;
  expect(discord.gateway).toMatchObject({ identified: 1, resumed: 2 });
  const ready = once(client, Events.ShardReady);
  discord.gateway.invalidate();
  await ready;
  expect(discord.gateway.identified).toBe(2);
});
