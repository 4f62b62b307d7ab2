// SPDX-License-Identifier: Apache-2.0
// What is asked of cuBLASLt is planned once for each shape, and the plan kept: choosing an algorithm takes longer than
// many a product.
#include "cuda/runtime/cublaslt.h"

#include <array>
#include <map>
#include <mutex>

#include "cuda/device/scratch.h"
#include "cuda/runtime/cublas.h"
#include "cuda/runtime/stream.h"
#include "kernels/device.h"

namespace nabla::cuda {
namespace {

// As in cublasLt.h, whose numbers have not changed since CUDA 11.4.
constexpr int kSuccess = 0;
constexpr int kFloat32 = 0, kBf16 = 14, kInFloat32 = 68;                          // types, and how to compute
constexpr int kTransposeA = 3, kTransposeB = 4, kEpilogue = 7, kBiasPointer = 8;  // of an operation
constexpr int kAuxiliaryPointer = 11, kAuxiliaryColumn = 12;                      // of an operation
constexpr int kMostWorkspace = 1;                                                 // of a preference
constexpr int kWithBias = 4, kWithBiasAndRelu = 6, kWithBiasAndGelu = 36, kWithBiasGeluAndInput = 164;  // epilogues

constexpr int kAlignments[] = {5, 6, 7, 8};  // of a preference: of a, b, c and d

constexpr uint32_t kAlignment = 16;  // bytes, of loads; unless told, cuBLASLt takes it for 256
constexpr int64_t kWhole = 8;        // elements that rows must be multiples of for it
constexpr size_t kMostPlans = 4096;

struct Heuristic {  // cublasLtMatmulHeuristicResult_t
  uint64_t algorithm[8];
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};

using Object = void*;
using Create = int (*)(Object* handle);
using CreateOperation = int (*)(Object* operation, int compute_type, int scale_type);
using CreateLayout = int (*)(Object* layout, int type, uint64_t rows, uint64_t columns, int64_t column);
using SetAttribute = int (*)(Object object, int attribute, const void* value, size_t bytes);
using FindAlgorithm = int (*)(Object handle, Object operation, Object a, Object b, Object c, Object d,
                              Object preference, int wanted, Heuristic* found, int* count);
using Multiply = int (*)(Object handle, Object operation, const void* alpha, const void* a, Object layout_a,
                         const void* b, Object layout_b, const void* beta, const void* c, Object layout_c, void* d,
                         Object layout_d, const void* algorithm, void* workspace, size_t bytes, cudaStream_t stream);

// nullptr stands for what is not there, and for what could not be made.
struct Plan {
  Object operation = nullptr, a = nullptr, b = nullptr, c = nullptr;
  Heuristic heuristic{};
  bool works = false;
};

class Library {
 public:
  Library() {
    const auto create = symbol<Create>("cublasLtCreate");
    const auto create_preference = symbol<Create>("cublasLtMatmulPreferenceCreate");
    const auto set_preference = symbol<SetAttribute>("cublasLtMatmulPreferenceSetAttribute");
    create_operation_ = symbol<CreateOperation>("cublasLtMatmulDescCreate");
    set_ = symbol<SetAttribute>("cublasLtMatmulDescSetAttribute");
    create_layout_ = symbol<CreateLayout>("cublasLtMatrixLayoutCreate");
    find_ = symbol<FindAlgorithm>("cublasLtMatmulAlgoGetHeuristic");
    multiply_ = symbol<Multiply>("cublasLtMatmul");
    if (!create || !create_preference || !set_preference || !create_operation_ || !set_ || !create_layout_ || !find_ ||
        !multiply_)
      return;
    const auto bytes = static_cast<uint64_t>(workspace_.bytes);
    works_ = create(&handle_) == kSuccess && create_preference(&preference_) == kSuccess &&
             set_preference(preference_, kMostWorkspace, &bytes, sizeof bytes) == kSuccess;
    for (const int alignment : kAlignments)
      works_ = works_ && set_preference(preference_, alignment, &kAlignment, sizeof kAlignment) == kSuccess;
  }

  // Of c^T = b^T a^T, since cuBLASLt counts columns first.
  bool multiply(const Bf16* a, const Bf16* b, const Bf16* bias, Bf16* c, Bf16* pre, int epilogue,
                const MatmulParams& p) {
    const std::lock_guard<std::mutex> guard(lock_);
    Plan* const plan = plan_of(p, epilogue);
    if (plan == nullptr || !plan->works) return false;
    if (set_(plan->operation, kBiasPointer, &bias, sizeof bias) != kSuccess) return false;
    if (epilogue == kWithBiasGeluAndInput && set_(plan->operation, kAuxiliaryPointer, &pre, sizeof pre) != kSuccess)
      return false;
    const float one = 1, zero = 0;
    return multiply_(handle_, plan->operation, &one, b, plan->b, a, plan->a, &zero, c, plan->c, c, plan->c,
                     plan->heuristic.algorithm, workspace_.data, workspace_.bytes, stream()) == kSuccess;
  }

  bool works() const { return works_; }

 private:
  using Key = std::array<int64_t, 9>;

  template <class Function>
  static Function symbol(const char* name) {
    return reinterpret_cast<Function>(cublas_symbol(name));
  }

  Plan* plan_of(const MatmulParams& p, int epilogue) {
    const Key key{p.m, p.n, p.k, p.transpose_a, p.transpose_b, p.row_a, p.row_b, p.row_c, epilogue};
    const auto found = plans_.find(key);
    if (found != plans_.end()) return &found->second;
    if (plans_.size() >= kMostPlans) return nullptr;
    Plan& plan = plans_[key];
    plan.works = make(plan, p, epilogue);
    return &plan;
  }

  bool make(Plan& plan, const MatmulParams& p, int epilogue) const {
    const auto layout = [&](Object& made, int64_t rows, int64_t columns, int64_t row) {
      return create_layout_(&made, kBf16, static_cast<uint64_t>(columns), static_cast<uint64_t>(rows), row) == kSuccess;
    };
    const auto set = [&](int attribute, const auto& value) {
      return set_(plan.operation, attribute, &value, sizeof value) == kSuccess;
    };
    const int32_t first = p.transpose_b != 0, second = p.transpose_a != 0;
    int count = 0;
    return create_operation_(&plan.operation, kInFloat32, kFloat32) == kSuccess && set(kTransposeA, first) &&
           set(kTransposeB, second) && set(kEpilogue, epilogue) &&
           (epilogue != kWithBiasGeluAndInput || set(kAuxiliaryColumn, p.row_c)) &&
           layout(plan.a, p.transpose_a ? p.k : p.m, p.transpose_a ? p.m : p.k, p.row_a) &&
           layout(plan.b, p.transpose_b ? p.n : p.k, p.transpose_b ? p.k : p.n, p.row_b) &&
           layout(plan.c, p.m, p.n, p.row_c) &&
           find_(handle_, plan.operation, plan.b, plan.a, plan.c, plan.c, preference_, 1, &plan.heuristic, &count) ==
               kSuccess &&
           count == 1 && plan.heuristic.state == kSuccess;
  }

  CreateOperation create_operation_ = nullptr;
  SetAttribute set_ = nullptr;
  CreateLayout create_layout_ = nullptr;
  FindAlgorithm find_ = nullptr;
  Multiply multiply_ = nullptr;
  Object handle_ = nullptr, preference_ = nullptr;
  const Workspace workspace_ = cublas_workspace();
  bool works_ = false;
  std::mutex lock_;
  std::map<Key, Plan> plans_;
};

Library& library() {
  static Library* const the_library = new Library;
  return *the_library;
}

// 0: there is none for this.
int epilogue_of(const MatmulParams& p) {
  if (p.activation == kNone && p.has_pre == 0) return kWithBias;
  if (p.activation == kRelu && p.has_pre == 0) return kWithBiasAndRelu;
  if (p.activation == kGeluTanh) return p.has_pre ? kWithBiasGeluAndInput : kWithBiasAndGelu;
  return 0;
}

}  // namespace

bool cublaslt_multiply(const Bf16* a, const Bf16* b, const float* bias, Bf16* c, Bf16* pre, const MatmulParams& p) {
  const int epilogue = epilogue_of(p);
  const int64_t ends = p.row_a % kWhole + p.row_b % kWhole + p.row_c % kWhole + p.n % kWhole;
  if (epilogue == 0 || p.has_bias == 0 || p.batch != 1 || p.k == 0 || ends != 0 || !library().works()) return false;
  // cuBLASLt takes a bias of the type of the result alone.
  const Scratch rounded(static_cast<size_t>(p.n) * sizeof(Bf16));
  device::round_to_bf16(rounded.as<Bf16>(), bias, static_cast<size_t>(p.n));
  return library().multiply(a, b, rounded.as<Bf16>(), c, pre, epilogue, p);
}

}  // namespace nabla::cuda
