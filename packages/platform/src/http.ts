export const REQUEST_ID = "x-request-id";
