// The file service in a process of its own: prints where it listens; on stdin's end, what memory it took.
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { peakBytes, residentBytes } from "./memory.js";

const libraryBytes = residentBytes();
const [, , root = ""] = process.argv;
const bank = await startDataBank(dataBankConfig({ PORT: "0", MIN_FREE_GB: "0", LOG_LEVEL: "fatal", DATA_ROOT: root }));
process.stdout.write(`${JSON.stringify({ url: bank.url })}\n`);
process.stdin.resume().once("end", () => {
  process.stdout.write(`${JSON.stringify({ peakBytes: peakBytes(), libraryBytes })}\n`);
  process.exit();
});
