// SPDX-License-Identifier: Apache-2.0
// Convolution and the gradient of its input.

inline void run_conv_part(const ConvProduct& product, const ConvPart& part, const float* weight) {
  const ConvWeights weights(product.parts, part, weight);
  const bool lines = ConvLines::accepts(product, part, weights);
  const bool in_advance = weights.floats() <= kConvPackedFloats || weights.dots || lines;
  const Scratch packed(static_cast<size_t>(in_advance ? weights.floats() : 0) * sizeof(float));
  if (in_advance)
    parallel_for(weights.groups * weights.panels * weights.pieces, row_grain(weights.piece_floats()),
                 [&](int64_t begin, int64_t end, int) {
                   for (int64_t i = begin; i < end; ++i) {
                     const int64_t panel = i / weights.pieces % weights.panels;
                     weights.pack(i / weights.pieces / weights.panels, panel, i % weights.pieces,
                                  packed.floats() + i * weights.piece_floats());
                   }
                 });
  if (lines) return run_conv_tasks(ConvLines(product, part, weights, packed.floats()));
  run_conv_tasks(ConvTasks(product, part, weights, in_advance ? packed.floats() : nullptr));
}

inline void run_conv(const ConvParts& parts, const float* in, const float* weight, float* target,
                     const Epilogue& epilogue) {
  const ConvSource source(parts, in);
  const int64_t channels = parts.p.groups * parts.from();
  const int64_t longest = source.merged ? parts.p.kernel.size[2] * channels : channels;
  const Scratch zeros(static_cast<size_t>(longest) * sizeof(float));
  clear_floats(zeros.floats(), longest);
  for (int64_t i = 0; i < parts.count(); ++i)
    run_conv_part({parts, source, target, zeros.floats(), epilogue}, source.part(parts.part(i)), weight);
}

inline void conv_f32(const float* in, const float* weight, const float* bias, float* out, float* pre,
                     const ConvForwardParams& p) {
  const Epilogue epilogue{p.has_bias ? bias : nullptr, static_cast<Activation>(p.activation),
                          p.has_pre ? pre : nullptr};
  const ConvParts parts{p, ConvParts::kFromOutput};
  if (is_depthwise(p)) return depthwise(parts, in, weight, out, epilogue);
  run_conv(parts, in, weight, out, epilogue);
}

inline void conv_grad_in_f32(const float* grad_out, const float* weight, float* grad_in, const ConvParams& p) {
  const ConvParts parts{p, ConvParts::kFromInput};
  if (is_depthwise(p)) return depthwise(parts, grad_out, weight, grad_in, {});
  run_conv(parts, grad_out, weight, grad_in, {});
}
