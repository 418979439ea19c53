import { z } from "zod";
import { commandBodies, type CommandBody } from "./command-body.js";
import type { Invocation } from "./invocation.js";
import { messageBody, wire, withBody, type Message, type UploadedFile } from "./message-body.js";
import { invalidForm, Refusal, unknown } from "./refusal.js";
import type { World } from "./world.js";

export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly files: ReadonlyMap<string, UploadedFile>;
}

export interface Route {
  readonly method: string;
  readonly path: string;
  /** The token in the path suffices. */
  readonly open?: boolean;
  readonly answer: (world: World, call: Call, gatewayUrl: string) => object | null;
}

const EPHEMERAL = 1 << 6;
const RESPOND_WITHIN_MS = 3000;
const TOKEN_LIVES_MS = 15 * 60_000;

export const ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/gateway/bot",
    answer: (_world, _call, url) => ({
      url,
      shards: 1,
      session_start_limit: { total: 1000, remaining: 999, reset_after: 0, max_concurrency: 16 },
    }),
  },
  { method: "GET", path: "/users/@me", answer: (world) => world.userObject(world.botId) },
  {
    method: "GET",
    path: "/applications/@me",
    answer: (world) => ({
      id: world.applicationId,
      name: "trainer",
      description: "",
      flags: 0,
      bot_public: false,
      ...world.ownership(),
    }),
  },
  { method: "PUT", path: "/applications/:application/commands", answer: setGlobal },
  { method: "PUT", path: "/applications/:application/guilds/:guild/commands", answer: setInGuild },
  { method: "GET", path: "/applications/:application/guilds/:guild/commands", answer: inGuild },
  { method: "POST", path: "/users/@me/channels", answer: openChannel },
  { method: "GET", path: "/channels/:channel", answer: (world, call) => world.channelObject(channelOf(world, call)) },
  { method: "POST", path: "/channels/:channel/messages", answer: post },
  { method: "PATCH", path: "/channels/:channel/messages/:message", answer: edit },
  { method: "POST", path: "/interactions/:interaction/:token/callback", open: true, answer: callback },
  { method: "PATCH", path: "/webhooks/:application/:token/messages/@original", open: true, answer: editOriginal },
  { method: "POST", path: "/webhooks/:application/:token", open: true, answer: followUp },
];

const registered = (world: World, commands: readonly CommandBody[], guild: object = {}) =>
  commands.map((command) =>
    Object.assign({ id: world.snowflake(), application_id: world.applicationId, version: "1" }, guild, command),
  );

function setGlobal(world: World, { body }: Call): object {
  world.globalCommands = commandBodies(body);
  return registered(world, world.globalCommands);
}

function guildOf(world: World, { params }: Call): string {
  const guild = String(params["guild"]);
  if (!world.guilds.has(guild)) throw new Refusal(403, 50001, "Missing Access");
  return guild;
}

function inGuild(world: World, call: Call): object {
  const guild = guildOf(world, call);
  return registered(world, world.guildCommands.get(guild) ?? [], { guild_id: guild });
}

function setInGuild(world: World, call: Call): object {
  const { body } = call;
  const guild = guildOf(world, call);
  const commands = commandBodies(body);
  world.guildCommands.set(guild, commands);
  return registered(world, commands, { guild_id: guild });
}

function openChannel(world: World, { body }: Call): object {
  const result = z.object({ recipient_id: z.string().regex(/^\d{17,20}$/) }).safeParse(body);
  if (!result.success) throw invalidForm(result.error);
  if (result.data.recipient_id === world.botId) throw new Refusal(400, 50007, "Cannot send messages to this user");
  return world.channelObject(world.channelWith(result.data.recipient_id));
}

function channelOf(world: World, { params }: Call) {
  const channel = world.channels.get(String(params["channel"]));
  if (channel === undefined) throw unknown.channel();
  return channel;
}

function post(world: World, call: Call): object {
  const channel = channelOf(world, call);
  if (world.closedDms.has(channel.recipient)) throw new Refusal(403, 50007, "Cannot send messages to this user");
  return shown(world, kept(world, written(world, call, blank(world, channel.id))));
}

function edit(world: World, call: Call): object {
  const channel = channelOf(world, call);
  const before = world.messages.get(String(call.params["message"]));
  if (before === undefined || before.channelId !== channel.id) throw unknown.message();
  if (before.author !== world.botId) throw new Refusal(403, 50005, "Cannot edit a message authored by another user");
  return shown(world, kept(world, { ...written(world, call, before), edits: before.edits + 1 }));
}

const blank = (world: World, channelId: string, flags = 0): Message => ({
  id: world.snowflake(),
  channelId,
  author: world.botId,
  content: "",
  embeds: [],
  attachments: [],
  flags,
  createdAt: new Date().toISOString(),
  edits: 0,
});

const written = (world: World, { body, files }: Call, before: Message): Message =>
  withBody(before, messageBody(body), files, world.snowflake);

function kept(world: World, message: Message): Message {
  world.messages.set(message.id, message);
  return message;
}

const shown = (world: World, message: Message): object => wire(message, world.userObject(message.author));

const Callback = z.object({
  type: z.union([z.literal(4), z.literal(5), z.literal(8)]),
  data: z.looseObject({ flags: z.int().optional(), choices: z.unknown().optional() }).optional(),
});
const Choices = z
  .array(z.object({ name: z.string().min(1).max(100), value: z.union([z.string().max(100), z.number()]) }))
  .max(25, "Must be 25 or fewer in length.");

function callback(world: World, { params, query, body, files }: Call): object | null {
  const invocation = world.invocations.get(String(params["token"]));
  if (invocation === undefined || invocation.id !== params["interaction"]) throw unknown.interaction();
  if (Date.now() - invocation.at > RESPOND_WITHIN_MS) throw unknown.interaction();
  if (invocation.acknowledged) throw new Refusal(400, 40060, "Interaction has already been acknowledged.");
  const result = Callback.safeParse(body);
  if (!result.success) throw invalidForm(result.error);
  const { type, data } = result.data;
  if (type === 8) {
    const choices = Choices.safeParse(data?.choices);
    if (!choices.success) throw invalidForm(choices.error);
    invocation.choices = choices.data;
  } else {
    const message = blank(world, "0", data?.flags ?? 0);
    invocation.deferred = type === 5;
    invocation.message = type === 5 ? null : withBody(message, messageBody(data), files, world.snowflake);
  }
  invocation.acknowledged = true;
  return query.get("with_response") === "true" ? { interaction: { id: invocation.id, type: 2 } } : null;
}

function alive(world: World, { params }: Call): Invocation {
  const invocation = world.invocations.get(String(params["token"]));
  if (invocation === undefined || params["application"] !== world.applicationId) throw unknown.webhook();
  if (!invocation.acknowledged) throw unknown.webhook();
  if (Date.now() - invocation.at > TOKEN_LIVES_MS) throw new Refusal(401, 50027, "Invalid Webhook Token");
  return invocation;
}

function editOriginal(world: World, call: Call): object {
  const invocation = alive(world, call);
  invocation.message = written(world, call, invocation.message ?? blank(world, "0", EPHEMERAL));
  return shown(world, invocation.message);
}

function followUp(world: World, call: Call): object {
  const message = written(world, call, blank(world, "0"));
  alive(world, call).followUps.push(message);
  return shown(world, message);
}
