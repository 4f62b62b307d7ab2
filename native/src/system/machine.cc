// SPDX-License-Identifier: Apache-2.0
// Reads the machine's limits: sysconf and the scheduler's mask, then control groups (version 2, then 1) on Linux.
#include "system/machine.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <thread>

#ifdef _WIN32
#include <windows.h>
#else
#include <unistd.h>
#endif
#ifdef __linux__
#include <sched.h>
#endif

namespace nabla {
namespace {

// The first two whitespace-separated numbers of a file; `max` or a missing file gives -1.
struct Pair {
  long long first = -1, second = -1;
};
Pair read_numbers(const char* path) {
  Pair numbers;
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) return numbers;
  char line[128] = "";
  if (std::fgets(line, sizeof line, file) != nullptr && std::strncmp(line, "max", 3) != 0)
    std::sscanf(line, "%lld %lld", &numbers.first, &numbers.second);
  std::fclose(file);
  return numbers;
}

}  // namespace

size_t system_memory() {
#ifdef _WIN32
  MEMORYSTATUSEX status;
  status.dwLength = sizeof status;
  GlobalMemoryStatusEx(&status);
  return static_cast<size_t>(status.ullTotalPhys);
#else
  size_t total = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    const long long limit = read_numbers(path).first;
    if (limit > 0 && static_cast<unsigned long long>(limit) < total) total = static_cast<size_t>(limit);
  }
  return total;
#endif
}

int system_processors() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) count = CPU_COUNT(&allowed);
  const Pair quota = read_numbers("/sys/fs/cgroup/cpu.max");
  if (quota.first > 0 && quota.second > 0) {
    const long long processors = (quota.first + quota.second - 1) / quota.second;
    if (processors < count) count = static_cast<int>(processors);
  }
#endif
  return count < 1 ? 1 : count;
}

}  // namespace nabla
