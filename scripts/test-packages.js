// npm run test:packages [-- --keep]: packs all that is published, installs it on a bare Debian without a compiler, trains
// and generates there, and without a network. It needs root, mmdebstrap, and native parts from scripts/prebuild.js. --keep:
// with the tarballs and the Debian of the run before. What was typed and answered is in build/packages-test/transcript.txt.
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { serveTarballs } from "./release/registry.js";
import { SetupError, run, say, step } from "./say.js";

const FOLDER = at("build", "packages-test");
const ROOT = join(FOLDER, "root");
const TRANSCRIPT = join(FOLDER, "transcript.txt");
const HOME = "/home/ada";
const TEXT = "examples/corpus/tinyshakespeare.txt";
/** Longest time of a short training once libtorch is there. */
const TRAINING_S = 60;

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });

/** Files that this machine's settings for npm and pip are in, and certificates. */
const SETTINGS = ["/usr/etc/npmrc", "/root/.npmrc", "/etc/npmrc", "/etc/pip.conf", "/etc/resolv.conf", "/etc/hosts"];
const PASSED_ON = /^(npm_config_|pip_|ssl_|node_extra_ca|requests_ca|curl_ca|(https?|no)_proxy$)/i;

await run(async () => {
  if (!values.keep || !existsSync(at("build/release/tarballs"))) {
    const { code, output } = await exec(process.execPath, [at("scripts/release.js"), "--trial"]);
    if (code !== 0) throw new SetupError(output);
  }
  await makeRoot();
  writeFileSync(TRANSCRIPT, "");
  const registry = await serveTarballs(at("build/release/tarballs"));
  await onBareMachine(registry).finally(registry.close);
  say(`\nAll of it works without a compiler. What was typed and answered: ${TRANSCRIPT}`);
});

/** @param {{ url: string, fileOf: (name: string) => string }} registry */
async function onBareMachine({ url, fileOf }) {
  const ask = "for each in cc gcc c++ g++ clang cmake make; do command -v $each; done; true";
  const { stdout: compilers } = await typed(ask, { show: false });
  if (compilers.trim() !== "") throw new SetupError(`There is a compiler on the bare machine: ${compilers}`);
  await typed(`npm install -g --@trainer:registry=${url} ${url}${fileOf("model-trainer")}`);
  await typed("trainer --version; trainer runs");
  const offline = await typed("trainer train my-text.txt", { network: false, fails: true });
  wants(offline.output, /pip does not reach its package index[^]*PIP_FIND_LINKS=<folder>[^]*LIBTORCH/);
  const left = await typed("ls ~/.cache/model-trainer", { show: false });
  if (!/^(\S+\.wheels\s*)?$/.test(left.stdout))
    throw new SetupError(`A failure left something half-made: ${left.stdout}`);
  await step("libtorch fetched and loaded", () => typed("trainer setup"));
  const flags = "--max-steps 60 --n-layer 2 --n-embd 64 --n-head 2 --vocab-size 512 --max-seq-len 64 --batch-size 16";
  const before = performance.now();
  await typed(`trainer train my-text.txt ${flags} --run-id first`);
  const seconds = (performance.now() - before) / 1000;
  say(`✓ a short training took ${seconds.toFixed(1)} s`);
  if (seconds > TRAINING_S) throw new SetupError(`A short training took ${seconds.toFixed(0)} s, not ${TRAINING_S}.`);
  await typed('trainer generate first --prompt "ROMEO:" --max-new-tokens 40 --seed 1', { network: false });
  const asked = 'trainer generate first --server $(cat url) --prompt "ROMEO:" --max-new-tokens 10';
  await typed(
    "trainer ui --no-open --port 0 >ui.log 2>&1 & " +
      "until grep -o 'http://[0-9.:]*' ui.log >url; do sleep 1; kill -0 $! || { cat ui.log; exit 1; }; done; " +
      `${asked}; code=$?; kill -INT $!; wait $!; exit $code`,
  );
  await typed("trainer doctor");
  const once = `npx --yes --@trainer:registry=${url} --package ${url}${fileOf("model-trainer")} model-trainer`;
  await typed(`${once} score first --text "To be, or not to be"`);
  const elsewhere = "mv ~/.cache/model-trainer/libtorch-* /opt/libtorch";
  await typed(`${elsewhere} && LIBTORCH=/opt/libtorch trainer score first --text "To be"`, { network: false });
  await typed("LIBTORCH=/usr trainer score first --text x", { fails: true });
  const program =
    'import { scope, tensor } from "@trainer/torch"; console.log(scope(() => tensor([1, 2, 3]).sum().item()))';
  await typed(
    `mkdir lib && cd lib && npm init -y >/dev/null && npm install --@trainer:registry=${url} @trainer/torch @trainer/tokenizers && ` +
      `LIBTORCH=/opt/libtorch node --input-type=module -e '${program}' && du -sh node_modules`,
  );
  await typed(
    `mkdir client && cd client && npm init -y >/dev/null && npm install --@trainer:registry=${url} @trainer/client && du -sh node_modules`,
  );
}

/**
 * @param {string} output
 * @param {RegExp} pattern
 */
function wants(output, pattern) {
  if (!pattern.test(output)) throw new SetupError(`This should have matched ${pattern}:\n${output}`);
}

/** A Debian with Python and pip, Node and npm of this machine, and its settings for both; no compiler. */
async function makeRoot() {
  if (!values.keep) rmSync(ROOT, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  if (!existsSync(ROOT))
    await step("Debian 12 without a compiler", async () => {
      const include = "--include=python3,python3-pip,ca-certificates,libstdc++6";
      const { code, output } = await exec("mmdebstrap", [
        "--variant=apt",
        "--dpkgopt=force-unsafe-io",
        include,
        "bookworm",
        ROOT,
      ]);
      if (code !== 0) throw new SetupError(`mmdebstrap failed:\n${output.trim().split("\n").slice(-8).join("\n")}`);
    });
  const { stdout } = await exec("npm", ["root", "--global"]);
  put(process.execPath, "/usr/bin/node");
  cpSync(join(stdout.trim(), "npm"), inRoot("/usr/lib/node_modules/npm"), { recursive: true, verbatimSymlinks: true });
  for (const name of ["npm", "npx"])
    writeFileSync(
      inRoot(`/usr/bin/${name}`),
      `#!/bin/sh\nexec node /usr/lib/node_modules/npm/bin/${name}-cli.js "$@"\n`,
      {
        mode: 0o755,
      },
    );
  const certificates = [process.env["SSL_CERT_FILE"] ?? "", "/etc/ssl/certs/ca-certificates.crt"];
  for (const file of [...SETTINGS, ...certificates]) if (file !== "" && existsSync(file)) put(file, file);
  if (existsSync("/root/.npmrc")) put("/root/.npmrc", `${HOME}/.npmrc`);
  rmSync(inRoot("/opt/libtorch"), { recursive: true, force: true });
  for (const name of readdirSync(inRoot("/usr/lib/node_modules")).filter((each) => each !== "npm"))
    rmSync(inRoot(join("/usr/lib/node_modules", name)), { recursive: true });
  for (const name of [".cache", "runs", "lib", "client"])
    rmSync(inRoot(join(HOME, name)), { recursive: true, force: true });
  put(at(TEXT), `${HOME}/my-text.txt`);
}

/** @param {string} path */
function inRoot(path) {
  return join(ROOT, path);
}

/**
 * @param {string} from
 * @param {string} to
 */
function put(from, to) {
  mkdirSync(dirname(inRoot(to)), { recursive: true });
  rmSync(inRoot(to), { force: true });
  copyFileSync(from, inRoot(to));
}

/**
 * Types a line on the bare machine, and keeps it with what was answered.
 * @param {string} line
 * @param {{ network?: boolean, fails?: boolean, show?: boolean }} [options] fails: it must; show: in the transcript
 */
async function typed(line, { network = true, fails = false, show = true } = {}) {
  const enter = `mount -t proc proc ${ROOT}/proc && mount --bind /dev ${ROOT}/dev && exec chroot ${ROOT} /bin/sh -c "cd ${HOME} && exec sh -c \\"\\$1\\"" sh "$1"`;
  const kept = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  const env = { ...Object.fromEntries(kept), HOME, PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin", LANG: "C.UTF-8" };
  const namespaces = ["--mount", "--fork", ...(network ? [] : ["--net"])];
  const started = performance.now();
  const result = await exec("/usr/bin/unshare", [...namespaces, "/bin/sh", "-c", enter, "sh", line], { env });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const without = network ? "" : " (without a network)";
  if (show)
    appendFileSync(
      TRANSCRIPT,
      `$ ${line}${without}\n${result.output.trimEnd()}\n# ${seconds} s, exit code ${result.code}\n\n`,
    );
  if ((result.code !== 0) !== fails)
    throw new SetupError(`On the bare machine "${line}"${without} ended with ${result.code}:\n${result.output}`);
  return result;
}
