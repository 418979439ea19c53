import { relative } from "node:path";
import type { Command } from "commander";
import { HubClient, PUBLIC_HUB } from "@trainer/client/hub";
import { withoutCredentials } from "@trainer/platform";
import type { PulledModel } from "@trainer/training/files";
import { z } from "zod";
import { ProgressLine } from "../display/progress-line.js";
import type { Output } from "../display/output.js";
import { formatDuration } from "../display/duration.js";
import { formatBytes, formatCount, formatShort } from "../display/quantity.js";
import { word } from "../framework/arguments.js";
import { defineCommand } from "../framework/define-command.js";
import { UsageError } from "../process/errors.js";
import { shellWord } from "../process/home-flag.js";
import type { Io } from "../process/io.js";
import { keyFor } from "../services/key-for.js";

const Address = z.url({ protocol: /^https?$/, error: "must be http://… or https://…" });

const PullFlags = z.strictObject({
  revision: z.string().min(1).default("main").describe("a branch, a tag or a commit"),
  mirror: Address.optional().describe(`address of the hub: HF_ENDPOINT, or ${PUBLIC_HUB}`),
  out: z.string().min(1).optional().describe("the folder to make; its name in the home's exports/ if left out"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Fetch somebody else's model from a hub: its safetensors, config and tokenizer, each checked by its hash. No code is fetched or run. " +
      "What came before a break is kept, and the same command goes on from there. HF_TOKEN opens private and gated models.",
    args: { model: word("owner/name of the model") },
    options: PullFlags,
    examples: {
      "trainer pull OWNER/NAME": "into the home; its id is then export~NAME",
      "trainer generate export~NAME --prompt 'Once'": "asks it; chat, score, eval and export likewise",
      "trainer train my-text.txt --pretrained export~NAME": "trains it further on your text",
      "trainer pull OWNER/NAME --revision v1.0 --out models/name": "a tag, into another folder",
      "HF_ENDPOINT=http://mirror:8080 trainer pull OWNER/NAME": "from a mirror; --mirror does the same",
    },
    async run({ args: { model }, options: { revision, mirror, out: folder }, home, flags, out }) {
      const [{ openHome, pullModel }, { loadTokenizer }] = await Promise.all([
        import("@trainer/training/files"),
        import("@trainer/tokenizers"),
      ]);
      const endpoint = endpointOf(io.env);
      const url = mirror ?? endpoint;
      const hub = new HubClient({
        url,
        token: tokenFor(url, endpoint, io.env["HF_TOKEN"], out),
        onWait: (ms) => out.note(`the hub asks to wait for ${formatDuration(ms / 1000)}`),
      });
      const line = new ProgressLine(io, out);
      const pulled = await io
        .interruptible((signal) =>
          pullModel(model, {
            home: openHome(home),
            hub,
            revision,
            out: folder,
            openTokenizer: loadTokenizer,
            signal,
            onProgress: ({ bytes, totalBytes }) =>
              line.update(`pulling ${model} (${formatBytes(totalBytes)})`, bytes / totalBytes),
          }),
        )
        .finally(() => line.clear());
      out.result(asJson(model, pulled), () => asText(model, pulled, flags, io.cwd));
    },
  });
}

function endpointOf({ HF_ENDPOINT: endpoint }: Io["env"]): string {
  if (!endpoint) return PUBLIC_HUB;
  if (Address.safeParse(endpoint).success) return endpoint;
  throw new UsageError(`HF_ENDPOINT is ${JSON.stringify(endpoint)}, and must be http://… or https://…`);
}

/** HF_TOKEN is for HF_ENDPOINT, or for the public hub; an address that was typed may be anybody's. */
function tokenFor(url: string, endpoint: string, key: string | undefined, out: Output): string | undefined {
  const token = keyFor(url, [{ key, url: endpoint }], out);
  if (key && token === undefined)
    out.warn(
      `HF_TOKEN is for ${withoutCredentials(endpoint)}, so ${withoutCredentials(url)} is not shown it: HF_ENDPOINT names whom it is for.`,
    );
  return token;
}

const asJson = (model: string, { family, modelType, contextLength, wasThere, ...pulled }: PulledModel) => ({
  model,
  ...pulled,
  family,
  model_type: modelType,
  context_length: contextLength,
  was_there: wasThere,
});

function asText(model: string, pulled: PulledModel, flags: string, cwd: string): string {
  const { id, path, commit, bytes, family, modelType, parameters, contextLength, licence, wasThere } = pulled;
  const name = (id === path ? shellWord(relative(cwd, path) || path) : id) + flags;
  return [
    `${path}: ${formatBytes(bytes)}${wasThere ? ", was there already" : ""}`,
    `  model       ${model} at ${commit.slice(0, 12)}`,
    `  family      ${family} (${modelType})`,
    `  parameters  ${formatCount(parameters)} (${formatShort(parameters)})`,
    `  context     ${formatCount(contextLength)} tokens`,
    `  licence     ${licence ?? "its card names none"}`,
    "",
    "Next:",
    `  trainer chat ${name}`,
    `  trainer generate ${name} --prompt "Once upon a time"`,
    `  trainer train my-text.txt --pretrained ${name}`,
  ].join("\n");
}
