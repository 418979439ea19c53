export { DataBankClient, type DataBankClientOptions, type Progress, type TransferOptions } from "./data-bank/client.js";
export { ServiceError } from "./service-error.js";
