import { HttpMetrics } from "@trainer/platform/http";
import { Counter, Gauge } from "prom-client";

/** Metrics of the file service. */
export class Metrics extends HttpMetrics {
  readonly uploads = new Gauge({
    name: "data_bank_uploads_in_progress",
    help: "Uploads that are being received",
    registers: [this.registry],
  });
  readonly receivedBytes = new Counter({
    name: "data_bank_received_bytes_total",
    help: "Bytes of files that were taken in whole",
    registers: [this.registry],
  });
  readonly sentBytes = new Counter({
    name: "data_bank_sent_bytes_total",
    help: "Bytes of files that were read to be sent",
    registers: [this.registry],
  });

  constructor() {
    super("data_bank");
  }
}
