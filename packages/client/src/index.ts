export { ServiceError } from "./service-error.js";
