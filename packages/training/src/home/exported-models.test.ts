import { mkdir, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportedId } from "@trainer/disk";
import { expect, test } from "vitest";
import { exportedFolder, listExported } from "./exported-models.js";
import { openHome, type Home } from "./home.js";
import { resolveRun } from "./resolve-run.js";
import { temporaryFolder } from "./temporary-folder.js";

const FILES = { "config.json": '{"model_type":"gpt2"}', "model.safetensors": "weights", "tokenizer.json": "{}" };

async function newModel(dir: string, files: Readonly<Record<string, string>> = FILES): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
}

async function withHome(body: (home: Home) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder();
  await body(openHome(join(folder.path, "runs")));
}

const listed = async (home: Home) => (await listExported(home)).map(({ name }) => name);

test("the folders that hold a model are listed by name, and found by their ids", async () => {
  await withHome(async (home) => {
    expect(await listExported(home)).toEqual([]);
    await newModel(join(home.exports, "mine"));
    const modified = new Date("2026-01-01T00:00:00.000Z");
    for (const path of [...Object.keys(FILES), ""]) await utimes(join(home.exports, "mine", path), modified, modified);
    await newModel(join(home.exports, "cut"), {
      "config.json": "[",
      "model.safetensors.index.json": "{}",
      "tokenizer.model": "",
    });
    expect(await listExported(home)).toEqual([
      expect.objectContaining({ id: "export~cut", name: "cut", modelType: null }),
      { id: "export~mine", name: "mine", modelType: "gpt2", bytes: 30, modified },
    ]);
    const dir = join(home.exports, "mine");
    expect(await exportedFolder(home, "export~mine")).toBe(dir);
    for (const each of [home, { ...home, texts: openHome(home.root, home.root).texts }])
      expect(await resolveRun("export~mine", each)).toEqual({ id: null, dir });
  });
});

test("what is no whole model is none: a folder without a part of it, a file, a hidden folder", async () => {
  await withHome(async (home) => {
    for (const name of Object.keys(FILES)) {
      const rest = Object.entries(FILES).filter(([each]) => each !== name);
      await newModel(join(home.exports, `without-${name}`), Object.fromEntries(rest));
    }
    await newModel(join(home.exports, ".hidden"));
    await newModel(join(home.exports, "a~b"));
    await writeFile(join(home.exports, "file"), "");
    expect(await listed(home)).toEqual([]);
    expect(await exportedFolder(home, "export~file")).toBeNull();
  });
});

test("no id and no link leads out of the folder of exports", async () => {
  await withHome(async (home) => {
    const outside = join(home.root, "..", "outside");
    await newModel(outside);
    await newModel(join(home.models, "run"));
    await newModel(join(home.exports, "linking"));
    await rename(join(home.exports, "linking", "tokenizer.json"), join(home.root, "tokenizer.json"));
    await symlink(join(home.root, "tokenizer.json"), join(home.exports, "linking", "tokenizer.json"));
    await symlink(outside, join(home.exports, "out"));
    await symlink(join(home.models, "run"), join(home.exports, "run"));
    expect(await listed(home)).toEqual([]);
    for (const name of ["linking", "out", "run", "..", "../models/run", "../../outside", outside, "", ".", "a\0"])
      expect([name, await exportedFolder(home, exportedId(name))]).toEqual([name, null]);
    for (const id of ["run", "../exports/out", outside]) expect(await exportedFolder(home, id)).toBeNull();
  });
  await withHome(async (home) => {
    const outside = join(home.root, "..", "outside");
    await newModel(join(outside, "mine"));
    await mkdir(home.root);
    await symlink(outside, home.exports);
    expect(await listed(home)).toEqual([]);
    expect(await exportedFolder(home, "export~mine")).toBeNull();
  });
});

test("an exported model that is not there is said to be so, to a service without a path", async () => {
  await withHome(async (home) => {
    const service = openHome(home.root, home.root);
    const message = 'there is no exported model "none"';
    await expect(resolveRun("export~none", service)).rejects.toMatchObject({ code: "RUN_NOT_FOUND", message });
    await expect(resolveRun("export~none", home)).rejects.toThrow('no run "export~none"');
    await expect(resolveRun("export~..", service)).rejects.toThrow('there is no run "export~.."');
  });
});
