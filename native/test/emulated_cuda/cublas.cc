// SPDX-License-Identifier: Apache-2.0
// The functions of cuBLAS that runtime/cublas.cc loads, by plain loops on the CPU, so that its calls of them can be
// tested without a GPU: NABLA_CUBLAS names this library. Numbers as in cublas_api.h; matrices are stored column by
// column.
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

constexpr int kSuccess = 0, kInvalid = 7;
constexpr int kFloat32 = 0, kBf16 = 14;
constexpr int kInFloat32 = 68, kFastBf16 = 75, kFastTf32 = 77;

float from_bits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// To 10 bits of fraction, which is all that today's cuBLAS does to float32 in either fast mode.
float rounded(float x) {
  if (!std::isfinite(x)) return x;
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return from_bits((bits + 0xfff + (bits >> 13 & 1)) & 0xffffe000);
}

uint16_t to_bf16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (std::isnan(x)) return 0x7fff;
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

struct Matrices {
  const void* data;
  int type;
  bool is_transposed;
  int64_t column, matrix;
  float at(int64_t batch, int64_t row, int64_t col, bool is_fast) const {
    const int64_t i = batch * matrix + (is_transposed ? row * column + col : col * column + row);
    if (type == kBf16) return from_bits(uint32_t{static_cast<const uint16_t*>(data)[i]} << 16);
    const float x = static_cast<const float*>(data)[i];
    return is_fast ? rounded(x) : x;
  }
};

}  // namespace

extern "C" {

int cublasCreate_v2(void** handle) {
  static int one;
  *handle = &one;
  return kSuccess;
}
int cublasSetStream_v2(void*, void*) { return kSuccess; }
int cublasGetVersion_v2(void*, int* version) {
  *version = 130100;
  return kSuccess;
}

int cublasGemmStridedBatchedEx(void*, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
                               const void* a, int type_a, int column_a, long long step_a, const void* b, int type_b,
                               int column_b, long long step_b, const void* beta, void* c, int type_c, int column_c,
                               long long step_c, int batch, int compute_type, int) {
  const bool is_fast = compute_type == kFastBf16 || compute_type == kFastTf32;
  const bool has_types =
      type_a == type_b && (type_c == kFloat32 || (type_c == kBf16 && type_a == kBf16)) &&
      (type_a == kFloat32 ? is_fast || compute_type == kInFloat32 : type_a == kBf16 && compute_type == kInFloat32);
  const bool has_columns = column_a >= (transpose_a ? k : m) && column_b >= (transpose_b ? n : k) && column_c >= m;
  if (!has_types || !has_columns || *static_cast<const float*>(beta) != 0) return kInvalid;
  const Matrices left{a, type_a, transpose_a != 0, column_a, step_a};
  const Matrices right{b, type_b, transpose_b != 0, column_b, step_b};
  for (int64_t matrix = 0; matrix < batch; ++matrix)
    for (int64_t col = 0; col < n; ++col)
      for (int64_t row = 0; row < m; ++row) {
        float sum = 0;
        for (int64_t i = 0; i < k; ++i) sum += left.at(matrix, row, i, is_fast) * right.at(matrix, i, col, is_fast);
        sum *= *static_cast<const float*>(alpha);
        const int64_t at = matrix * step_c + col * column_c + row;
        if (type_c == kFloat32)
          static_cast<float*>(c)[at] = sum;
        else
          static_cast<uint16_t*>(c)[at] = to_bf16(sum);
      }
  return kSuccess;
}

}  // extern "C"
