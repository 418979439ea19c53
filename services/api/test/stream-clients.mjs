// Clients of a run's stream, in a process of their own: `node stream-clients.mjs URL STREAMS LINES`. Sends "open" over
// IPC once all streams are open, and at their ends how many had every line once and in order, and the latency of lines.
import { Agent, get } from "node:http";

const [url, streams, lines] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
/** Connections that are made at a time: a listening socket takes a few hundred. */
const AT_A_TIME = 100;

/** Histogram of latencies in milliseconds. */
const delays = {};
let whole = 0;
const agent = new Agent({ keepAlive: false, maxSockets: Infinity });

/** Resolves once a stream is open, to what resolves at its end. */
const open = () =>
  new Promise((opened, failed) => {
    get(url, { agent }, (answer) => {
      let next = 0;
      let rest = "";
      answer.setEncoding("utf8").on("data", (text) => {
        const events = (rest + text).split("\n");
        rest = events.pop();
        for (const event of events) {
          if (!event.startsWith("data: ")) continue;
          const { n, at } = JSON.parse(event.slice("data: ".length));
          next = n === next ? n + 1 : NaN;
          const ms = Date.now() - at;
          delays[ms] = (delays[ms] ?? 0) + 1;
        }
      });
      const over = new Promise((ended) => answer.on("close", ended));
      answer.on("close", () => (whole += answer.complete && next === lines ? 1 : 0));
      opened({ over });
    }).on("error", failed);
  });

const ends = [];
for (let left = streams; left > 0; left -= AT_A_TIME) {
  ends.push(...(await Promise.all(Array.from({ length: Math.min(left, AT_A_TIME) }, open))));
}
process.send("open");
await Promise.all(ends.map(({ over }) => over));
process.send({ whole, delays }, () => process.disconnect());
