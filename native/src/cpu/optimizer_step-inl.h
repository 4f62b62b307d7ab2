// SPDX-License-Identifier: Apache-2.0
// Steps of optimizers over lists of tensors.

inline void adamw_step_f32(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> first_moments,
                           Buffers<float> second_moments, const AdamWStepParams& params) {
  const F32 decay = splat(params.decay), first_rate = splat(params.first_rate);
  const F32 second_decay = splat(params.second_decay), second_rate = splat(params.second_rate);
  const F32 step_size = splat(params.step_size), second_scale = splat(params.second_scale);
  const F32 epsilon = splat(params.epsilon);
  parallel_for_blocks(params.lengths, [&](int64_t t, int64_t begin, int64_t end, int64_t) {
    float *parameter = parameters.items[t], *first = first_moments.items[t], *second = second_moments.items[t];
    const float* gradient = gradients.items[t];
    for_vectors(begin, end, [&](int64_t i, int lanes) {
      const F32 g = load_lanes(gradient + i, lanes), m = load_lanes(first + i, lanes);
      const F32 next_m = mul_add(first_rate, sub(g, m), m);
      const F32 next_v = mul_add(second_decay, load_lanes(second + i, lanes), mul(second_rate, mul(g, g)));
      const F32 p = load_lanes(parameter + i, lanes);
      const F32 update = div(mul(step_size, next_m), mul_add(second_scale, sqrt(next_v), epsilon));
      store_lanes(first + i, next_m, lanes);
      store_lanes(second + i, next_v, lanes);
      store_lanes(parameter + i, sub(neg_mul_add(decay, p, p), update), lanes);
    });
  });
}

inline void sgd_step_f32(Buffers<float> parameters, Buffers<const float> gradients, const SgdStepParams& params) {
  const F32 learning_rate = splat(params.learning_rate), weight_decay = splat(params.weight_decay);
  parallel_for_blocks(params.lengths, [&](int64_t t, int64_t begin, int64_t end, int64_t) {
    float* parameter = parameters.items[t];
    const float* gradient = gradients.items[t];
    for_vectors(begin, end, [&](int64_t i, int lanes) {
      const F32 p = load_lanes(parameter + i, lanes);
      const F32 g = mul_add(weight_decay, p, load_lanes(gradient + i, lanes));
      store_lanes(parameter + i, neg_mul_add(learning_rate, g, p), lanes);
    });
  });
}

inline void momentum_step_f32(Buffers<float> parameters, Buffers<const float> gradients, Buffers<float> velocities,
                              const MomentumStepParams& params) {
  const F32 learning_rate = splat(params.learning_rate), weight_decay = splat(params.weight_decay);
  const F32 momentum = splat(params.momentum), gradient_rate = splat(params.gradient_rate);
  const bool nesterov = params.nesterov != 0, first = params.first != 0;
  parallel_for_blocks(params.lengths, [&](int64_t t, int64_t begin, int64_t end, int64_t) {
    float *parameter = parameters.items[t], *velocity = velocities.items[t];
    const float* gradient = gradients.items[t];
    for_vectors(begin, end, [&](int64_t i, int lanes) {
      const F32 p = load_lanes(parameter + i, lanes);
      const F32 g = mul_add(weight_decay, p, load_lanes(gradient + i, lanes));
      const F32 u = first ? g : mul_add(momentum, load_lanes(velocity + i, lanes), mul(gradient_rate, g));
      store_lanes(velocity + i, u, lanes);
      store_lanes(parameter + i, neg_mul_add(learning_rate, nesterov ? mul_add(momentum, u, g) : u, p), lanes);
    });
  });
}
