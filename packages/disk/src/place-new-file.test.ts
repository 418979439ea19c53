import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { placeNewFile } from "./place-new-file.js";

const noLinks = () => Promise.reject(Object.assign(new Error("EPERM"), { code: "EPERM" }));

test.each([{}, { linkFile: noLinks }])(
  "a file comes to a free place, and to no other, with links and without (%#)",
  async (hooks) => {
    await using folder = await scratch();
    const path = (name: string) => join(folder.path, name);
    await symlink(path("nowhere"), path("broken"));
    await writeFile(path("made"), "text");
    expect(await placeNewFile(path("made"), path("broken"), hooks)).toBe(false);
    expect(await placeNewFile(path("made"), path("new"), hooks)).toBe(true);
    expect((await readdir(folder.path)).toSorted()).toEqual(["broken", "new"]);
    await writeFile(path("made"), "another");
    expect(await placeNewFile(path("made"), path("new"), hooks)).toBe(false);
    expect(await readFile(path("new"), "utf8")).toBe("text");
    await expect(placeNewFile(path("made"), path("none/new"), hooks)).rejects.toThrow("ENOENT");
  },
);
