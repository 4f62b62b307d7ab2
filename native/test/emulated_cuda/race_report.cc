// SPDX-License-Identifier: Apache-2.0
// Writes reports: finds functions and lines of the source by addr2line.
#include "race_report.h"

#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace emulated_cuda::races {

void (*listener)(const Race& race) = nullptr;

namespace {

// What addr2line says of code: functions and lines, from the innermost function that was inlined to the outermost.
std::string lines_of(const Module& module, uintptr_t code, const char* options) {
  char command[4096];
  std::snprintf(command, sizeof command, "addr2line %s -e '%s' 0x%" PRIxPTR " 2>/dev/null", options, module.path, code);
  std::string said;
  if (FILE* const pipe = popen(command, "r")) {
    char part[1024];
    while (std::fgets(part, sizeof part, pipe) != nullptr) said += part;
    pclose(pipe);
  }
  return said;
}

// Lines without their folders, the innermost first: "flash.cuh:91 < flash_attention.cu:130".
std::string place_of(const Module& module, uintptr_t code) {
  const std::string said = lines_of(module, code, "-i");
  std::string place;
  for (size_t begin = 0; begin < said.size();) {
    const size_t end = said.find('\n', begin);
    const std::string line = said.substr(begin, end - begin);
    const std::string name = line.substr(line.rfind('/') + 1);
    place += (place.empty() ? "" : " < ") + name.substr(0, name.find(' '));
    begin = end == std::string::npos ? said.size() : end + 1;
  }
  char number[64];
  std::snprintf(number, sizeof number, "%s+0x%" PRIxPTR, module.path, code);
  return place.empty() || place[0] == '?' ? number : place;
}

std::string kernel_of(const Module& module, uintptr_t code) {
  const std::string said = lines_of(module, code, "-f -C");
  return said.empty() || said[0] == '?' ? place_of(module, code) : said.substr(0, said.find('\n'));
}

void tell(const Module& module, const Race::Side& side) {
  std::fprintf(stderr, "  block %u, thread %u %s at %s\n", side.block, side.thread,
               side.copies   ? "copies in the background"
               : side.writes ? "writes"
                             : "reads",
               place_of(module, side.code).c_str());
}

[[noreturn]] void fail() {
  std::fflush(nullptr);
  _exit(kExitStatus);
}

}  // namespace

void report(const Module& module, const Race& race) {
  static const int registered = std::atexit(fail);
  (void)registered;
  std::fprintf(stderr, "race in %s, %s 0x%" PRIxPTR ":\n", kernel_of(module, race.kernel).c_str(), race.memory,
               race.address);
  tell(module, race.first);
  tell(module, race.second);
}

}  // namespace emulated_cuda::races
