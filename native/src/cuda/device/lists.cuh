// SPDX-License-Identifier: Apache-2.0
// Lists of tensors side by side: up to kListTensors of them in one launch, whose parameters hold their addresses.
#pragma once
#include "cuda/runtime/launch.cuh"
#include "kernels/contract.h"

namespace nabla::cuda {

constexpr int kListTensors = 64;      // with five lists 3.4 KB, of the 4 KB that parameters may take
constexpr int64_t kListBlock = 1024;  // elements of a block, all of one tensor

// Tensors first .. first + tensors of kLists lists, and which block begins which of them.
template <int kLists>
struct ListPart {
  float* data[kLists][kListTensors];
  int64_t lengths[kListTensors];
  int32_t first_block[kListTensors + 1];
  int32_t tensors;
};

// The elements that one block of a launch works on.
struct ListSpan {
  int tensor;
  int64_t begin, end;
};
template <int kLists>
__device__ ListSpan span_of(const ListPart<kLists>& part) {
  int low = 0, high = part.tensors - 1;  // the last tensor that begins at this block or before
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (part.first_block[middle] <= static_cast<int32_t>(blockIdx.x))
      low = middle;
    else
      high = middle - 1;
  }
  const int64_t begin = (static_cast<int64_t>(blockIdx.x) - part.first_block[low]) * kListBlock;
  const int64_t end = begin + kListBlock < part.lengths[low] ? begin + kListBlock : part.lengths[low];
  return {low, begin, end};
}

// Calls run(part, blocks) for one part after the other. `item(list, tensor)` is the address of a tensor.
template <int kLists, class Item, class Run>
void for_each_part(const Integers& lengths, Item item, Run run) {
  for (int64_t next = 0; next < lengths.count;) {
    ListPart<kLists> part{};
    int64_t blocks = 0;
    for (; next < lengths.count && part.tensors < kListTensors; ++next) {
      const int64_t more = divide_up(lengths.items[next], kListBlock);
      if (more == 0) continue;
      if (blocks > 0 && blocks + more > INT32_MAX) break;
      for (int list = 0; list < kLists; ++list) part.data[list][part.tensors] = item(list, next);
      part.lengths[part.tensors] = lengths.items[next];
      part.first_block[part.tensors++] = static_cast<int32_t>(blocks);
      blocks += more;
    }
    if (blocks > 0) run(part, blocks);
  }
}

template <int kLists, class Function>
__global__ void for_each_element_kernel(ListPart<kLists> part, Function f) {
  const ListSpan span = span_of(part);
  float* data[kLists];
  for (int list = 0; list < kLists; ++list) data[list] = part.data[list][span.tensor];
  for (int64_t i = span.begin + threadIdx.x; i < span.end; i += kThreads) f(data, i);
}

// f(data, i) for every element i of every tensor, with the addresses of that tensor in each list.
template <int kLists, class Item, class Function>
void for_each_element(const char* name, const Integers& lengths, Item item, Function f) {
  for_each_part<kLists>(lengths, item, [&](const ListPart<kLists>& part, int64_t blocks) {
    launch(name, for_each_element_kernel<kLists, Function>, blocks, kThreads, part, f);
  });
}

}  // namespace nabla::cuda
