// SPDX-License-Identifier: Apache-2.0
// The functions of cuBLAS and cuBLASLt that runtime/cublas.cc and cublaslt.cc load, by plain loops on the CPU, so that
// their calls can be tested without a GPU: NABLA_CUBLAS names this library. Numbers as in cublas_api.h and cublasLt.h;
// matrices are stored column by column.
#include <cuda_runtime.h>

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

// ---- what cuBLASLt makes of descriptions ----

struct Operation {
  int transpose_a = 0, transpose_b = 0, epilogue = 1;
  const uint16_t* bias = nullptr;
  uint16_t* input = nullptr;  // of the activation
  int64_t input_column = 0;
};
struct Layout {
  int64_t rows, columns, column;
};
constexpr int kBias = 4, kBiasRelu = 6, kBiasGelu = 36, kBiasGeluInput = 164;

struct Handle {
  CudaStream* stream = nullptr;
};

struct Heuristic {
  uint64_t algorithm[8];
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};
constexpr size_t kWorkspace = 4096;  // that a product asks for

bool is_known(const Operation& o) {
  return o.epilogue == kBias || o.epilogue == kBiasRelu || o.epilogue == kBiasGelu || o.epilogue == kBiasGeluInput;
}

bool is_aligned(const void* data, uintptr_t bytes) {
  return data != nullptr && reinterpret_cast<uintptr_t>(data) % bytes == 0;
}

float of_bf16(uint16_t x) { return from_bits(uint32_t{x} << 16); }

float activated(int epilogue, float x) {
  if (epilogue == kBias) return x;
  if (epilogue == kBiasRelu) return x > 0 ? x : 0;
  return x * (0.5f + 0.5f * std::tanh(0.797884561f * (x + 0.044715f * x * x * x)));
}

}  // namespace

extern "C" {

int cublasCreate_v2(void** handle) {
  *handle = new Handle;
  return kSuccess;
}
int cublasSetStream_v2(void* handle, void* stream) {
  static_cast<Handle*>(handle)->stream = static_cast<CudaStream*>(stream);
  return kSuccess;
}
int cublasSetWorkspace_v2(void*, void* workspace, size_t) { return is_aligned(workspace, 256) ? kSuccess : kInvalid; }
int cublasGetVersion_v2(void*, int* version) {
  *version = 130100;
  return kSuccess;
}

int cublasGemmStridedBatchedEx(void* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
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
  const float scale = *static_cast<const float*>(alpha);
  static_cast<Handle*>(handle)->stream->ask([=] {
    for (int64_t matrix = 0; matrix < batch; ++matrix)
      for (int64_t col = 0; col < n; ++col)
        for (int64_t row = 0; row < m; ++row) {
          float sum = 0;
          for (int64_t i = 0; i < k; ++i) sum += left.at(matrix, row, i, is_fast) * right.at(matrix, i, col, is_fast);
          sum *= scale;
          const int64_t at = matrix * step_c + col * column_c + row;
          if (type_c == kFloat32)
            static_cast<float*>(c)[at] = sum;
          else
            static_cast<uint16_t*>(c)[at] = to_bf16(sum);
        }
  });
  return kSuccess;
}

int cublasLtCreate(void** handle) { return cublasCreate_v2(handle); }
int cublasLtMatmulPreferenceCreate(void** preference) { return cublasCreate_v2(preference); }
int cublasLtMatmulPreferenceSetAttribute(void*, int attribute, const void*, size_t bytes) {
  if (attribute == 1) return bytes == sizeof(uint64_t) ? kSuccess : kInvalid;
  return attribute >= 5 && attribute <= 8 && bytes == sizeof(uint32_t) ? kSuccess : kInvalid;
}
int cublasLtMatmulDescCreate(void** operation, int compute_type, int scale_type) {
  if (compute_type != kInFloat32 || scale_type != kFloat32) return kInvalid;
  *operation = new Operation;
  return kSuccess;
}
int cublasLtMatmulDescSetAttribute(void* object, int attribute, const void* value, size_t bytes) {
  Operation& o = *static_cast<Operation*>(object);
  const auto set = [&](auto& field) {
    if (bytes != sizeof field) return kInvalid;
    std::memcpy(&field, value, bytes);
    return kSuccess;
  };
  switch (attribute) {
    case 3:
      return set(o.transpose_a);
    case 4:
      return set(o.transpose_b);
    case 7:
      return set(o.epilogue);
    case 8:
      return set(o.bias);
    case 11:
      return set(o.input);
    case 12:
      return set(o.input_column);
    default:
      return kInvalid;
  }
}
int cublasLtMatrixLayoutCreate(void** layout, int type, uint64_t rows, uint64_t columns, int64_t column) {
  if (type != kBf16 || column < static_cast<int64_t>(rows)) return kInvalid;
  *layout = new Layout{static_cast<int64_t>(rows), static_cast<int64_t>(columns), column};
  return kSuccess;
}
int cublasLtMatmulAlgoGetHeuristic(void*, void* operation, void* layout_a, void* layout_b, void* layout_c, void*, void*,
                                   int wanted, Heuristic* found, int* count) {
  const Operation& o = *static_cast<Operation*>(operation);
  const Layout &a = *static_cast<Layout*>(layout_a), &b = *static_cast<Layout*>(layout_b),
               &c = *static_cast<Layout*>(layout_c);
  const int64_t m = o.transpose_a ? a.columns : a.rows, k = o.transpose_a ? a.rows : a.columns;
  const int64_t n = o.transpose_b ? b.rows : b.columns, other_k = o.transpose_b ? b.columns : b.rows;
  if (wanted != 1 || !is_known(o) || k != other_k || m != c.rows || n != c.columns) return kInvalid;
  *found = Heuristic{};
  found->workspace = kWorkspace;
  *count = 1;
  return kSuccess;
}
int cublasLtMatmul(void*, void* operation, const void* alpha, const void* a, void* layout_a, const void* b,
                   void* layout_b, const void* beta, const void*, void*, void* d, void* layout_d, const void*,
                   void* workspace, size_t bytes, void* stream) {
  const Operation o = *static_cast<Operation*>(operation);
  const Layout of_a = *static_cast<Layout*>(layout_a), of_b = *static_cast<Layout*>(layout_b),
               of_d = *static_cast<Layout*>(layout_d);
  const bool is_plain = *static_cast<const float*>(alpha) == 1 && *static_cast<const float*>(beta) == 0;
  const bool has_input = o.epilogue != kBiasGeluInput || (o.input != nullptr && o.input_column >= of_d.rows);
  if (!is_plain || !has_input || o.bias == nullptr || bytes < kWorkspace) return kInvalid;
  if (!is_aligned(workspace, 16) || !is_aligned(a, 16) || !is_aligned(b, 16) || !is_aligned(d, 16)) return kInvalid;
  const Matrices left{a, kBf16, o.transpose_a != 0, of_a.column, 0},
      right{b, kBf16, o.transpose_b != 0, of_b.column, 0};
  const int64_t k = o.transpose_a ? of_a.rows : of_a.columns;
  static_cast<CudaStream*>(stream)->ask([=] {
    for (int64_t col = 0; col < of_d.columns; ++col)
      for (int64_t row = 0; row < of_d.rows; ++row) {
        float sum = 0;
        for (int64_t i = 0; i < k; ++i) sum += left.at(0, row, i, false) * right.at(0, i, col, false);
        sum += of_bf16(o.bias[row]);
        if (o.epilogue == kBiasGeluInput) o.input[col * o.input_column + row] = to_bf16(sum);
        static_cast<uint16_t*>(d)[col * of_d.column + row] = to_bf16(activated(o.epilogue, sum));
      }
  });
  return kSuccess;
}

}  // extern "C"
