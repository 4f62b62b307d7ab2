// SPDX-License-Identifier: Apache-2.0
// The emulation: a fiber for each thread of a block, and host memory for the GPU's.
#undef _FORTIFY_SOURCE  // which takes a change of stacks for a mistake
#include "cuda_runtime.h"

#include <ucontext.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "races.h"

namespace emulated_cuda {

Thread current;

namespace {

constexpr size_t kStackBytes = 128 * 1024;
constexpr int kWarp = 32;
constexpr unsigned kMostThreads = 1024;
constexpr size_t kDynamicShared = 99 << 10;

// What begin_copy was asked for, by one thread and in one group.
struct Copy {
  void* shared;
  const void* global;
  size_t bytes, inside;
};
using Group = std::vector<Copy>;

struct Fiber {
  ucontext_t start;
  jmp_buf state;
  std::unique_ptr<char[]> stack;
  bool started = false, ended = true;
  Index thread;
  uint64_t given;                // to the last shuffle
  const void* shown;             // to the last collective instruction
  std::vector<Group> groups{1};  // of copies that have begun, the last one being open
};

// A meeting of threads: those who came wait until all who have not ended are there.
struct Meeting {
  int living = 0;  // who have not ended
  int arrived = 0;
  uint64_t round = 0;
};

std::vector<Fiber> fibers(kMostThreads);
jmp_buf scheduler;
unsigned running = 0, threads_of_block = 0;
Meeting block_meeting, warp_meetings[kMostThreads / kWarp];
void (*body)(void* data);
void* body_data;
std::mutex lock;  // one launch at a time, whichever thread of the process asks

[[noreturn]] void run_fiber() {
  for (;;) {
    body(body_data);
    Fiber& fiber = fibers[running];
    fiber.ended = true;
    block_meeting.living -= 1;
    warp_meetings[running / kWarp].living -= 1;
    if (_setjmp(fiber.state) == 0) _longjmp(scheduler, 1);
  }
}

// Lets the other threads run.
void change() {
  Fiber& fiber = fibers[running];
  if (_setjmp(fiber.state) == 0) _longjmp(scheduler, 1);
}

void meet(Meeting& meeting) {
  const uint64_t round = meeting.round;
  meeting.arrived += 1;
  while (meeting.round == round) {
    if (meeting.arrived >= meeting.living) {
      meeting.arrived = 0;
      meeting.round += 1;
      return;
    }
    change();
  }
}

void resume(unsigned i) {
  Fiber& fiber = fibers[i];
  running = i;
  current.thread = fiber.thread;
  if (fiber.stack == nullptr) fiber.stack.reset(new char[kStackBytes]);
  races::resume_thread(i, fiber.stack.get(), kStackBytes);
  if (_setjmp(scheduler) != 0) return;
  if (fiber.started) _longjmp(fiber.state, 1);
  fiber.started = true;
  getcontext(&fiber.start);
  fiber.start.uc_stack.ss_sp = fiber.stack.get();
  fiber.start.uc_stack.ss_size = kStackBytes;
  fiber.start.uc_link = nullptr;
  makecontext(&fiber.start, reinterpret_cast<void (*)()>(run_fiber), 0);
  setcontext(&fiber.start);
}

void run_block() {
  const unsigned block = (current.block.z * current.blocks.y + current.block.y) * current.blocks.x + current.block.x;
  unsigned i = 0;
  for (unsigned z = 0; z < current.threads.z; ++z)
    for (unsigned y = 0; y < current.threads.y; ++y)
      for (unsigned x = 0; x < current.threads.x; ++x, ++i) {
        fibers[i].thread = {x, y, z};
        fibers[i].ended = false;
        fibers[i].groups.assign(1, Group());
        block_meeting.living += 1;
        warp_meetings[i / kWarp].living += 1;
        races::begin_thread(block, i);
      }
  for (bool any = true; any;) {
    any = false;
    for (i = 0; i < threads_of_block; ++i) {
      if (fibers[i].ended) continue;
      resume(i);
      any = true;
    }
  }
}

}  // namespace

namespace {
std::map<const void*, size_t>& allowed_shared() {
  static std::map<const void*, size_t> allowed;
  return allowed;
}
std::mutex allowing;
}  // namespace

void allow_shared(const void* kernel, size_t bytes) {
  const std::lock_guard<std::mutex> guard(allowing);
  allowed_shared()[kernel] = bytes;
}

bool can_launch(const void* kernel, dim3 blocks, dim3 threads, size_t shared) {
  constexpr unsigned kMostOfOtherAxes = 65535;
  constexpr size_t kUnlessAllowed = 48 << 10;
  const size_t count = size_t{threads.x} * threads.y * threads.z;
  const bool fits = blocks.x <= INT32_MAX && blocks.y <= kMostOfOtherAxes && blocks.z <= kMostOfOtherAxes;
  if (count == 0 || count > kMostThreads || blocks.x * blocks.y * blocks.z == 0 || !fits) return false;
  if (shared <= kUnlessAllowed) return true;
  const std::lock_guard<std::mutex> guard(allowing);
  return shared <= allowed_shared()[kernel];
}

namespace {

// Beyond what a launch asked for, dynamic shared memory keeps these bytes; and a block finds it full of them, which is
// NaN in any type.
constexpr unsigned char kUntouched = 0xff;
constexpr size_t kFence = 1024;

void check_fence(const unsigned char* fence) {
  for (size_t i = 0; i < kFence; ++i) {
    if (fence[i] == kUntouched) continue;
    std::fprintf(stderr, "a block wrote dynamic shared memory %zu bytes beyond what its launch asked for\n", i);
    std::abort();
  }
}

}  // namespace

void run(const void* kernel, dim3 blocks, dim3 threads, size_t shared, void (*function)(void* data), void* data) {
  const std::lock_guard<std::mutex> guard(lock);
  auto* const dynamic = static_cast<unsigned char*>(dynamic_shared());
  races::begin_launch(kernel, dynamic_shared(), kDynamicShared);
  body = function;
  body_data = data;
  current.blocks = blocks;
  current.threads = threads;
  threads_of_block = threads.x * threads.y * threads.z;
  for (unsigned z = 0; z < blocks.z; ++z)
    for (unsigned y = 0; y < blocks.y; ++y)
      for (unsigned x = 0; x < blocks.x; ++x) {
        current.block = {x, y, z};
        std::memset(dynamic, kUntouched, shared + kFence);
        run_block();
        check_fence(dynamic + shared);
      }
  races::end_launch();
}

void wait_for_block() {
  meet(block_meeting);
  races::pass_barrier(block_meeting.round);
}

void wait_for_warp() {
  Meeting& meeting = warp_meetings[running / kWarp];
  meet(meeting);
  races::pass_warp_barrier(meeting.round);
}

uint64_t shuffle(uint64_t value, int distance) {
  const unsigned lane = running;
  Meeting& meeting = warp_meetings[lane / kWarp];
  fibers[lane].given = value;
  meet(meeting);
  const uint64_t taken = fibers[lane ^ static_cast<unsigned>(distance)].given;
  meet(meeting);  // before anyone gives again
  return taken;
}

void update_atomically(const void* at, size_t bytes) {
  races::update_atomically(at, bytes, __builtin_return_address(0));
}

void* dynamic_shared() {
  alignas(128) static char bytes[kDynamicShared + kFence];
  return bytes;
}

namespace {

constexpr unsigned kQuad = 4;                    // lanes that share a row of a fragment
constexpr uint32_t kOfTf32 = ~uint32_t{0x1fff};  // the bits that count

float of_bits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
uint32_t bits_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
float half_of(uint32_t pair, unsigned which) { return of_bits(which == 0 ? pair << 16 : pair & 0xffff0000u); }

// Shows `mine` to the warp; use(of) sees what any lane showed, before anyone goes on.
template <class T, class Use>
void together(const T& mine, const Use& use) {
  const unsigned lane = running, first = lane / kWarp * kWarp;
  fibers[lane].shown = &mine;
  meet(warp_meetings[lane / kWarp]);
  use([&](unsigned other) -> const T& { return *static_cast<const T*>(fibers[first + other].shown); });
  meet(warp_meetings[lane / kWarp]);
}

struct Factors {
  uint32_t a[4], b[2];
};

// c += a b of kDepth inner elements, element(registers, k, upper row?) being one of a row of a, or of a column of b.
template <unsigned kDepth, class A, class B>
void multiply(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const A& of_a, const B& of_b) {
  const unsigned lane = running % kWarp, g = lane / kQuad, t = lane % kQuad;
  Factors mine;
  std::memcpy(mine.a, a, sizeof a);
  std::memcpy(mine.b, b, sizeof b);
  together(mine, [&](const auto& of) {
    float rows[2][kDepth], columns[2][kDepth];
    for (unsigned i = 0; i < 2; ++i)
      for (unsigned k = 0; k < kDepth; ++k) rows[i][k] = of_a(of, g, i, k), columns[i][k] = of_b(of, 2 * t + i, k);
    for (unsigned i = 0; i < 4; ++i)
      for (unsigned k = 0; k < kDepth; ++k) c[i] += rows[i / 2][k] * columns[i % 2][k];
  });
}

}  // namespace

void multiply_bf16(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  multiply<16>(
      c, a, b,
      [](const auto& of, unsigned g, unsigned lower, unsigned k) {
        return half_of(of(g * kQuad + k % 8 / 2).a[k / 8 * 2 + lower], k % 2);
      },
      [](const auto& of, unsigned column, unsigned k) {
        return half_of(of(column * kQuad + k % 8 / 2).b[k / 8], k % 2);
      });
}

void multiply_tf32(float (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  multiply<8>(
      c, a, b,
      [](const auto& of, unsigned g, unsigned lower, unsigned k) {
        return of_bits(of(g * kQuad + k % 4).a[k / 4 * 2 + lower] & kOfTf32);
      },
      [](const auto& of, unsigned column, unsigned k) {
        return of_bits(of(column * kQuad + k % 4).b[k / 4] & kOfTf32);
      });
}

void load_matrices(uint32_t (&to)[4], const void* row, bool transposed) {
  if (reinterpret_cast<uintptr_t>(row) % 16 != 0) std::abort();  // as the GPU does
  const unsigned lane = running % kWarp, g = lane / kQuad, t = lane % kQuad;
  const void* const code = __builtin_return_address(0);
  together(row, [&](const auto& of) {
    const auto element = [&](unsigned matrix, unsigned i, unsigned j) -> uint32_t {
      const uint16_t* const at = static_cast<const uint16_t*>(of(matrix * 8 + i)) + j;
      races::read(at, sizeof *at, code);
      return *at;
    };
    for (unsigned matrix = 0; matrix < 4; ++matrix)
      to[matrix] = transposed ? element(matrix, 2 * t, g) | element(matrix, 2 * t + 1, g) << 16
                              : element(matrix, g, 2 * t) | element(matrix, g, 2 * t + 1) << 16;
  });
}

uint32_t pair_of_bf16(float low, float high) {
  const auto rounded = [](float x) -> uint32_t {
    const uint32_t bits = bits_of(x);
    if (x != x) return 0x7fff;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  };
  return rounded(low) | rounded(high) << 16;
}

uint32_t tf32(float x) {
  const uint32_t bits = bits_of(x);
  return (bits & 0x7f800000) == 0x7f800000 ? bits : (bits + 0x1000) & kOfTf32;
}

// Copies are made as late as they may be, so that what is read without waiting for it shows.
void begin_copy(void* shared, const void* global, size_t bytes, size_t inside) {
  if (reinterpret_cast<uintptr_t>(shared) % bytes != 0 || inside > bytes) std::abort();  // as the GPU does
  if (inside > 0 && reinterpret_cast<uintptr_t>(global) % bytes != 0) std::abort();
  races::read(global, inside, __builtin_return_address(0));
  races::begin_copy(shared, bytes, __builtin_return_address(0));
  fibers[running].groups.back().push_back({shared, global, bytes, inside});
}

void end_group() { fibers[running].groups.emplace_back(); }

void wait_for_groups(size_t left) {
  std::vector<Group>& groups = fibers[running].groups;
  for (; groups.size() - 1 > left; groups.erase(groups.begin()))
    for (const Copy& copy : groups.front()) {
      if (copy.inside > 0) std::memcpy(copy.shared, copy.global, copy.inside);
      std::memset(static_cast<char*>(copy.shared) + copy.inside, 0, copy.bytes - copy.inside);
      races::end_copy(copy.shared, copy.bytes);
    }
}

}  // namespace emulated_cuda

const char* cudaGetErrorString(cudaError_t status) {
  return status == cudaErrorMemoryAllocation ? "out of memory" : "emulated error";
}
const char* cudaGetErrorName(cudaError_t) { return "emulated"; }
cudaError_t cudaDriverGetVersion(int* version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  std::snprintf(properties->name, sizeof properties->name, "emulated GPU");
  properties->totalGlobalMem = size_t{8} << 30;
  properties->major = 9;
  properties->minor = 0;
  properties->multiProcessorCount = 4;  // so that products of a few hundred rows fill it
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) { return *stream = new CudaStream, cudaSuccess; }
cudaError_t cudaStreamDestroy(cudaStream_t stream) { return delete stream, cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  stream->was_waited_for |= stream->is_captured;
  return stream->is_captured ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

struct CudaGraph {
  std::vector<std::function<void()>> work;
};
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  return stream->is_captured = true, cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  stream->is_captured = false;
  *graph = stream->was_waited_for ? nullptr : new CudaGraph{std::move(stream->noted)};
  return stream->was_waited_for ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  return *executable = new CudaGraph(*graph), cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) { return delete executable, cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  for (const auto& work : executable->work) stream->ask(work);
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** block, size_t bytes) {
  if (posix_memalign(block, 256, bytes) != 0) return cudaErrorMemoryAllocation;
  std::memset(*block, 0xa5, bytes);  // what is not written shows
  return cudaSuccess;
}
cudaError_t cudaFree(void* block) { return std::free(block), cudaSuccess; }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return *event = nullptr, cudaSuccess; }
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return cudaSuccess; }  // all that was asked for is done
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
cudaError_t cudaEventDestroy(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  return stream->ask([=] { std::memcpy(to, from, bytes); }), cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  return stream->ask([=] { std::memset(to, value, bytes); }), cudaSuccess;
}
