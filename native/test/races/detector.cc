// SPDX-License-Identifier: Apache-2.0
// Tries the detector of races (emulated_cuda/races.h): small kernels, each with one mistake, which it must report, and
// the same without it, where it must be silent. Compiled as kernels are, with calls before every access.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "cuda/device/tensor_cores.cuh"
#include "cuda/runtime/launch.cuh"
#include "race_report.h"

namespace nabla::cuda {

CudaStream the_stream;
cudaStream_t stream() { return &the_stream; }
void check(cudaError_t, const char*) {}

namespace {

using emulated_cuda::races::Race;

constexpr int kBlockThreads = 64, kBlocks = 3, kWarpThreads = 32;

__device__ int this_thread() { return static_cast<int>(threadIdx.x); }
__device__ int next_thread() { return (this_thread() + 1) % kBlockThreads; }

// Takes what its neighbour in the block has written.
template <bool kRight>
__global__ void neighbour_kernel(float* out) {
  __shared__ float held[kBlockThreads];
  held[this_thread()] = static_cast<float>(this_thread());
  if (kRight) __syncthreads();
  out[blockIdx.x * kBlockThreads + threadIdx.x] = held[next_thread()];
}

// Writes again what may not have been read yet.
template <bool kRight>
__global__ void rewritten_kernel(float* out) {
  __shared__ float held[kBlockThreads];
  float sum = 0;
  for (int i = 0; i < 3; ++i) {
    held[this_thread()] = static_cast<float>(i);
    __syncthreads();
    sum += held[next_thread()];
    if (kRight) __syncthreads();
  }
  out[blockIdx.x * kBlockThreads + threadIdx.x] = sum;
}

// The lanes of a warp meet, which is not enough.
template <bool kRight>
__global__ void warp_kernel(float* out) {
  __shared__ float held[kBlockThreads];
  const int lane = this_thread() % kWarpThreads, first = this_thread() - lane;
  held[this_thread()] = static_cast<float>(lane);
  if (kRight)
    __syncwarp();
  else
    __shfl_xor_sync(0xffffffffu, lane, 1);
  out[blockIdx.x * kBlockThreads + threadIdx.x] = held[first + (lane + 1) % kWarpThreads];
}

// Two warps meet by themselves, each.
template <bool kRight>
__global__ void two_warps_kernel(float* out) {
  __shared__ float held[kBlockThreads];
  held[this_thread()] = 1;
  if (kRight)
    __syncthreads();
  else
    __syncwarp();
  out[blockIdx.x * kBlockThreads + threadIdx.x] = held[(this_thread() + kWarpThreads) % kBlockThreads];
}

// Halves of a word, or the same half, are written by two threads.
template <bool kRight>
__global__ void halves_kernel(float* out) {
  reinterpret_cast<uint16_t*>(out)[kRight ? blockIdx.x * kBlockThreads + threadIdx.x : threadIdx.x / 2] = 1;
}

// Two blocks write one element, or each its own.
template <bool kRight>
__global__ void blocks_kernel(float* out) {
  if (threadIdx.x == 0) out[kRight ? blockIdx.x : 0] = 1;
}

// One block reads what another one writes, and a barrier is no order between them.
template <bool kRight>
__global__ void between_blocks_kernel(float* out) {
  if (threadIdx.x == 0 && blockIdx.x == 1) out[0] = 1;
  __syncthreads();
  if (threadIdx.x == 1 && blockIdx.x == (kRight ? 1 : 2)) out[1] = out[0];
}

// All threads look for the least, atomically or not.
template <bool kRight>
__global__ void least_kernel(float* out) {
  int* const least = reinterpret_cast<int*>(out);
  if (kRight)
    atomicMin(least, this_thread());
  else if (*least > this_thread())
    *least = this_thread();
}

// Copies in the background: of four numbers a thread, which it then reads, or its neighbour does.
enum class Forgets { kNothing, kWait, kBarrier };
template <Forgets kForgets, bool kReadsOwn>
__global__ void copy_kernel(const float* in, float* out) {
  float* const held = reinterpret_cast<float*>(dynamic_shared());
  begin_copy(held + 4 * this_thread(), in + 4 * this_thread(), true);
  end_group();
  if (kForgets != Forgets::kWait) wait_for_groups<0>();
  if (kForgets != Forgets::kBarrier) __syncthreads();
  out[blockIdx.x * kBlockThreads + threadIdx.x] = held[4 * (kReadsOwn ? this_thread() : next_thread())];
  wait_for_groups<0>();
}

// A ring of stages, of which all but one are on their way. What is forgotten is a barrier, whose threads have read the
// stage that is filled again, or a group of those that are waited for.
enum class Ring { kRight, kNoBarrier, kLateWait, kTooFarAhead };
template <Ring kRing>
__global__ void ring_kernel(const float* in, float* out) {
  constexpr int kStages = 3, kStage = 4 * kBlockThreads, kSteps = 8;
  constexpr int kAhead = kRing == Ring::kTooFarAhead ? kStages : kStages - 1;
  float* const held = reinterpret_cast<float*>(dynamic_shared());
  const auto begin = [&](int step) {
    if (step < kSteps)
      begin_copy(held + step % kStages * kStage + 4 * this_thread(), in + 4 * (step + this_thread()), true);
    end_group();
  };
  for (int step = 0; step < kAhead; ++step) begin(step);
  float sum = 0;
  for (int step = 0; step < kSteps; ++step) {
    wait_for_groups<kRing == Ring::kLateWait ? kStages - 1 : kStages - 2>();
    if (kRing != Ring::kNoBarrier || step == 0) __syncthreads();
    if (kRing == Ring::kTooFarAhead) begin(step + kAhead);
    sum += held[step % kStages * kStage + 4 * next_thread()];
    if (kRing != Ring::kTooFarAhead) begin(step + kAhead);
  }
  out[blockIdx.x * kBlockThreads + threadIdx.x] = sum;
}

// Lanes load matrices that others of their warp have written.
template <bool kRight>
__global__ void matrices_kernel(float* out) {
  uint16_t* const rows = reinterpret_cast<uint16_t*>(dynamic_shared());
  const int lane = this_thread() % kWarpThreads, first = this_thread() - lane;
  for (int i = 0; i < 8; ++i) rows[8 * this_thread() + i] = static_cast<uint16_t>(i);
  if (kRight) __syncwarp();
  uint32_t parts[4];
  load_matrices(parts, rows + 8 * (first + lane));
  out[blockIdx.x * kBlockThreads + threadIdx.x] = static_cast<float>(parts[0]);
}

std::vector<Race> heard;
void listen(const Race& race) { heard.push_back(race); }
int failures = 0, tried = 0;

// Launches a kernel that takes where results go, or besides what it reads.
template <class... Parameters, class... Arguments>
void expect(bool races, const char* what, void (*kernel)(Parameters...), Arguments... arguments) {
  heard.clear();
  launch(what, kernel, kBlocks, Block(kBlockThreads, 16 << 10), arguments...);
  ++tried;
  if (heard.empty() != races) return;
  ++failures;
  std::fprintf(stderr, "%s: %s\n", what, races ? "a race was not seen" : "no race, but one was reported");
}

}  // namespace
}  // namespace nabla::cuda

int main() {
  using namespace nabla::cuda;
  emulated_cuda::races::listener = listen;
  std::vector<float> numbers(8192), results(8192);
  void *in_block = nullptr, *out_block = nullptr;
  cudaMalloc(&in_block, 32768);
  cudaMalloc(&out_block, 32768);
  const float* const in = static_cast<float*>(in_block);
  float* const out = static_cast<float*>(out_block);
  const auto expect_twins = [&](const char* what, void (*wrong)(float*), void (*right)(float*)) {
    expect(true, what, wrong, out);
    expect(false, what, right, out);
  };
  expect_twins("a barrier missing before reading", neighbour_kernel<false>, neighbour_kernel<true>);
  expect_twins("a barrier missing before writing again", rewritten_kernel<false>, rewritten_kernel<true>);
  expect_twins("a warp without __syncwarp", warp_kernel<false>, warp_kernel<true>);
  expect_twins("__syncwarp between two warps", two_warps_kernel<false>, two_warps_kernel<true>);
  expect_twins("two threads write a half", halves_kernel<false>, halves_kernel<true>);
  expect_twins("two blocks write one element", blocks_kernel<false>, blocks_kernel<true>);
  expect_twins("a block reads what another one writes", between_blocks_kernel<false>, between_blocks_kernel<true>);
  expect_twins("an update that is not atomic", least_kernel<false>, least_kernel<true>);
  expect_twins("ldmatrix without __syncwarp", matrices_kernel<false>, matrices_kernel<true>);
  expect(false, "own copy", copy_kernel<Forgets::kNothing, true>, in, out);
  expect(false, "own copy without barrier", copy_kernel<Forgets::kBarrier, true>, in, out);
  expect(true, "own copy without wait", copy_kernel<Forgets::kWait, true>, in, out);
  expect(false, "other's copy", copy_kernel<Forgets::kNothing, false>, in, out);
  expect(true, "other's copy without wait", copy_kernel<Forgets::kWait, false>, in, out);
  expect(true, "other's copy without barrier", copy_kernel<Forgets::kBarrier, false>, in, out);
  expect(false, "ring of copies", ring_kernel<Ring::kRight>, in, out);
  expect(true, "ring without barrier", ring_kernel<Ring::kNoBarrier>, in, out);
  expect(true, "ring with a late wait", ring_kernel<Ring::kLateWait>, in, out);
  expect(true, "ring that is filled before it is read", ring_kernel<Ring::kTooFarAhead>, in, out);
  std::printf("  %d small kernels: of each the races were seen that it has, %d failures\n", tried, failures);
  return failures == 0 ? 0 : 1;
}
