// SPDX-License-Identifier: Apache-2.0
// The detector: what is known of every byte that kernels touch, and the rules of races.h.
#include "races.h"

#include <link.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cuda_runtime.h"
#include "race_report.h"

namespace emulated_cuda::races {
namespace {

constexpr unsigned kWarp = 32, kMostThreads = 1024;
constexpr size_t kMostReports = 5;  // of a launch

// ---- who does what, and when ----

// What one thread does between two barriers has one moment.
struct Moment {
  unsigned block, thread;
  uint64_t round, warp_round;  // the barriers that it has passed
};

// An access: a moment by its number, of which every launch has larger ones than those before it, and the code.
struct Access {
  uint32_t moment = 0;
  uint32_t copies : 1, atomic : 1, code : 30;
  Access() : copies(0), atomic(0), code(0) {}
};

std::vector<Moment> moments;                 // of this launch
uint32_t first_moment = 1;                   // the number of moments[0]
uint32_t moment_of[kMostThreads];            // each thread's
uint32_t own = 0;                            // that of the thread that runs
uintptr_t stack_begin = 0, stack_bytes = 0;  // its
uintptr_t kernel = 0;                        // of this launch
uintptr_t dynamic_shared_at = 0, dynamic_shared_bytes = 0;

void stand_at(const Moment& moment) {
  moments.push_back(moment);
  own = first_moment + static_cast<uint32_t>(moments.size()) - 1;
  moment_of[moment.thread] = own;
}

const Moment& moment(uint32_t number) { return moments[number - first_moment]; }

// ---- the module: where its code begins, and its variables, among which those of shared memory are ----

struct Place {
  std::string path;
  uintptr_t base = 0, variables = 0, bytes = 0;
};

int find_module(dl_phdr_info* info, size_t, void* data) {
  const auto inside = reinterpret_cast<uintptr_t>(&own);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& part = info->dlpi_phdr[i];
    const uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    if (part.p_type != PT_LOAD || inside - begin >= part.p_memsz) continue;
    Place& place = *static_cast<Place*>(data);
    place.path =
        info->dlpi_name[0] != '\0' ? info->dlpi_name : std::filesystem::read_symlink("/proc/self/exe").string();
    place.base = info->dlpi_addr;
    place.variables = begin;
    place.bytes = part.p_memsz;
    return 1;
  }
  return 0;
}

const Place& module() {
  static const Place place = [] {
    Place found;
    dl_iterate_phdr(find_module, &found);
    return found;
  }();
  return place;
}

// ---- what is known of memory ----

struct Byte {
  Access write, read, other;  // other: an earlier read, of who is far from the last reader
};
static_assert(sizeof(Byte) == 24, "compared as bytes");

constexpr uintptr_t kPageBytes = 1024;
struct Page {
  Byte bytes[kPageBytes];
};
constexpr size_t kMostPages = 1 << 15;  // kept after a launch
std::unordered_map<uintptr_t, std::unique_ptr<Page>> pages;
constexpr uintptr_t kRecent = 1024;
struct {
  uintptr_t number = 0;
  Page* page = nullptr;
} recent[kRecent];

Page& page_of(uintptr_t number) {
  auto& entry = recent[number % kRecent];
  if (entry.page == nullptr || entry.number != number) {
    std::unique_ptr<Page>& page = pages[number];
    if (page == nullptr) page = std::make_unique<Page>();
    entry.number = number;
    entry.page = page.get();
  }
  return *entry.page;
}

void forget() {
  pages.clear();
  for (auto& entry : recent) entry.page = nullptr;
  first_moment = 1;
}

// ---- the rules ----

// Whose access the other one is, as the thread that runs sees it.
enum Distance { kBefore, kLane, kWarpOfBlock, kBlock };  // kBefore: nobody's with whom it could race

Distance distance(const Access& access, bool shared) {
  if (access.moment < first_moment || access.moment == own) return kBefore;
  const Moment &other = moment(access.moment), &mine = moment(own);
  if (other.block != mine.block) return shared ? kBefore : kBlock;
  if (other.thread == mine.thread || other.round != mine.round) return kBefore;
  if (other.thread / kWarp != mine.thread / kWarp) return kWarpOfBlock;
  return other.warp_round == mine.warp_round ? kLane : kBefore;
}

// Whether `access` is a copy on its way here.
bool comes(const Access& access, bool shared) {
  return access.copies && access.moment >= first_moment &&
         !(shared && moment(access.moment).block != moment(own).block);
}

std::vector<Race> found;                               // in this launch
std::set<std::pair<uintptr_t, uintptr_t>> known_code;  // where races were found, in the whole run

void add_race(const Access& first, bool first_writes, const Access& second, bool second_writes, uintptr_t at,
              bool shared) {
  if (found.size() == kMostReports) return;
  if (!known_code.emplace(std::minmax<uintptr_t>(first.code, second.code)).second) return;
  const auto side = [](const Access& access, bool writes) {
    const Moment& of = moment(access.moment);
    return Race::Side{of.block, of.thread, writes, access.copies != 0, access.code};
  };
  const uintptr_t byte = at - dynamic_shared_at;
  const bool dynamic = byte < dynamic_shared_bytes;
  found.push_back({kernel,
                   dynamic  ? "dynamic shared memory, byte"
                   : shared ? "a shared variable, at the module's"
                            : "global memory, at",
                   dynamic  ? byte
                   : shared ? at - module().base
                            : at,
                   side(first, first_writes), side(second, second_writes)});
}

void read_byte(Byte& byte, const Access& access, uintptr_t at, bool shared) {
  const Access& write = byte.write;
  const bool both_atomic = write.atomic && access.atomic;
  if ((distance(write, shared) != kBefore && !both_atomic) || comes(write, shared))
    add_race(write, true, access, false, at, shared);
  if (byte.read.moment == own) return;
  const Distance last = distance(byte.read, shared);
  if (last != kBefore && last >= distance(byte.other, shared)) byte.other = byte.read;
  byte.read = access;
}

void write_byte(Byte& byte, const Access& access, uintptr_t at, bool shared) {
  const Access& write = byte.write;
  const bool both_atomic = write.atomic && access.atomic;
  if ((distance(write, shared) != kBefore && !both_atomic) || comes(write, shared))
    add_race(write, true, access, true, at, shared);
  for (const Access& read : {byte.read, byte.other})
    if (distance(read, shared) != kBefore) add_race(read, false, access, true, at, shared);
  byte.write = access;
  byte.read = byte.other = Access();
}

void end_copy_of_byte(Byte& byte, const Access& access, uintptr_t, bool) {
  const uint32_t code = byte.write.code;
  byte.write = access;
  byte.write.code = code;
}

// A kernel's own variables are on the stack of the fiber that runs; on others run the host's functions.
bool is_own(uintptr_t at) { return at - stack_begin < stack_bytes; }

// Applies a rule to the bytes of an access of the thread that runs. Neighbours of which the same is known share it.
template <class Rule>
inline void look(const void* where, size_t bytes, const void* code, bool copies, bool atomic, const Rule& rule) {
  const auto at = reinterpret_cast<uintptr_t>(where);
  if (!is_own(reinterpret_cast<uintptr_t>(__builtin_frame_address(0))) || is_own(at)) return;
  if (at - reinterpret_cast<uintptr_t>(&current) < sizeof current) return;
  const bool shared = at - module().variables < module().bytes;
  Access access;
  access.moment = own;
  access.copies = copies;
  access.atomic = atomic;
  // The address behind a call is that of its next line.
  access.code = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(code) - 1 - module().base) & 0x3fffffff;
  Byte before, after;
  for (size_t i = 0; i < bytes; ++i) {
    Byte& byte = page_of((at + i) / kPageBytes).bytes[(at + i) % kPageBytes];
    if (i == 0 || std::memcmp(&byte, &before, sizeof byte) != 0) {
      before = byte;
      rule(byte, access, at + i, shared);
      after = byte;
    } else {
      byte = after;
    }
  }
}

}  // namespace

void begin_launch(const void* function, const void* dynamic_shared, size_t bytes) {
  kernel = reinterpret_cast<uintptr_t>(function) - module().base;
  dynamic_shared_at = reinterpret_cast<uintptr_t>(dynamic_shared);
  dynamic_shared_bytes = bytes;
  constexpr uint32_t kManyMoments = 1u << 31;
  first_moment += static_cast<uint32_t>(moments.size());
  moments.clear();
  if (pages.size() > kMostPages || first_moment > kManyMoments) forget();
}

void end_launch() {
  stack_bytes = 0;
  for (const Race& race : found) {
    if (listener != nullptr)
      listener(race);
    else
      report({module().path.c_str(), module().base}, race);
  }
  found.clear();
}

void begin_thread(unsigned block, unsigned thread) { stand_at({block, thread, 0, 0}); }

void resume_thread(unsigned thread, const void* stack, size_t bytes) {
  own = moment_of[thread];
  stack_begin = reinterpret_cast<uintptr_t>(stack);
  stack_bytes = bytes;
}

void pass_barrier(uint64_t round) {
  Moment next = moment(own);
  next.round = round;
  stand_at(next);
}

void pass_warp_barrier(uint64_t round) {
  Moment next = moment(own);
  next.warp_round = round;
  stand_at(next);
}

void read(const void* at, size_t bytes, const void* code) { look(at, bytes, code, false, false, read_byte); }
void write(const void* at, size_t bytes, const void* code) { look(at, bytes, code, false, false, write_byte); }
void update_atomically(const void* at, size_t bytes, const void* code) {
  look(at, bytes, code, false, true, write_byte);
}
void begin_copy(const void* to, size_t bytes, const void* code) { look(to, bytes, code, true, false, write_byte); }
void end_copy(const void* to, size_t bytes) { look(to, bytes, nullptr, false, false, end_copy_of_byte); }

}  // namespace emulated_cuda::races
