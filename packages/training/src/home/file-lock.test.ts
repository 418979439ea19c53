import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startOf, thisProcess } from "@trainer/disk";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { isHeld, lastFence, removeStale, FileLock } from "./file-lock.js";

let dir = "";
let path = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "lock-"));
  path = join(dir, "lock.json");
});
afterEach(() => rmSync(dir, { recursive: true }));

const holder = (holder: { pid?: number; started?: string; host?: string; turn?: number }) =>
  writeFileSync(path, JSON.stringify({ pid: process.pid, started: startOf(process.pid), host: hostname(), ...holder }));

test("a lock is held until it is disposed of, and leaves nothing behind", () => {
  {
    using _lock = new FileLock(path, "r");
    expect(() => new FileLock(path, "r")).toThrow(
      `run r is being trained by process ${process.pid} of this machine, since `,
    );
  }
  expect(readdirSync(dir)).toEqual([]);
});

test("a holder that lets go just as another is refused is told to have ended", () => {
  writeFileSync(join(dir, "holder"), JSON.stringify(thisProcess()));
  execFileSync("mkfifo", [join(dir, "first"), join(dir, "second")]); // each ends when what follows it is in place
  symlinkSync("first", path);
  const letsGo = "{ cat holder; ln -sfn second lock.json; } > first; { cat holder; rm lock.json; } > second";
  spawn("sh", ["-c", letsGo], { cwd: dir, stdio: "ignore" });
  expect(() => new FileLock(path, "r")).toThrow("run r is being trained by another process, which has ended: ");
});

test("a process that was killed holds no lock", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  holder({ pid, started: startOf(pid) ?? "" });
  expect(() => new FileLock(path, "r")).toThrow(/CONFLICT|being trained/);
  child.kill("SIGKILL");
  await once(child, "exit");
  using _lock = new FileLock(path, "r");
  expect(readFileSync(path, "utf8")).toContain(`"pid":${process.pid}`);
});

test("a process that has ended holds no lock, even where its parent does not collect it", async () => {
  // The child of a shell that becomes another program, which never waits for it.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(parent.stdout, "data"));
  const pid = Number(line);
  const fields = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
  while (fields()[2] !== "Z") await setTimeout(5);
  holder({ pid, started: fields()[21] ?? "" });
  expect(isHeld(path)).toBe(false);
  parent.kill("SIGKILL");
  await once(parent, "exit");
});

test("a process id that is used again is another process", () => {
  holder({ started: "1" });
  using _lock = new FileLock(path, "r");
  expect(readdirSync(dir)).toEqual(["lock.json"]);
});

test("a lock of before the system's last start is nobody's", () => {
  writeFileSync(path, JSON.stringify({ ...thisProcess(), boot: "an earlier one" }));
  expect(isHeld(path)).toBe(false);
});

test("a lock of another host is respected, and the message says how to remove it", () => {
  holder({ pid: 1, host: "elsewhere" });
  const message = `GMT: wait for it or stop it (if it is certainly gone, delete ${path})`;
  expect(() => new FileLock(path, "r")).toThrow(message);
});

test("a lock of another container with this host's name is respected, and said to be that", () => {
  writeFileSync(path, JSON.stringify({ ...thisProcess(), space: "7" }));
  expect(() => new FileLock(path, "r")).toThrow(`process ${process.pid} of another container of this machine, since `);
  using _lock = new FileLock(path, "r", 1);
});

test("a lock that cannot be read is held for all one knows", () => {
  mkdirSync(path);
  expect(() => new FileLock(path, "r", 1)).toThrow("EISDIR");
});

test("a lock that turns out not to be readable when it is moved aside is put back", () => {
  holder({});
  const looks = [() => false, () => readFileSync(dir, "utf8") === ""];
  expect(() => removeStale(path, () => looks.shift()?.() ?? true)).toThrow("EISDIR");
  expect(isHeld(path)).toBe(true);
  expect(readdirSync(dir)).toEqual(["lock.json"]);
});

test("the fence decides about a lock of another host, but not about a living process of this one", () => {
  holder({ pid: 1, host: "elsewhere", turn: 4 });
  expect(lastFence(path)).toBe(4);
  expect(() => new FileLock(path, "r", 4)).toThrow("is being trained by process ");
  using lock = new FileLock(path, "r", 5);
  expect(() => lock.assertOwned()).not.toThrow();
  expect(() => new FileLock(path, "r", 6)).toThrow("is being trained by process ");
  expect(lastFence(join(dir, "none.json"))).toBe(0);
});

test("a torn lock file is taken over", () => {
  writeFileSync(path, '{"pid":');
  using _lock = new FileLock(path, "r");
  expect(readFileSync(path, "utf8")).toContain(`"pid":${process.pid}`);
});

test("a lock that became another's is not removed", () => {
  {
    using _lock = new FileLock(path, "r");
    holder({ pid: 1, host: "elsewhere" });
  }
  expect(existsSync(path)).toBe(true);
});

test("a lock that cannot be reached when it is given up is given up soon", async () => {
  {
    using _lock = new FileLock(path, "r");
    renameSync(path, `${path}-own`);
    mkdirSync(path);
  }
  rmSync(path, { recursive: true });
  renameSync(`${path}-own`, path);
  expect(isHeld(path)).toBe(true);
  await vi.waitFor(() => expect(isHeld(path)).toBe(false));
});

test("a folder that is not there is no lock held by another", () => {
  expect(() => new FileLock(join(dir, "none", "lock.json"), "r")).toThrow("ENOENT");
});

test("a lock that another process takes over between two looks is put back", () => {
  holder({});
  const looks = [false, true];
  removeStale(path, () => looks.shift() ?? true);
  expect(isHeld(path)).toBe(true);
  expect(readdirSync(dir)).toEqual(["lock.json"]);
  const both = [false, true];
  removeStale(path, (at) => {
    if (at !== path) writeFileSync(path, JSON.stringify(thisProcess())); // a third one takes it meanwhile
    return both.shift() ?? true;
  });
  expect(isHeld(path)).toBe(true);
  expect(readdirSync(dir)).toEqual(["lock.json"]);
  removeStale(join(dir, "none.json"));
  expect(() => removeStale("/", () => false)).toThrow(/EBUSY|EINVAL/);
  expect(isHeld(join(dir, "none.json"))).toBe(false);
});
