// SPDX-License-Identifier: Apache-2.0
// Loads cuBLAS by name and declares the few functions of it that are used.
#include "cuda/runtime/cublas.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <stdexcept>

#include "cuda/runtime/stream.h"

namespace nabla::cuda {
namespace {

// As in cublas_api.h, whose numbers have not changed since CUDA 11.
using Handle = void*;
using Status = int;
constexpr Status kSuccess = 0;
constexpr int kNoTranspose = 0, kTranspose = 1;
constexpr int kFloat32 = 0, kBf16 = 14;  // of cudaDataType_t
constexpr int kDefaultAlgorithm = -1;
constexpr size_t kWorkspace = 32 << 20;  // bytes that NVIDIA advises for GPUs of kind 9.0

using Create = Status (*)(Handle* handle);
using SetStream = Status (*)(Handle handle, cudaStream_t stream);
using SetWorkspace = Status (*)(Handle handle, void* workspace, size_t bytes);
using GetVersion = Status (*)(Handle handle, int* version);
using Multiply = Status (*)(Handle handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
                            const void* a, int type_a, int row_a, long long batch_a, const void* b, int type_b,
                            int row_b, long long batch_b, const void* beta, void* c, int type_c, int row_c,
                            long long batch_c, int batch, int compute_type, int algorithm);

struct Library {
  std::string description;
  void* module = nullptr;
  Handle handle = nullptr;  // nullptr: none
  SetStream set_stream = nullptr;
  SetWorkspace set_workspace = nullptr;
  Workspace workspace;
  Multiply multiply = nullptr;
  std::mutex lock;  // a handle serves one thread at a time
};

template <class Function>
Function symbol(void* module, const char* name) {
  return reinterpret_cast<Function>(dlsym(module, name));
}

// NABLA_CUBLAS names the file, or with 0 none; else the loader looks for the names that CUDA 13 and 12 use.
void load(Library& library) {
  const char* wanted = std::getenv("NABLA_CUBLAS");
  if (wanted != nullptr && std::string(wanted) == "0") {
    library.description = "own kernels (NABLA_CUBLAS=0)";
    return;
  }
  void* module = nullptr;
  const char* const names[] = {wanted, "libcublas.so.13", "libcublas.so.12", "libcublas.so"};
  for (const char* name : names)
    if (module == nullptr && name != nullptr) module = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    library.description = "own kernels (no cuBLAS was found: " + std::string(dlerror()) + ")";
    return;
  }
  const auto create = symbol<Create>(module, "cublasCreate_v2");
  library.set_stream = symbol<SetStream>(module, "cublasSetStream_v2");
  library.set_workspace = symbol<SetWorkspace>(module, "cublasSetWorkspace_v2");
  const auto get_version = symbol<GetVersion>(module, "cublasGetVersion_v2");
  library.multiply = symbol<Multiply>(module, "cublasGemmStridedBatchedEx");
  const bool complete = create && library.set_stream && library.set_workspace && get_version && library.multiply;
  Handle handle = nullptr;
  int version = 0;
  if (!complete || create(&handle) != kSuccess || library.set_stream(handle, stream()) != kSuccess) {
    library.description = "own kernels (cuBLAS was found but does not start)";
    return;
  }
  void* workspace = nullptr;
  if (cudaMalloc(&workspace, kWorkspace) != cudaSuccess) {
    cudaGetLastError();  // takes it back
    library.description = "own kernels (cuBLAS was found, but the GPU has no memory left for it)";
    return;
  }
  library.workspace = {workspace, kWorkspace};
  get_version(handle, &version);
  library.module = module;
  library.handle = handle;
  library.description = "cuBLAS " + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100);
}

Library& library() {
  static Library* const the_library = [] {
    auto* made = new Library;
    load(*made);
    return made;
  }();
  return *the_library;
}

// The numbers are those of cublasComputeType_t.
constexpr int kInFloat32 = 68;
struct Setting {
  Precision precision;
  const char* name;
  int compute_type;  // of factors that are float32
};
constexpr Setting kSettings[] = {
    {Precision::kFloat32, "float32", kInFloat32}, {Precision::kTf32, "tf32", 77}, {Precision::kBf16, "bf16", 75}};
std::atomic<const Setting*> chosen{&kSettings[0]};

bool fits(int64_t number) { return number <= INT32_MAX; }

// Types are those of cudaDataType_t.
bool multiply(const void* a, const void* b, int type, void* c, int type_c, int compute_type, const MatmulParams& p) {
  Library& cublas = library();
  if (cublas.handle == nullptr || p.k == 0) return false;
  if (!fits(p.m) || !fits(p.n) || !fits(p.k) || !fits(p.row_a) || !fits(p.row_b) || !fits(p.row_c) || !fits(p.batch))
    return false;
  // cuBLAS counts columns first: what is c row by row is the transpose of c to it, and c^T = b^T a^T.
  const float one = 1, zero = 0;
  const std::lock_guard<std::mutex> guard(cublas.lock);
  const auto& [workspace, bytes] = cublas.workspace;
  Status ready = cublas.set_stream(cublas.handle, stream());  // which takes the workspace away
  if (ready == kSuccess) ready = cublas.set_workspace(cublas.handle, workspace, bytes);
  if (ready != kSuccess) throw std::runtime_error("cublasSetStream: status " + std::to_string(ready));
  const Status status = cublas.multiply(
      cublas.handle, p.transpose_b ? kTranspose : kNoTranspose, p.transpose_a ? kTranspose : kNoTranspose,
      static_cast<int>(p.n), static_cast<int>(p.m), static_cast<int>(p.k), &one, b, type, static_cast<int>(p.row_b),
      p.batch_b, a, type, static_cast<int>(p.row_a), p.batch_a, &zero, c, type_c, static_cast<int>(p.row_c), p.batch_c,
      static_cast<int>(p.batch), compute_type, kDefaultAlgorithm);
  if (status != kSuccess) throw std::runtime_error("cublasGemmStridedBatchedEx: status " + std::to_string(status));
  return true;
}

}  // namespace

bool cublas_multiply(const float* a, const float* b, float* c, const MatmulParams& p) {
  return multiply(a, b, kFloat32, c, kFloat32, chosen.load()->compute_type, p);
}
bool cublas_multiply(const Bf16* a, const Bf16* b, float* c, const MatmulParams& p) {
  return multiply(a, b, kBf16, c, kFloat32, kInFloat32, p);
}
bool cublas_multiply(const Bf16* a, const Bf16* b, Bf16* c, const MatmulParams& p) {
  return multiply(a, b, kBf16, c, kBf16, kInFloat32, p);
}

Workspace cublas_workspace() { return library().workspace; }

void* cublas_symbol(const char* name) {
  void* const module = library().module;
  return module == nullptr ? nullptr : dlsym(module, name);
}

std::string cublas_description() { return library().description; }

bool has_cublas() { return library().handle != nullptr; }

bool set_precision(const std::string& name) {
  for (const Setting& setting : kSettings) {
    if (name != setting.name) continue;
    chosen = &setting;
    return true;
  }
  return false;
}

Precision precision() { return chosen.load()->precision; }

std::string precision_name() { return chosen.load()->name; }

}  // namespace nabla::cuda
