import { serveOne, type Channel } from "../batch-size/in-process.js";
import { Failure, TrainingError } from "../errors.js";
import { measure } from "./measure.js";
import { MeasureRequest, type MeasureEvent } from "./measure-request.js";

/** Waits for one request, answers with what is measured, and ends. */
export const serve = (channel: Channel<MeasureEvent> = process): Promise<void> =>
  serveOne(channel, async (request, emit) => {
    try {
      await measure(MeasureRequest.parse(request), emit);
    } catch (error) {
      emit({ type: "failed", failure: Failure.parse(TrainingError.from(error)) });
    }
  });
