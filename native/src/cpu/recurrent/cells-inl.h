// SPDX-License-Identifier: Apache-2.0
// One step of a recurrent cell for one row, forward and backward; `size` is the length of a state.

template <F32 (*activation)(F32)>
inline void plain_step(float* gates, float* hidden, int64_t size) {
  for_vectors(0, size, [=](int64_t j, int lanes) {
    const F32 value = activation(load_lanes(gates + j, lanes));
    store_lanes(gates + j, value, lanes);
    store_lanes(hidden + j, value, lanes);
  });
}

// From the sums that go into the gates i, f, g, o to the gates themselves, in place, and to the new states.
inline void lstm_step(float* gates, const float* cell_before, float* hidden, float* cell, int64_t size) {
  for_vectors(0, size, [=](int64_t j, int lanes) {
    const F32 i = sigmoid(load_lanes(gates + j, lanes));
    const F32 f = sigmoid(load_lanes(gates + size + j, lanes));
    const F32 g = tanh(load_lanes(gates + 2 * size + j, lanes));
    const F32 o = sigmoid(load_lanes(gates + 3 * size + j, lanes));
    const F32 c = mul_add(f, load_lanes(cell_before + j, lanes), mul(i, g));
    store_lanes(gates + j, i, lanes);
    store_lanes(gates + size + j, f, lanes);
    store_lanes(gates + 2 * size + j, g, lanes);
    store_lanes(gates + 3 * size + j, o, lanes);
    store_lanes(cell + j, c, lanes);
    store_lanes(hidden + j, mul(o, tanh(c)), lanes);
  });
}

// The same for r, z, n; the fourth block holds q, what r multiplies, and stays.
inline void gru_step(float* gates, const float* hidden_before, float* hidden, int64_t size) {
  for_vectors(0, size, [=](int64_t j, int lanes) {
    const F32 r = sigmoid(load_lanes(gates + j, lanes));
    const F32 z = sigmoid(load_lanes(gates + size + j, lanes));
    const F32 q = load_lanes(gates + 3 * size + j, lanes);
    const F32 n = tanh(mul_add(r, q, load_lanes(gates + 2 * size + j, lanes)));
    store_lanes(gates + j, r, lanes);
    store_lanes(gates + size + j, z, lanes);
    store_lanes(gates + 2 * size + j, n, lanes);
    const F32 kept = mul(z, load_lanes(hidden_before + j, lanes));
    store_lanes(hidden + j, add(mul(sub(splat(1.0f), z), n), kept), lanes);
  });
}

// Backward: `grad_hidden` holds the gradient by the new state and receives what goes straight to the one before;
// `grad_gates` receives the gradients by what goes into the gates.

template <F32 (*derivative)(F32)>
inline void plain_step_grad(const float* gates, float* grad_hidden, float* grad_gates, int64_t size) {
  for_vectors(0, size, [=](int64_t j, int lanes) {
    const F32 slope = derivative(load_lanes(gates + j, lanes));
    store_lanes(grad_gates + j, mul(load_lanes(grad_hidden + j, lanes), slope), lanes);
    store_lanes(grad_hidden + j, zero(), lanes);
  });
}

// `grad_cell` goes from the gradient by the new cell to that by the one before.
inline void lstm_step_grad(const float* gates, const float* cell_before, const float* cell, float* grad_hidden,
                           float* grad_cell, float* grad_gates, int64_t size) {
  for_vectors(0, size, [=](int64_t j, int lanes) {
    const F32 i = load_lanes(gates + j, lanes), f = load_lanes(gates + size + j, lanes);
    const F32 g = load_lanes(gates + 2 * size + j, lanes), o = load_lanes(gates + 3 * size + j, lanes);
    const F32 seen = tanh(load_lanes(cell + j, lanes));
    const F32 grad_h = load_lanes(grad_hidden + j, lanes);
    const F32 grad_c = mul_add(mul(grad_h, o), tanh_derivative(seen), load_lanes(grad_cell + j, lanes));
    store_lanes(grad_gates + j, mul(mul(grad_c, g), sigmoid_derivative(i)), lanes);
    const F32 before = load_lanes(cell_before + j, lanes);
    store_lanes(grad_gates + size + j, mul(mul(grad_c, before), sigmoid_derivative(f)), lanes);
    store_lanes(grad_gates + 2 * size + j, mul(mul(grad_c, i), tanh_derivative(g)), lanes);
    store_lanes(grad_gates + 3 * size + j, mul(mul(grad_h, seen), sigmoid_derivative(o)), lanes);
    store_lanes(grad_cell + j, mul(grad_c, f), lanes);
    store_lanes(grad_hidden + j, zero(), lanes);
  });
}

// The third block receives the gradient by n's part from the input, the fourth that by q.
inline void gru_step_grad(const float* gates, const float* hidden_before, float* grad_hidden, float* grad_gates,
                          int64_t size) {
  for_vectors(0, size, [=](int64_t j, int lanes) {
    const F32 r = load_lanes(gates + j, lanes), z = load_lanes(gates + size + j, lanes);
    const F32 n = load_lanes(gates + 2 * size + j, lanes), q = load_lanes(gates + 3 * size + j, lanes);
    const F32 grad_h = load_lanes(grad_hidden + j, lanes);
    const F32 grad_n = mul(mul(grad_h, sub(splat(1.0f), z)), tanh_derivative(n));
    store_lanes(grad_gates + j, mul(mul(grad_n, q), sigmoid_derivative(r)), lanes);
    const F32 change = sub(load_lanes(hidden_before + j, lanes), n);
    store_lanes(grad_gates + size + j, mul(mul(grad_h, change), sigmoid_derivative(z)), lanes);
    store_lanes(grad_gates + 2 * size + j, grad_n, lanes);
    store_lanes(grad_gates + 3 * size + j, mul(grad_n, r), lanes);
    store_lanes(grad_hidden + j, mul(grad_h, z), lanes);
  });
}
