import { expect, test } from "vitest";
import { remoteText } from "./corpus.js";

test("texts that are mixed are not sent: a server mixes what lies in its own folder", async () => {
  await expect(remoteText(["own:0.3", "wiki:0.7"], "auto")).rejects.toThrow(
    /named? them by corpus_paths and corpus_weights/,
  );
});
