#include <sys/types.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <chrono>
#include <csignal>
#include <thread>

#include "convert.h"
#include "guard.h"
#include "session.h"

namespace trainer {
namespace {
constexpr auto kLook = std::chrono::milliseconds(250);

/**
 * dieWithParent(pid): once this process is no longer the child of that one, it is killed. Linux does it by itself and
 * at once, though only for the thread that began us; the look at who our parent is holds everywhere, and for a parent
 * that had gone before we could ask. Neither needs the event loop, which a step may keep busy.
 */
napi_value dieWithParent(Session& session, napi_value* argv, size_t argc) {
  const auto parent = static_cast<pid_t>(argc > 0 ? toInt(session.env, argv[0]) : 0);
  if (parent < 1) throw Refusal("ARGUMENT", "expected the process id of the parent");
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  std::thread([parent] {
    while (getppid() == parent) std::this_thread::sleep_for(kLook);
    kill(getpid(), SIGKILL);
  }).detach();
  return undefinedValue(session.env);
}
}  // namespace

void defineParent(Session& session, napi_value exports) { define(session, exports, "dieWithParent", dieWithParent); }
}  // namespace trainer
