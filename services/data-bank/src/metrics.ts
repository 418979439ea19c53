import { diskSpace } from "@trainer/platform";
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

  /** @param folder whose disk fills with files; null where they are elsewhere */
  constructor(folder: string | null) {
    super("data_bank");
    if (folder === null) return;
    const disk = new Gauge({
      name: "data_bank_disk_bytes",
      help: "The disk of the files: its size, and what is free for the service",
      labelNames: ["state"],
      registers: [this.registry],
      async collect() {
        const { totalBytes, freeBytes } = await diskSpace(folder);
        disk.set({ state: "total" }, totalBytes);
        disk.set({ state: "free" }, freeBytes);
      },
    });
  }
}
