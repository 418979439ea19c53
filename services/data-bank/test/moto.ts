import { spawn } from "node:child_process";
import { freePort } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import type { BucketOptions } from "../src/s3/bucket.js";

/** A server of moto's with an empty bucket; a sentence where there can be none. */
export async function startMoto(): Promise<{ options: BucketOptions; stop: () => void } | string> {
  const moto = await pythonProgram("moto[server]==5.2.5", "moto_server");
  if ("missing" in moto) return moto.missing;
  const port = await freePort();
  const server = spawn(moto.path, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const made = await fetch(`${endpoint}/bucket`, { method: "PUT" }).catch(() => null);
    if (made?.ok) break;
    if (tries === 300) return "moto's server does not start";
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const options = { endpoint, region: "us-east-1", bucket: "bucket", accessKeyId: "id", secretAccessKey: "secret" };
  return { options, stop: () => void server.kill() };
}
