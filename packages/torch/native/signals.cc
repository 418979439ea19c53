#include <atomic>
#include <csignal>
#include <ctime>
#include <string>

#include "convert.h"
#include "guard.h"
#include "session.h"

namespace trainer {
namespace {
/** Time between two signals, in milliseconds of a clock that may be read in a handler; 0 before the first. */
std::atomic<int64_t> first{0};
std::atomic<int64_t> echo{0};
struct sigaction heard[NSIG];

int64_t now() {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/**
 * The first is for who listens. What comes within the time of its echo is the same request, sent to the process and to
 * its group, say. A later one does what the system has it do, once this handler, which holds it back, has returned.
 */
void onSignal(int number) {
  int64_t none = 0;
  if (first.compare_exchange_strong(none, now())) return heard[number].sa_handler(number);
  if (now() - first < echo) return;
  signal(number, SIG_DFL);
  raise(number);
}

/**
 * hearOnce(number, echoMs): existing handlers of the signal run once more; then it has the system's default effect, but
 * for echoes of the first that such a handler has handled.
 */
napi_value hearOnce(Session& session, napi_value* argv, size_t argc) {
  const int64_t number = argc > 0 ? toInt(session.env, argv[0]) : 0;
  struct sigaction action;
  if (number >= NSIG || sigaction(static_cast<int>(number), nullptr, &action) != 0) {
    throw Refusal("ARGUMENT", "there is no signal " + std::to_string(number));
  }
  first = 0;
  echo = argc > 1 ? toInt(session.env, argv[1]) : 0;
  if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN && action.sa_handler != onSignal) {
    heard[number] = action;
    action.sa_handler = onSignal;
    sigaction(static_cast<int>(number), &action, nullptr);
  }
  return undefinedValue(session.env);
}
}  // namespace

void defineSignals(Session& session, napi_value exports) { define(session, exports, "hearOnce", hearOnce); }
}  // namespace trainer
