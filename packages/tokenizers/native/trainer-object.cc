#include "trainer-object.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <memory>

#include "arguments.h"
#include "array-from.h"
#include "bpe-train.h"
#include "encoder-settings.h"
#include "guarded.h"
#include "task.h"
#include "word-counter.h"

namespace tok {

namespace {

struct Job {
  Job(unsigned threads, Pattern pattern, bool nfc) : counter(threads, pattern, nfc) {}
  WordCounter counter;
  std::atomic<uint64_t> merged{0};
  Trained trained;
};

/** Memory that many threads have freed in small parts stays with the process unless it is returned. */
void giveBackMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

TrainSettings settingsFrom(const Napi::Object& options) {
  TrainSettings settings;
  settings.vocabSize = options.Get("vocabSize").ToNumber().Uint32Value();
  settings.minFrequency = std::max<int64_t>(options.Get("minFrequency").ToNumber().Int64Value(), 0);
  settings.tokens = stringsFrom(options.Get("tokens"));
  const auto spelled = uint32sFrom(options.Get("spelled"));
  settings.canBeMerged.assign(spelled.begin(), spelled.end());
  const auto byteIds = uint32sFrom(options.Get("byteIds"));
  if (const Napi::Value base = options.Get("base"); base.IsObject()) {
    settings.base = modelFrom(base.As<Napi::Object>());
  }
  settings.ofTokens = options.Get("ofTokens").ToBoolean();
  if (const Napi::Value most = options.Get("mostChars"); most.IsNumber()) {
    settings.mostChars = most.ToNumber().Uint32Value();
  }
  if (const Napi::Value mark = options.Get("mark"); mark.IsString()) settings.mark = mark.ToString();
  bool fits = settings.canBeMerged.size() == settings.tokens.size() && (settings.ofTokens || byteIds.size() == 256);
  for (size_t i = 0; fits && !settings.ofTokens && i < 256; i++) {
    settings.byteIds[i] = byteIds[i];
    fits = byteIds[i] < settings.tokens.size();
  }
  if (!fits) throw Napi::RangeError::New(options.Env(), "each of the 256 bytes needs a token");
  return settings;
}

/** Runs on a pool thread between JavaScript calls, so it keeps the job alive by itself. */
class TrainerObject : public GuardedObject<TrainerObject> {
 public:
  explicit TrainerObject(const Napi::CallbackInfo& info)
      : GuardedObject(info), job_(guarded(info.Env(), [&] {
          return std::make_shared<Job>(threadsFrom(info[0]), patternFrom(info[1]), info[2].ToBoolean());
        })) {}

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Trainer",
        {method<&TrainerObject::countFiles>("countFiles"), method<&TrainerObject::countDocuments>("countDocuments"),
         method<&TrainerObject::countTokens>("countTokens"), method<&TrainerObject::merge>("merge"),
         method<&TrainerObject::progress>("progress"), InstanceMethod<&TrainerObject::cancel>("cancel")});
  }

 private:
  Napi::Value countFiles(const Napi::CallbackInfo& info) {
    const std::vector<std::string> paths = pathsFrom(info[0]);
    const bool byLine = info[1].ToBoolean();
    return Task::run(
        info.Env(), [job = job_, paths, byLine] { job->counter.countFiles(paths, byLine); },
        [](Napi::Env env) { return env.Undefined(); });
  }

  Napi::Value countDocuments(const Napi::CallbackInfo& info) {
    auto documents = std::make_shared<Documents>(documentsFrom(info, 0, 1));
    return Task::run(
        info.Env(), [job = job_, documents] { job->counter.countDocuments(*documents); },
        [](Napi::Env env) { return env.Undefined(); });
  }

  Napi::Value countTokens(const Napi::CallbackInfo& info) {
    auto ids = std::make_shared<const std::vector<uint32_t>>(uint32sFrom(info[0]));
    auto counts = std::make_shared<const std::vector<uint32_t>>(uint32sFrom(info[1]));
    auto sides = std::make_shared<const std::vector<Sides>>(uint32sFrom(info[2]));
    const uint64_t bytes = std::max<int64_t>(info[3].ToNumber().Int64Value(), 0);
    return Task::run(
        info.Env(), [job = job_, ids, counts, sides, bytes] { job->counter.countTokens(*ids, *counts, *sides, bytes); },
        [](Napi::Env env) { return env.Undefined(); });
  }

  Napi::Value merge(const Napi::CallbackInfo& info) {
    auto settings = std::make_shared<TrainSettings>(settingsFrom(info[0].As<Napi::Object>()));
    return Task::run(
        info.Env(),
        [job = job_, settings] {
          job->trained = trainMerges(job->counter.take(), *settings, job->merged, job->counter.cancelled);
          giveBackMemory();
        },
        [job = job_](Napi::Env env) {
          std::vector<uint32_t> triples;
          triples.reserve(job->trained.merges.size() * 3);
          for (const Merge& merge : job->trained.merges) {
            triples.insert(triples.end(), {merge.left, merge.right, merge.result});
          }
          return arrayFrom<uint32_t>(env, triples);
        });
  }

  Napi::Value progress(const Napi::CallbackInfo& info) {
    auto out = Napi::Object::New(info.Env());
    out.Set("bytes", static_cast<double>(job_->counter.bytes.load()));
    out.Set("merges", static_cast<double>(job_->merged.load()));
    return out;
  }

  void cancel(const Napi::CallbackInfo&) { job_->counter.cancelled = true; }

  std::shared_ptr<Job> job_;
};

}  // namespace

Napi::Function defineTrainer(Napi::Env env) { return TrainerObject::define(env); }

}  // namespace tok
