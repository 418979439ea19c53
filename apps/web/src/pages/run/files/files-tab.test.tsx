// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { refusal } from "../../../testing/answers.js";
import { openPage } from "../../../testing/page.js";
import { answers, file, ID, run } from "../../../testing/run.js";

const files = [
  { ...file, path: "checkpoints/step-00000040/model.safetensors", bytes: 12_740_584, step: 40, sha256: "d282" },
  file,
  { ...file, path: "empty.txt", bytes: 0 },
  { ...file, path: "metrics.jsonl", bytes: 250_000_000 },
  { ...file, path: "train #1.bin", bytes: 5 },
];
const listed = { [`GET /runs/${ID}/files`]: { run_id: ID, files, truncated: true } };
const tab = `/app/runs/${ID}?tab=files`;
const open = async (name: string) => await userEvent.click(await screen.findByRole("button", { name }));

test("the files of a run are listed with their sizes, and one is shown by the address", async () => {
  const asked = answers({ ...listed, [`GET /runs/${ID}/files/config.json`]: new Response('{"a":"<img src=x>"}') });
  const { router } = openPage(tab);
  const table = await screen.findByRole("region", { name: "Files of the run" });
  expect(within(table).getAllByRole("row")[1]?.textContent).toMatch(/model\.safetensors12\.2 MiB40/);
  expect(screen.getByRole("heading", { name: "5 files, 251 MiB" })).toBeDefined();
  expect(screen.getByText("There are more than are listed.")).toBeDefined();
  await open("config.json");
  expect((await screen.findByRole("region", { name: "Text of config.json" })).textContent).toBe(
    '{\n  "a": "<img src=x>"\n}',
  );
  const ofFile = asked.filter(({ path }) => path.endsWith("/config.json"));
  expect(ofFile.map(({ headers }) => headers)).toEqual([{ range: "bytes=0-65535" }]);
  expect(router.state.location.search).toEqual({ tab: "files", file: "config.json" });
  expect(screen.getByRole("link", { name: "Download config.json" }).getAttribute("href")).toBe(
    `/runs/${ID}/files/config.json`,
  );
});

test("a file of tensors is shown by its header, and its hash stands above", async () => {
  const path = "checkpoints/step-00000040/model.safetensors";
  const tensors = [
    { name: "wte.weight", dtype: "float32", shape: [63, 256], bytes: 64_512 },
    { name: "scale", dtype: "float32", shape: [], bytes: 4 },
  ];
  answers({ ...listed, [`GET /runs/${ID}/files/${path}`]: { tensors, metadata: {} } });
  openPage(tab);
  await open(path);
  const table = await screen.findByRole("region", { name: "Tensors of the file" });
  expect(
    within(table)
      .getAllByRole("row")
      .map((each) => each.textContent),
  ).toEqual(["TensorTypeShapeSize", "wte.weightfloat3263 × 25663.0 KiB", "scalefloat32one value4 B"]);
  expect(screen.getByText("d282")).toBeDefined();
});

test("of a long file the beginning is shown, of an empty one and of another kind nothing", async () => {
  answers({ ...listed, [`GET /runs/${ID}/files/metrics.jsonl`]: new Response("{}\n", { status: 206 }) });
  openPage(tab);
  await open("metrics.jsonl");
  expect(await screen.findByText("The first 64.0 KiB of it:")).toBeDefined();
  await open("empty.txt");
  expect(await screen.findByText("The file is empty.")).toBeDefined();
  await open("train #1.bin");
  expect(await screen.findByText("This kind of file has no preview.")).toBeDefined();
  expect(screen.getByRole("link", { name: "Download train #1.bin" }).getAttribute("href")).toBe(
    `/runs/${ID}/files/train%20%231.bin`,
  );
});

test.each([
  ["model.safetensors", "The tensors cannot be read.", { tensors: [], metadata: {} }],
  ["config.json", "The file cannot be read.", {}],
])("a file that cannot be read says so, and is read again: %s", async (path, told, content) => {
  let isBack = false;
  const broken = refusal(400, "INVALID_INPUT", "the header is damaged");
  answers({
    [`GET /runs/${ID}/files`]: { run_id: ID, files: [{ ...file, path }], truncated: false },
    [`GET /runs/${ID}/files/${path}`]: () => (isBack ? content : broken),
  });
  openPage(`${tab}&file=${path}`);
  expect((await screen.findByText(told)).parentElement?.textContent).toContain("The header is damaged.");
  isBack = true;
  await open("Try again");
  await waitFor(() => expect(screen.queryByText(told)).toBeNull());
});

test.each([
  [run, /when the run has begun/],
  [{ ...run, status: "completed" }, /sent to the file service/],
])("a run without files here says where they are", async (status, told) => {
  answers({ [`GET /runs/${ID}`]: status, [`GET /runs/${ID}/files`]: { run_id: ID, files: [], truncated: false } });
  openPage(tab);
  expect(await screen.findByText(told)).toBeDefined();
});
