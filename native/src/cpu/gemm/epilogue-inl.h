// SPDX-License-Identifier: Apache-2.0
// What follows a matrix product: bias and activation, applied to a block of C that is still in the cache.

// Calls body(f), f being the activation as a function from F32 to F32.
template <class Body>
inline void with_activation(Activation activation, const Body& body) {
  switch (activation) {
    case kNone:
      return body([](F32 x) { return x; });
    case kRelu:
      return body([](F32 x) { return rectify(x); });
    case kGelu:
      return body([](F32 x) { return gelu(x); });
    case kGeluTanh:
      return body([](F32 x) { return gelu_tanh(x); });
    case kSigmoid:
      return body([](F32 x) { return sigmoid(x); });
    case kTanh:
      return body([](F32 x) { return tanh(x); });
    case kSilu:
      return body([](F32 x) { return silu(x); });
  }
}

struct Epilogue {
  const float* bias = nullptr;  // [columns], or none
  Activation activation = kNone;
  float* pre = nullptr;  // receives what goes into the activation; laid out as C, or none

  bool empty() const { return bias == nullptr && activation == kNone && pre == nullptr; }
};

// c = activation(c + bias) on `rows` rows of `columns` elements; `bias` and `pre` start at the block's first element.
inline void finish(const Epilogue& e, int64_t rows, int64_t columns, float* c, int64_t ldc) {
  with_activation(e.activation, [&](auto activate) {
    for (int64_t r = 0; r < rows; ++r)
      for_vectors(0, columns, [&](int64_t j, auto lanes) {
        const int64_t at = r * ldc + j;
        F32 x = load_lanes(c + at, lanes);
        if (e.bias != nullptr) x = add(x, load_lanes(e.bias + j, lanes));
        if (e.pre != nullptr) store_lanes(e.pre + at, x, lanes);
        store_lanes(c + at, activate(x), lanes);
      });
  });
}
