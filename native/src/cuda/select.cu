// SPDX-License-Identifier: Apache-2.0
// Choice by a condition.
#include "cuda/device/elements.cuh"
#include "cuda/table.h"

namespace nabla::cuda {
namespace {

template <class T>
struct Choose {
  const uint8_t* condition;
  const T *yes, *no;
  T* out;
  int64_t columns;
  __device__ void operator()(int64_t i) const {
    out[i] = condition[Division(i, columns).quotient] != 0 ? yes[i] : no[i];
  }
};

template <class T>
void select(const uint8_t* condition, const T* yes, const T* no, T* out, const SelectParams& p) {
  for_each("select", p.rows * p.columns, Choose<T>{condition, yes, no, out, p.columns});
}

}  // namespace

void add_select(KernelTable& table) {
  table.select_f32 = select<float>;
  table.variants.select_f32 = {select<Bf16>};
  table.select_i32 = select<int32_t>;
  table.select_bool = select<uint8_t>;
}

}  // namespace nabla::cuda
