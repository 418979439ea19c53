import { expect, test } from "vitest";
import { withoutSecrets } from "./without-secrets.js";

test.each([
  "SECURITY__API_KEY",
  "TRAINER_API_KEY",
  "APP__DATA_BANK_API_KEY",
  "API_UPLOAD_KEYS",
  "DISCORD_TOKEN",
  "HF_TOKEN",
  "AWS_SECRET_ACCESS_KEY",
  "PGPASSWORD",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "npm_config__authToken",
  "STORE_OPTIONS",
  "REDIS_URL",
  "REDIS__URL",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
])("%s is a secret", (name) => {
  expect(withoutSecrets({ [name]: "x" })).toEqual({});
});

test("what is none stays, also where its name begins as one's does", () => {
  const env = {
    PATH: "/bin",
    APP__TOKENIZER_SAMPLE_MAX_LINES: "5",
    API__WRONG_KEYS_PER_MINUTE: "7",
    REDIS__ENABLED: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
    HTTPS_PROXY: "http://proxy:3128/@",
    UNSET: undefined,
  };
  expect(withoutSecrets(env)).toEqual(env);
});

test("an address with a password is a secret under any name", () => {
  expect(withoutSecrets({ HTTPS_PROXY: "http://jane:pw@proxy:3128", CACHE: "redis://:pw@cache:1/0" })).toEqual({});
});
