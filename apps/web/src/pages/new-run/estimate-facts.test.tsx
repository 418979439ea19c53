// @vitest-environment happy-dom
import { render, screen, waitFor } from "@testing-library/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { newQueryClient } from "../../api/query-client.js";
import { answering, refusal, type Answer, type Request } from "../../testing/answers.js";
import { eventStream } from "../../testing/event-stream.js";
import "../../testing/page.js"; // cleans up after each test
import { weighed } from "./estimate.js";
import { EstimateFacts } from "./estimate-facts.js";

const TOLD = {
  status: "completed",
  request_id: "e1",
  parameters: 4_273_664,
  trainable_parameters: 4_273_664,
  tokens: 282_256,
  steps: 69,
  memory_bytes: 700 * 2 ** 20,
  available_bytes: 8 * 2 ** 30,
  seconds: 724,
  device: "cpu",
  precision: "fp32",
  threads: 2,
  sampled: false,
  busy: false,
  reasons: {},
};
/** The events of a question whose answer is there. */
const told = (changes: object = {}) => {
  const result = JSON.stringify({ ...TOLD, ...changes });
  const queued = JSON.stringify({ status: "queued", request_id: "e1" });
  return new Response(`event: accepted\ndata: ${queued}\n\nevent: result\ndata: ${result}\n\n`);
};

function show(answer: (request: Request) => Answer, request = '{"batch_size":8}') {
  const asked = answering({ "POST /runs/estimate": answer, "GET /estimates/e1": () => TOLD });
  const client = newQueryClient();
  const of = (each: string) => (
    <QueryClientProvider client={client}>
      <EstimateFacts request={each} />
    </QueryClientProvider>
  );
  const { rerender, unmount } = render(of(request));
  return { asked, unmount, change: (each: string) => rerender(of(each)) };
}
const fact = (name: string) => screen.getByText(name).nextElementSibling?.textContent;
const measuring = () => screen.queryByText("Measuring size, memory and time …");

test("a training is measured, and shown with its units", async () => {
  const { asked } = show(() => told());
  expect(measuring()).toBeVisible();
  await waitFor(() => expect(fact("Parameters")).toBe("4,273,664"));
  expect(asked.map(({ body }) => body)).toEqual([{ batch_size: 8 }]);
  expect(fact("Tokens in the text")).toBe("282,256");
  expect(fact("Steps")).toBe("69");
  expect(fact("Memory")).toBe("about 700 MiB of 8.0 GiB");
  expect(fact("Time to the end")).toBe("about 12 min");
  expect(screen.getByText(/learns nothing more ends sooner/)).toBeVisible();
  expect(screen.queryByText(/kept the machine busy/)).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("what was told of other settings is never shown for these, and a question left behind is given up", async () => {
  const streams: ReturnType<typeof eventStream>[] = [];
  const { asked, change, unmount } = show(({ body, signal }) => {
    if (JSON.stringify(body) === '{"batch_size":8}') return told();
    const stream = eventStream(signal);
    streams.push(stream);
    return stream.response;
  });
  await waitFor(() => expect(fact("Steps")).toBe("69"));
  change('{"batch_size":9}');
  expect(measuring()).toBeVisible();
  expect(screen.queryByText("69")).toBeNull();
  change('{"batch_size":91}');
  change('{"batch_size":9}');
  await waitFor(() => expect(asked).toHaveLength(2)); // once the settings rest
  expect(measuring()).toBeVisible();
  change('{"batch_size":10}');
  await waitFor(() => expect(asked).toHaveLength(3));
  expect(asked.map(({ signal }) => signal?.aborted)).toEqual([false, true, false]);
  change('{"batch_size":8}');
  await waitFor(() => expect(fact("Steps")).toBe("69"));
  change('{"batch_size":11}');
  await waitFor(() => expect(asked).toHaveLength(4));
  unmount();
  await waitFor(() => expect(asked[3]?.signal?.aborted).toBe(true));
});

test("more memory than there is is a warning, and an adapter, a GPU, a part of a text and a busy machine are told", async () => {
  show(() =>
    told({ memory_bytes: 9 * 2 ** 30, trainable_parameters: 1000, device: "cuda", sampled: true, busy: true }),
  );
  await waitFor(() => expect(fact("GPU memory")).toBe("about 9.0 GiB of 8.0 GiB"));
  expect(screen.getByRole("alert").textContent).toContain("more memory than there is");
  expect(fact("Parameters")).toBe("4,273,664, of which 1,000 are trained");
  expect(fact("Tokens in the text")).toBe("about 282,256");
  expect(fact("Steps")).toBe("about 69");
  expect(screen.getByText(/kept the machine busy/)).toBeVisible();
});

test("what is not known yet says why, each reason once", async () => {
  const why = "the batch size is looked for when the run begins";
  const none = { parameters: null, tokens: null, steps: null, memory_bytes: null, seconds: null, busy: true };
  show(() => told({ ...none, reasons: { steps: why, memory_bytes: why, seconds: why } }));
  await waitFor(() => expect(fact("Memory")).toBe("not known yet"));
  for (const name of ["Parameters", "Tokens in the text", "Steps", "Time to the end"])
    expect(fact(name)).toBe("not known yet");
  expect(screen.getAllByText(`Not known yet: ${why}.`)).toHaveLength(1);
  expect(screen.queryByText(/ends sooner|busy/)).toBeNull();
});

test("why it cannot be told is said, and it is measured on demand", async () => {
  let answer: () => Answer = () => refusal(400, "INVALID_INPUT", "batch_size must be >= 1");
  show(() => answer());
  expect(await screen.findByText("Batch_size must be >= 1.")).toBeVisible();
  answer = () => told();
  screen.getByRole("button", { name: "Try again" }).click();
  await waitFor(() => expect(fact("Steps")).toBe("69"));
});

test("where the stream breaks off, what was measured is looked for", async () => {
  const stream = eventStream();
  const { asked } = show(() => stream.response);
  stream.send("accepted", { status: "queued", request_id: "e1" });
  stream.end();
  await waitFor(() => expect(fact("Steps")).toBe("69"));
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /runs/estimate", "GET /estimates/e1"]);
});

test("settings that change neither size nor time measure nothing anew", () => {
  expect(weighed({ batch_size: 8, learning_rate: 0.1, beta1: 0.5 })).toBe('{"batch_size":8}');
});
