#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "kernel.h"

// What is compiled or measured once a machine and kept in the user's cache folder.

namespace trainer::cuda {

namespace {

constexpr size_t kDigest = 32;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool makeFolders(const std::string& path) {
  for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1))
    mkdir(path.substr(0, at).c_str(), 0755);
  mkdir(path.c_str(), 0755);
  return access(path.c_str(), W_OK) == 0;
}

uint64_t fnv(const std::string& text, uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ull;
  return hash;
}

}  // namespace

std::string cacheFolder(const std::string& name) {
  std::string base = environment("TRAINER_CACHE");
  if (base.empty()) {
    const std::string cache = environment("XDG_CACHE_HOME"), home = environment("HOME");
    if (cache.empty() && home.empty()) return "";
    base = (cache.empty() ? home + "/.cache" : cache) + "/model-trainer";
  }
  const std::string folder = base + "/" + name;
  return makeFolders(folder) ? folder : "";
}

std::string digest(const std::string& text) {
  char hex[33];
  snprintf(hex, sizeof(hex), "%016llx%016llx", static_cast<unsigned long long>(fnv(text, 0xcbf29ce484222325ull)),
           static_cast<unsigned long long>(fnv(text, 0x9ae16a3b2f90404full)));
  return hex;
}

std::string readKept(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (all.size() <= kDigest) return "";
  const std::string bytes = all.substr(kDigest);
  if (digest(bytes) == all.substr(0, kDigest)) return bytes;
  unlink(path.c_str());
  return "";
}

void keepOnDisk(const std::string& path, const std::string& bytes) {
  static std::atomic<int> count{0};
  const std::string beside = path + "." + std::to_string(getpid()) + "." + std::to_string(count++) + ".tmp";
  std::ofstream file(beside, std::ios::binary);
  file << digest(bytes) << bytes;
  file.close();
  if (file.good()) link(beside.c_str(), path.c_str());
  unlink(beside.c_str());
}

}  // namespace trainer::cuda
