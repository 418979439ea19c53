import { serveOne, type Channel } from "../batch-size/in-process.js";
import { measure } from "./measure.js";
import { MeasureRequest, type MeasureEvent } from "./measure-request.js";

/** Waits for one request, answers with what is measured, and ends. */
export const serve = (channel: Channel<MeasureEvent> = process): Promise<void> =>
  serveOne<MeasureEvent>(channel, async (request, emit) => measure(MeasureRequest.parse(request), emit));
