import type { Team } from "@trainer/testing/discord/world";
import { afterEach, expect, test } from "vitest";
import { runStatus, TRAINING } from "./trainer.js";
import { eventsOf } from "./events.js";
import { GUILD, OTHER, startWorld, USER, type World, type WorldOptions } from "./world.js";

let world: World;
afterEach(() => world[Symbol.asyncDispose]());

const LOOKER = "765432109876543219";
const GUEST = "765432109876543218";
const ELSEWHERE = "765432109876543217";
const ALONE = "I answer only to my owner, in direct messages.";
const NAMED = "I answer only to those whom my owner has named.";

/** A bot for which DISCORD_OWNER_ID is unset, unless `env` has it. */
async function start({ env, ...options }: WorldOptions): Promise<void> {
  const own = { DISCORD_OWNER_ID: "", MODEL_TRAINER_RATE_LIMIT: "99", ...env };
  world = await startWorld({ ...options, env: own });
  world.trainer.run(runStatus("r1", { status: "running" }));
}

const status = async (user: string, guild?: string) => {
  const where = guild === undefined ? {} : { guild };
  return await world.discord.invoke({ user, command: "status", options: { run_id: "r1" }, ...where }).reply();
};
const isObeyed = async (user: string, guild?: string) => (await status(user, guild)).content === "";

test("a bot for which nobody is named obeys whom its application belongs to, in direct messages alone", async () => {
  await start({ owner: USER });
  expect(await isObeyed(USER)).toBe(true);
  expect((await status(OTHER)).content).toBe(ALONE);
  expect((await status(USER, GUILD)).content).toBe(ALONE);
  expect(world.discord.world.globalCommands.every(({ contexts }) => String(contexts) === "1")).toBe(true);
  expect(world.bot?.obeys).toBe(`${USER} alone`);
  expect(await world.logged("bot_ready")).toContain(`"obeys":"${USER} alone"`);
});

test("of a team those are obeyed who have joined it and may do more than look, its owner first", async () => {
  const member = (id: string, role: "admin" | "read_only", state: 1 | 2): Team["members"][number] => ({
    membership_state: state,
    role,
    user: { id },
  });
  const members = [member(OTHER, "admin", 2), member(LOOKER, "read_only", 2), member(GUEST, "admin", 1)];
  await start({ owner: { owner_user_id: USER, members } });
  expect(world.bot?.obeys).toBe(`${USER}, ${OTHER} alone`);
  expect([await isObeyed(USER), await isObeyed(OTHER)]).toEqual([true, true]);
  expect([await isObeyed(LOOKER), await isObeyed(GUEST)]).toEqual([false, false]);
});

test("others are named one by one, or by a server, where its members are obeyed", async () => {
  const env = { DISCORD_ALLOWED_USER_IDS: OTHER, DISCORD_ALLOWED_GUILD_IDS: GUILD };
  await start({ owner: USER, env });
  expect(world.bot?.obeys).toBe(`${USER}, ${OTHER}, members of the server ${GUILD}`);
  expect([await isObeyed(OTHER), await isObeyed(LOOKER, GUILD)]).toEqual([true, true]);
  expect((await status(LOOKER)).content).toBe(NAMED);
  expect((await status(OTHER, ELSEWHERE)).content).toBe(NAMED);
  await world.publish(eventsOf("r2", BigInt(LOOKER)).started); // a member who started one there
  await world.titled(LOOKER, "Training Starting");
});

test("whoever is named beside the owner hears of their own runs, cancels no others, and nobody else hears of any", async () => {
  await start({ env: { DISCORD_OWNER_ID: USER, DISCORD_ALLOWED_USER_IDS: OTHER } });
  world.trainer.answer("POST /runs/r1/cancel", { status: "cancellation-requested" });
  await world.publish(eventsOf("r3", BigInt(LOOKER)).started, eventsOf("r2", BigInt(OTHER)).started);
  await world.titled(OTHER, "Training Starting");
  expect(world.discord.world.dms(LOOKER)).toEqual([]);
  const cancel = (user: string) => world.discord.invoke({ user, command: "cancel", options: { run_id: "r1" } }).reply();
  expect((await cancel(OTHER)).content).toBe("Only the user who started this run can cancel it");
  expect((await cancel(USER)).embeds[0]?.title).toBe("Cancellation Requested");
});

test("a bot whose application is nobody's, as far as Discord tells, does not start", async () => {
  await start({ env: { DISCORD_OWNER_ID: "everybody" } });
  expect(world.bot?.obeys).toBe("everybody (DISCORD_OWNER_ID=everybody)");
  expect([await isObeyed(LOOKER), await isObeyed(LOOKER, GUILD)]).toEqual([true, true]);
  await world[Symbol.asyncDispose]();
  await expect(start({})).rejects.toMatchObject({ code: "CONFIG_ERROR" });
});

const SMALL = { corpus: "a.txt", tokenizer_id: "tok-1" };
const train = async (runId: string, user = USER) => {
  world.trainer.answer("POST /runs/train", { run_id: runId, job_id: runId });
  return await world.discord.invoke({ user, command: "train", options: SMALL }).reply();
};

test("a user has as many trainings at a time as is allowed, counted over restarts, and others have theirs", async () => {
  await start({ env: { DISCORD_OWNER_ID: "everybody", DISCORD_TRAININGS_PER_USER: "2" } });
  for (const id of ["t1", "t2"]) {
    world.trainer.run(runStatus(id, { status: "running", training: TRAINING }));
    expect((await train(id)).embeds[0]?.title).toBe("Training Job Queued");
  }
  const refusal =
    "2 trainings of yours are queued or running, and one person may have 2 at a time: `t1`, `t2`. `/cancel` ends one.";
  expect((await train("t3")).content).toBe(refusal);
  world.trainer.run(runStatus("t4", { status: "running" }));
  expect((await train("t4", OTHER)).embeds[0]?.title).toBe("Training Job Queued");
  await world.restart();
  expect((await train("t3")).content).toBe(refusal);
  await world.publish(eventsOf("t1", BigInt(USER)).failed("out of memory"));
  world.trainer.run(runStatus("t3"));
  await expect.poll(async () => (await train("t3")).embeds[0]?.title).toBe("Training Job Queued");
  await world[Symbol.asyncDispose]();

  await start({ env: { DISCORD_OWNER_ID: "everybody", DISCORD_TRAININGS_PER_USER: "0" } });
  for (const id of ["t1", "t2", "t3", "t4"]) {
    world.trainer.run(runStatus(id));
    expect((await train(id)).embeds[0]?.title).toBe("Training Job Queued");
  }
});
