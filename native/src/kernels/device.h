// SPDX-License-Identifier: Apache-2.0
// What the addon needs of a device beside its allocator. cpu/device.cc and cuda/device.cc define these functions; a
// module links one of them, so that the addon itself knows neither.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"

namespace nabla::device {

// The kernels that run now; nullptr for one that this device has not.
const KernelTable& active_table();

// What can run here, best first: CPU targets, or GPUs. None where problem() is not empty.
std::vector<std::string> targets();
std::string target();                        // the one that runs
bool set_target(const std::string& target);  // false: not available here
std::string problem();                       // why nothing can run here, in words; empty where something can

std::string matmul_library();  // what multiplies matrices, in words
// float32, or where the device can tf32 or bf16: float32 rounded to 10 or 7 bits of fraction before it is multiplied.
std::string matmul_precision();
bool set_matmul_precision(const std::string& precision);  // false: the device cannot
// What can be set. Where there are several ways to multiply in bf16, "bf16" is the best; tests name each.
std::vector<std::string> matmul_precisions();

// Whether kernels store what they compute as bf16 where they can, so that activations take half the memory.
bool stores_bf16();
bool store_bf16(bool wanted);  // false: this device always stores float32

// Of buffers of float32 that are stored as bf16.
void round_to_bf16(uint16_t* to, const float* from, size_t count);  // to the nearest, ties to even; NaN stays NaN
void widen_bf16(float* to, const uint16_t* from, size_t count);
void copy_bf16_to_host(float* to, const uint16_t* from, size_t count);  // widened, after all that was asked before

void clear(void* data, size_t bytes);  // to 0

// How often a kernel of this process waited for the device to look at its indices.
int64_t index_looks();

void copy_from_host(void* to, const void* from, size_t bytes);
void copy_to_host(void* to, const void* from, size_t bytes);  // after all that was asked of the device before

// A copy to the host that nobody waits for yet: of what `from` holds after all that was asked of the device before. It
// may be written or released from then on.
class HostCopy {
 public:
  virtual ~HostCopy() = default;
  virtual void finish(void* to) = 0;  // waits, on any thread; throws what went wrong
};
// nullptr: this device has nothing to wait for, or no memory for it; copy_to_host does it.
std::unique_ptr<HostCopy> begin_copy_to_host(const void* from, size_t bytes);

// Work that was noted in place of being done, to be done as often as one likes, with one call each time.
class Graph {
 public:
  virtual ~Graph() = default;
  virtual void launch() = 0;
};
// What `work` asks of the device, on this thread. Each launch is of the same memory, which has to stay what it is.
// nullptr: this device cannot do it, or not with this work, of which nothing is done then.
std::unique_ptr<Graph> note_work(const std::function<void()>& work);

}  // namespace nabla::device
