import { build, gpt2, gpt2Config } from "@trainer/models";
import { expect, test } from "vitest";
import { Beginnings } from "./beginnings.js";
import { PagedGroup } from "./paged-group.js";

test("a group of no sequences reads nothing", () => {
  const model = build(gpt2, gpt2Config({ vocabSize: 90, nPositions: 20, nEmbd: 8, nLayer: 1, nHead: 1 }), { seed: 1 });
  const pages = model.newPages?.();
  if (!pages) throw new Error("no pages");
  using beginnings = new Beginnings(pages, 0);
  let passes = 0;
  const hidden: typeof model.hidden = (ids, ctx) => {
    passes += 1;
    return model.hidden(ids, ctx);
  };
  using group = new PagedGroup({ ...model, hidden }, beginnings);
  group.step();
  expect([group.isEmpty, passes]).toEqual([true, 0]);
});
