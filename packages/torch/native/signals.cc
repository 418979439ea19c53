#include <csignal>
#include <string>

#include "convert.h"
#include "guard.h"
#include "session.h"

namespace {
// hearOnce(number): a handler that the signal has hears it once more; then the signal does what the system has it do.
napi_value hearOnce(Session& session, napi_value* argv, size_t argc) {
  const int64_t number = argc > 0 ? toInt(session.env, argv[0]) : 0;
  struct sigaction action;
  if (sigaction(static_cast<int>(number), nullptr, &action) != 0) {
    throw Refusal("ARGUMENT", "there is no signal " + std::to_string(number));
  }
  if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) {
    action.sa_flags |= SA_RESETHAND;
    sigaction(static_cast<int>(number), &action, nullptr);
  }
  return undefinedValue(session.env);
}
}  // namespace

void defineSignals(Session& session, napi_value exports) { define(session, exports, "hearOnce", hearOnce); }
