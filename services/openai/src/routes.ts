import type { FastifyInstance, FastifyRequest } from "fastify";
import { answerFailure, OpenAiError } from "./errors.js";
import { Room } from "./room.js";
import { chatCompletionRoutes } from "./routes/chat-completions.js";
import { completionRoutes } from "./routes/completions.js";
import { modelRoutes } from "./routes/models.js";
import { tokenRoutes } from "./routes/tokens.js";
import type { Models } from "./served-model.js";

export interface OpenAiRoutes {
  readonly models: Models;
  /** Throws for who is not let in. */
  readonly letIn: (req: FastifyRequest) => Promise<void>;
  /** True where a key is wanted: pages of any site may then ask, for who knows it has it from the owner. */
  readonly isKeyed: boolean;
  /** Maps errors of libraries. */
  readonly explained?: (error: unknown) => unknown;
}

/** The most texts that are written at a time. */
const MOST_TEXTS = 512;

/** What OpenAI's clients ask, in a scope of its own of `app`. */
export function openAiRoutes(app: FastifyInstance, options: OpenAiRoutes): void {
  const { models, letIn, isKeyed, explained = (error) => error } = options;
  const room = new Room(MOST_TEXTS);
  void app.register(async (scope) => {
    scope.setErrorHandler((error, req, reply) => answerFailure(explained(error), req, reply));
    scope.setValidatorCompiler(() => (value: unknown) => ({ value })); // what is wrong with it is told in OpenAI's words
    scope.setSerializerCompiler(() => (answer: unknown) => JSON.stringify(answer));
    if (isKeyed) letPagesAsk(scope, app);
    scope.addHook("onRequest", letIn);
    tokenRoutes(scope, models);
    void scope.register(
      async (v1) => {
        v1.setNotFoundHandler(async (req) => {
          throw new OpenAiError(404, `there is no ${req.method} ${req.url} here`, { code: "unknown_url" });
        });
        modelRoutes(v1, models);
        completionRoutes(v1, models, room);
        chatCompletionRoutes(v1, models, room);
      },
      { prefix: "/v1" },
    );
  });
}

const PREFLIGHT = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, x-api-key",
  "access-control-max-age": "86400",
};

/** A browser asks for leave first, without the key. */
function letPagesAsk(scope: FastifyInstance, app: FastifyInstance): void {
  scope.addHook("onRequest", async (_, reply) => void reply.header("access-control-allow-origin", "*"));
  scope.addHook("onRoute", ({ url }) => {
    app.options(url, async (_, reply) => reply.code(204).headers(PREFLIGHT).send());
  });
}
