import { EventEmitter, once } from "node:events";
import { ChildConfig, WorkerConfig, type WorkerInput } from "../src/config.js";
import { FromChild, type ToChild } from "../src/child/messages.js";
import { serve } from "../src/child/serve.js";

type Type = FromChild["type"];

/** The work of a child process in this one, driven as by its parent. */
export function startChild(input: WorkerInput, { tellEngine = false } = {}) {
  const line = new EventEmitter();
  const heard: FromChild[] = [];
  const parents: number[] = [];
  const news = new EventEmitter();
  const over = serve(
    {
      on: (event, listener) => line.on(event, listener),
      send(message) {
        heard.push(FromChild.parse(message));
        news.emit("heard");
      },
    },
    (pid) => parents.push(pid),
  );
  const say = (message: ToChild) => void line.emit("message", message);
  say({ type: "configure", config: ChildConfig.parse(WorkerConfig.parse(input)), parent: 4711, tellEngine });
  /** The first message of this type, once it has come. */
  async function until<T extends Type>(type: T): Promise<Extract<FromChild, { type: T }>> {
    const isOne = (message: FromChild): message is Extract<FromChild, { type: T }> => message.type === type;
    for (;;) {
      const found = heard.find(isOne);
      if (found !== undefined) return found;
      const failed = heard.find((message) => message.type === "failed");
      if (failed !== undefined) throw new Error(`the child failed: ${JSON.stringify(failed)}`);
      await once(news, "heard");
    }
  }
  return {
    heard,
    parents,
    over,
    say,
    until,
    /** All that is heard of a training that is sent off and cleaned away once it is done. */
    async toEnd(): Promise<readonly FromChild[]> {
      await until("trained");
      say({ type: "send" });
      await until("sent");
      say({ type: "clean" });
      await until("done");
      await over;
      return heard;
    },
  };
}
