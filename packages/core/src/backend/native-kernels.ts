// SPDX-License-Identifier: Apache-2.0
// Made by `npm run generate` from the addon's own description of native/src/kernels/kernels.def. Do not edit.
/* eslint-disable max-lines -- as long as the list of kernels */

import type { Handle, KernelDescription } from './addon.ts';

export const nativeVersion = '0.1.0';

/** The named arguments of every native kernel; see native/src/kernels for what they mean. */
export interface NativeCalls {
  activation_f32: { in: Handle; out: Handle; count: number; activation: number };
  activation_grad_f32: { grad_out: Handle; saved: Handle; grad_in: Handle; count: number; activation: number };
  dropout_f32: { in: Handle; out: Handle; count: number; probability: number; seed: number; offset: number };
  attention_f32: {
    query: Handle;
    key: Handle;
    value: Handle;
    mask: Handle;
    bias: Handle;
    out: Handle;
    log_sum_exp: Handle;
    batch: number;
    heads: number;
    key_heads: number;
    query_time: number;
    key_time: number;
    head_size: number;
    value_size: number;
    causal: number;
    mask_strides: readonly number[];
    bias_strides: readonly number[];
    scale: number;
    dropout: number;
    seed: number;
    offset: number;
  };
  attention_grad_f32: {
    grad_out: Handle;
    query: Handle;
    key: Handle;
    value: Handle;
    mask: Handle;
    bias: Handle;
    out: Handle;
    log_sum_exp: Handle;
    grad_query: Handle;
    grad_key: Handle;
    grad_value: Handle;
    batch: number;
    heads: number;
    key_heads: number;
    query_time: number;
    key_time: number;
    head_size: number;
    value_size: number;
    causal: number;
    mask_strides: readonly number[];
    bias_strides: readonly number[];
    scale: number;
    dropout: number;
    seed: number;
    offset: number;
  };
  attention_scores_grad_f32: {
    grad_out: Handle;
    query: Handle;
    key: Handle;
    value: Handle;
    mask: Handle;
    bias: Handle;
    out: Handle;
    log_sum_exp: Handle;
    grad_scores: Handle;
    batch: number;
    heads: number;
    key_heads: number;
    query_time: number;
    key_time: number;
    head_size: number;
    value_size: number;
    causal: number;
    mask_strides: readonly number[];
    bias_strides: readonly number[];
    scale: number;
    dropout: number;
    seed: number;
    offset: number;
  };
  self_attention_f32: {
    in: Handle;
    mask: Handle;
    out: Handle;
    log_sum_exp: Handle;
    batch: number;
    heads: number;
    time: number;
    head_size: number;
    causal: number;
    mask_strides: readonly number[];
    scale: number;
    dropout: number;
    seed: number;
    offset: number;
  };
  self_attention_grad_f32: {
    grad_out: Handle;
    in: Handle;
    mask: Handle;
    out: Handle;
    log_sum_exp: Handle;
    grad_in: Handle;
    batch: number;
    heads: number;
    time: number;
    head_size: number;
    causal: number;
    mask_strides: readonly number[];
    scale: number;
    dropout: number;
    seed: number;
    offset: number;
  };
  embedding_f32: { weight: Handle; indices: Handle; out: Handle; count: number; vocabulary: number; features: number };
  embedding_grad_f32: {
    grad_out: Handle;
    indices: Handle;
    grad_weight: Handle;
    count: number;
    vocabulary: number;
    features: number;
  };
  abs_f32: { in: Handle; out: Handle; count: number };
  abs_i32: { in: Handle; out: Handle; count: number };
  neg_f32: { in: Handle; out: Handle; count: number };
  neg_i32: { in: Handle; out: Handle; count: number };
  sign_f32: { in: Handle; out: Handle; count: number };
  sign_i32: { in: Handle; out: Handle; count: number };
  square_f32: { in: Handle; out: Handle; count: number };
  square_i32: { in: Handle; out: Handle; count: number };
  sqrt_f32: { in: Handle; out: Handle; count: number };
  rsqrt_f32: { in: Handle; out: Handle; count: number };
  reciprocal_f32: { in: Handle; out: Handle; count: number };
  ceil_f32: { in: Handle; out: Handle; count: number };
  floor_f32: { in: Handle; out: Handle; count: number };
  round_f32: { in: Handle; out: Handle; count: number };
  relu_f32: { in: Handle; out: Handle; count: number };
  relu_i32: { in: Handle; out: Handle; count: number };
  relu6_f32: { in: Handle; out: Handle; count: number };
  relu6_i32: { in: Handle; out: Handle; count: number };
  leaky_relu_f32: { in: Handle; out: Handle; count: number; alpha: number };
  step_f32: { in: Handle; out: Handle; count: number; alpha: number };
  clip_f32: { in: Handle; out: Handle; count: number; minimum: number; maximum: number };
  is_finite_f32: { in: Handle; out: Handle; count: number };
  is_inf_f32: { in: Handle; out: Handle; count: number };
  is_nan_f32: { in: Handle; out: Handle; count: number };
  logical_not_bool: { in: Handle; out: Handle; count: number };
  cast_f32_i32: { in: Handle; out: Handle; count: number };
  cast_f32_bool: { in: Handle; out: Handle; count: number };
  cast_i32_f32: { in: Handle; out: Handle; count: number };
  cast_i32_bool: { in: Handle; out: Handle; count: number };
  cast_bool_f32: { in: Handle; out: Handle; count: number };
  cast_bool_i32: { in: Handle; out: Handle; count: number };
  exp_f32: { in: Handle; out: Handle; count: number };
  expm1_f32: { in: Handle; out: Handle; count: number };
  log_f32: { in: Handle; out: Handle; count: number };
  log1p_f32: { in: Handle; out: Handle; count: number };
  sigmoid_f32: { in: Handle; out: Handle; count: number };
  softplus_f32: { in: Handle; out: Handle; count: number };
  elu_f32: { in: Handle; out: Handle; count: number };
  selu_f32: { in: Handle; out: Handle; count: number };
  tanh_f32: { in: Handle; out: Handle; count: number };
  erf_f32: { in: Handle; out: Handle; count: number };
  sin_f32: { in: Handle; out: Handle; count: number };
  cos_f32: { in: Handle; out: Handle; count: number };
  tan_f32: { in: Handle; out: Handle; count: number };
  sinh_f32: { in: Handle; out: Handle; count: number };
  cosh_f32: { in: Handle; out: Handle; count: number };
  asin_f32: { in: Handle; out: Handle; count: number };
  acos_f32: { in: Handle; out: Handle; count: number };
  atan_f32: { in: Handle; out: Handle; count: number };
  asinh_f32: { in: Handle; out: Handle; count: number };
  acosh_f32: { in: Handle; out: Handle; count: number };
  atanh_f32: { in: Handle; out: Handle; count: number };
  add_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  add_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  sub_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  sub_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  mul_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  mul_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  div_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  floor_div_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  floor_div_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  mod_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  mod_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  pow_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  atan2_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  maximum_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  maximum_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  minimum_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  minimum_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  squared_difference_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  squared_difference_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  prelu_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  elu_grad_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  equal_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  equal_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  not_equal_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  not_equal_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  less_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  less_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  less_equal_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  less_equal_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  greater_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  greater_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  greater_equal_f32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  greater_equal_i32: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  logical_and_bool: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  logical_or_bool: {
    a: Handle;
    b: Handle;
    out: Handle;
    shape: readonly number[];
    a_strides: readonly number[];
    b_strides: readonly number[];
  };
  select_f32: { condition: Handle; yes: Handle; no: Handle; out: Handle; rows: number; columns: number };
  select_i32: { condition: Handle; yes: Handle; no: Handle; out: Handle; rows: number; columns: number };
  select_bool: { condition: Handle; yes: Handle; no: Handle; out: Handle; rows: number; columns: number };
  add_n_f32: { in: readonly Handle[]; out: Handle; count: number; lengths: readonly number[] };
  add_n_i32: { in: readonly Handle[]; out: Handle; count: number; lengths: readonly number[] };
  fill_f32: { out: Handle; count: number; value: number };
  fill_i32: { out: Handle; count: number; value: number };
  fill_bool: { out: Handle; count: number; value: number };
  random_uniform_f32: { out: Handle; count: number; seed: number; offset: number; low: number; high: number };
  random_normal_f32: {
    out: Handle;
    count: number;
    seed: number;
    offset: number;
    mean: number;
    standard_deviation: number;
  };
  softmax_f32: { in: Handle; out: Handle; rows: number; columns: number };
  elementwise_loss_f32: {
    prediction: Handle;
    target: Handle;
    loss: Handle;
    count: number;
    kind: number;
    reduction: number;
    delta: number;
  };
  elementwise_loss_grad_f32: {
    grad_out: Handle;
    prediction: Handle;
    target: Handle;
    grad_prediction: Handle;
    count: number;
    kind: number;
    reduction: number;
    delta: number;
  };
  softmax_cross_entropy_f32: {
    in: Handle;
    labels: Handle;
    loss: Handle;
    maximum: Handle;
    inverse_sum: Handle;
    rows: number;
    columns: number;
    reduction: number;
  };
  softmax_cross_entropy_grad_f32: {
    grad_out: Handle;
    in: Handle;
    labels: Handle;
    maximum: Handle;
    inverse_sum: Handle;
    grad_in: Handle;
    rows: number;
    columns: number;
    reduction: number;
  };
  ctc_loss_f32: {
    in: Handle;
    targets: Handle;
    input_lengths: Handle;
    target_lengths: Handle;
    loss: Handle;
    alpha: Handle;
    batch: number;
    time: number;
    classes: number;
    length: number;
    blank: number;
    zero_infinity: number;
  };
  ctc_loss_grad_f32: {
    grad_out: Handle;
    in: Handle;
    targets: Handle;
    input_lengths: Handle;
    target_lengths: Handle;
    alpha: Handle;
    grad_in: Handle;
    batch: number;
    time: number;
    classes: number;
    length: number;
    blank: number;
    zero_infinity: number;
  };
  layer_norm_f32: {
    in: Handle;
    weight: Handle;
    bias: Handle;
    out: Handle;
    mean: Handle;
    inverse_deviation: Handle;
    rows: number;
    features: number;
    epsilon: number;
  };
  layer_norm_grad_f32: {
    grad_out: Handle;
    in: Handle;
    weight: Handle;
    mean: Handle;
    inverse_deviation: Handle;
    grad_in: Handle;
    grad_weight: Handle;
    grad_bias: Handle;
    rows: number;
    features: number;
  };
  rms_norm_f32: {
    in: Handle;
    weight: Handle;
    out: Handle;
    inverse_rms: Handle;
    rows: number;
    features: number;
    epsilon: number;
  };
  rms_norm_grad_f32: {
    grad_out: Handle;
    in: Handle;
    weight: Handle;
    inverse_rms: Handle;
    grad_in: Handle;
    grad_weight: Handle;
    rows: number;
    features: number;
  };
  group_norm_f32: {
    in: Handle;
    weight: Handle;
    bias: Handle;
    out: Handle;
    mean: Handle;
    variance: Handle;
    batch: number;
    positions: number;
    channels: number;
    groups: number;
    epsilon: number;
  };
  group_norm_grad_f32: {
    grad_out: Handle;
    in: Handle;
    weight: Handle;
    mean: Handle;
    variance: Handle;
    grad_in: Handle;
    grad_weight: Handle;
    grad_bias: Handle;
    batch: number;
    positions: number;
    channels: number;
    groups: number;
    epsilon: number;
    constant: number;
  };
  normalize_f32: {
    in: Handle;
    weight: Handle;
    bias: Handle;
    mean: Handle;
    variance: Handle;
    out: Handle;
    rows: number;
    channels: number;
    epsilon: number;
  };
  max_pool_f32: {
    in: Handle;
    out: Handle;
    argmax: Handle;
    batch: number;
    channels: number;
    in_size: readonly number[];
    out_size: readonly number[];
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
    dilation: readonly number[];
    adaptive: number;
    ignore_nan: number;
  };
  max_pool_grad_f32: {
    grad_out: Handle;
    argmax: Handle;
    grad_in: Handle;
    batch: number;
    channels: number;
    in_size: readonly number[];
    out_size: readonly number[];
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
    dilation: readonly number[];
    adaptive: number;
  };
  average_pool_f32: {
    in: Handle;
    out: Handle;
    batch: number;
    channels: number;
    in_size: readonly number[];
    out_size: readonly number[];
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
    dilation: readonly number[];
    adaptive: number;
    count_padding: number;
  };
  average_pool_grad_f32: {
    grad_out: Handle;
    grad_in: Handle;
    batch: number;
    channels: number;
    in_size: readonly number[];
    out_size: readonly number[];
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
    dilation: readonly number[];
    adaptive: number;
    count_padding: number;
  };
  resample_f32: {
    in: Handle;
    indices: Handle;
    weights: Handle;
    out: Handle;
    outer: number;
    length: number;
    inner: number;
    out_length: number;
    taps: number;
  };
  resample_grad_f32: {
    grad_out: Handle;
    indices: Handle;
    weights: Handle;
    grad_in: Handle;
    outer: number;
    length: number;
    inner: number;
    out_length: number;
    taps: number;
  };
  matmul_f32: {
    a: Handle;
    b: Handle;
    bias: Handle;
    c: Handle;
    pre: Handle;
    batch: number;
    m: number;
    n: number;
    k: number;
    transpose_a: number;
    transpose_b: number;
    row_a: number;
    row_b: number;
    row_c: number;
    batch_a: number;
    batch_b: number;
    batch_c: number;
    activation: number;
    has_bias: number;
    has_pre: number;
  };
  conv_f32: {
    in: Handle;
    weight: Handle;
    bias: Handle;
    out: Handle;
    pre: Handle;
    batch: number;
    in_channels: number;
    out_channels: number;
    groups: number;
    in_size: readonly number[];
    out_size: readonly number[];
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
    dilation: readonly number[];
    activation: number;
    has_bias: number;
    has_pre: number;
  };
  conv_grad_in_f32: {
    grad_out: Handle;
    weight: Handle;
    grad_in: Handle;
    batch: number;
    in_channels: number;
    out_channels: number;
    groups: number;
    in_size: readonly number[];
    out_size: readonly number[];
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
    dilation: readonly number[];
  };
  conv_grad_weight_f32: {
    in: Handle;
    grad_out: Handle;
    grad_weight: Handle;
    batch: number;
    in_channels: number;
    out_channels: number;
    groups: number;
    in_size: readonly number[];
    out_size: readonly number[];
    kernel: readonly number[];
    stride: readonly number[];
    padding: readonly number[];
    dilation: readonly number[];
  };
  recurrent_f32: {
    in: Handle;
    weight_ih: Handle;
    weight_hh: Handle;
    bias_ih: Handle;
    bias_hh: Handle;
    hidden_before: Handle;
    cell_before: Handle;
    out: Handle;
    gates: Handle;
    states: Handle;
    cells: Handle;
    batch: number;
    time: number;
    features: number;
    hidden: number;
    kind: number;
    reverse: number;
    has_bias: number;
    lengths: readonly number[];
  };
  recurrent_grad_f32: {
    grad_out: Handle;
    in: Handle;
    weight_ih: Handle;
    weight_hh: Handle;
    gates: Handle;
    states: Handle;
    cells: Handle;
    grad_in: Handle;
    grad_weight_ih: Handle;
    grad_weight_hh: Handle;
    grad_bias_ih: Handle;
    grad_bias_hh: Handle;
    grad_hidden: Handle;
    grad_cell: Handle;
    batch: number;
    time: number;
    features: number;
    hidden: number;
    kind: number;
    reverse: number;
    has_bias: number;
    lengths: readonly number[];
  };
  adamw_step_f32: {
    parameters: readonly Handle[];
    gradients: readonly Handle[];
    first_moments: readonly Handle[];
    second_moments: readonly Handle[];
    lengths: readonly number[];
    decay: number;
    first_rate: number;
    second_decay: number;
    second_rate: number;
    step_size: number;
    second_scale: number;
    epsilon: number;
  };
  sgd_step_f32: {
    parameters: readonly Handle[];
    gradients: readonly Handle[];
    lengths: readonly number[];
    learning_rate: number;
    weight_decay: number;
  };
  momentum_step_f32: {
    parameters: readonly Handle[];
    gradients: readonly Handle[];
    velocities: readonly Handle[];
    lengths: readonly number[];
    learning_rate: number;
    weight_decay: number;
    momentum: number;
    gradient_rate: number;
    nesterov: number;
    first: number;
  };
  optimizer_rule_step_f32: {
    parameters: readonly Handle[];
    gradients: readonly Handle[];
    first: readonly Handle[];
    second: readonly Handle[];
    third: readonly Handle[];
    lengths: readonly number[];
    rule: number;
    weight_decay: number;
    beta1: number;
    beta2: number;
    momentum: number;
    step_size: number;
    gradient_size: number;
    scale: number;
    epsilon: number;
  };
  global_norm_f32: { tensors: readonly Handle[]; norm: Handle; lengths: readonly number[]; accumulate: number };
  clip_by_global_norm_f32: { norm: Handle; tensors: readonly Handle[]; lengths: readonly number[]; maximum: number };
  clip_by_value_f32: { tensors: readonly Handle[]; lengths: readonly number[]; maximum: number };
  reduce_sum_f32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_mean_f32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_prod_f32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_max_f32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_min_f32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_sum_i32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_prod_i32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_max_i32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_min_i32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_all_bool: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  reduce_any_bool: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  arg_max_f32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  arg_min_f32: { in: Handle; out: Handle; outer: number; reduce: number; inner: number };
  cumsum_f32: {
    in: Handle;
    out: Handle;
    outer: number;
    length: number;
    inner: number;
    exclusive: number;
    reverse: number;
  };
  cumsum_i32: {
    in: Handle;
    out: Handle;
    outer: number;
    length: number;
    inner: number;
    exclusive: number;
    reverse: number;
  };
  copy_b32: {
    in: Handle;
    out: Handle;
    shape: readonly number[];
    in_strides: readonly number[];
    out_strides: readonly number[];
    reversed: readonly number[];
    in_offset: number;
    out_offset: number;
  };
  copy_b8: {
    in: Handle;
    out: Handle;
    shape: readonly number[];
    in_strides: readonly number[];
    out_strides: readonly number[];
    reversed: readonly number[];
    in_offset: number;
    out_offset: number;
  };
  index_copy_b32: {
    in: Handle;
    positions: Handle;
    out: Handle;
    shape: readonly number[];
    in_strides: readonly number[];
    in_offset: number;
    axis: number;
    length: number;
  };
  gather_b32: {
    in: Handle;
    indices: Handle;
    out: Handle;
    batch: number;
    outer: number;
    length: number;
    slice: number;
    count: number;
  };
  gather_b8: {
    in: Handle;
    indices: Handle;
    out: Handle;
    batch: number;
    outer: number;
    length: number;
    slice: number;
    count: number;
  };
  segment_sum_f32: { in: Handle; segments: Handle; out: Handle; rows: number; slice: number; groups: number };
  one_hot_b32: { indices: Handle; out: Handle; count: number; depth: number; on: number; off: number };
  one_hot_b8: { indices: Handle; out: Handle; count: number; depth: number; on: number; off: number };
}

/** What the addon must say of itself, so that an addon built from other sources is refused. */
export const nativeKernels: readonly KernelDescription[] = [
  {
    name: 'activation_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'activation', type: 'integer' },
    ],
  },
  {
    name: 'activation_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'saved', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'activation', type: 'integer' },
    ],
  },
  {
    name: 'dropout_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'probability', type: 'number' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
    ],
  },
  {
    name: 'attention_f32',
    arguments: [
      { name: 'query', type: 'buffer' },
      { name: 'key', type: 'buffer' },
      { name: 'value', type: 'buffer' },
      { name: 'mask', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'log_sum_exp', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'heads', type: 'integer' },
      { name: 'key_heads', type: 'integer' },
      { name: 'query_time', type: 'integer' },
      { name: 'key_time', type: 'integer' },
      { name: 'head_size', type: 'integer' },
      { name: 'value_size', type: 'integer' },
      { name: 'causal', type: 'integer' },
      { name: 'mask_strides', type: 'dims' },
      { name: 'bias_strides', type: 'dims' },
      { name: 'scale', type: 'number' },
      { name: 'dropout', type: 'number' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
    ],
  },
  {
    name: 'attention_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'query', type: 'buffer' },
      { name: 'key', type: 'buffer' },
      { name: 'value', type: 'buffer' },
      { name: 'mask', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'log_sum_exp', type: 'buffer' },
      { name: 'grad_query', type: 'buffer' },
      { name: 'grad_key', type: 'buffer' },
      { name: 'grad_value', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'heads', type: 'integer' },
      { name: 'key_heads', type: 'integer' },
      { name: 'query_time', type: 'integer' },
      { name: 'key_time', type: 'integer' },
      { name: 'head_size', type: 'integer' },
      { name: 'value_size', type: 'integer' },
      { name: 'causal', type: 'integer' },
      { name: 'mask_strides', type: 'dims' },
      { name: 'bias_strides', type: 'dims' },
      { name: 'scale', type: 'number' },
      { name: 'dropout', type: 'number' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
    ],
  },
  {
    name: 'attention_scores_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'query', type: 'buffer' },
      { name: 'key', type: 'buffer' },
      { name: 'value', type: 'buffer' },
      { name: 'mask', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'log_sum_exp', type: 'buffer' },
      { name: 'grad_scores', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'heads', type: 'integer' },
      { name: 'key_heads', type: 'integer' },
      { name: 'query_time', type: 'integer' },
      { name: 'key_time', type: 'integer' },
      { name: 'head_size', type: 'integer' },
      { name: 'value_size', type: 'integer' },
      { name: 'causal', type: 'integer' },
      { name: 'mask_strides', type: 'dims' },
      { name: 'bias_strides', type: 'dims' },
      { name: 'scale', type: 'number' },
      { name: 'dropout', type: 'number' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
    ],
  },
  {
    name: 'self_attention_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'mask', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'log_sum_exp', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'heads', type: 'integer' },
      { name: 'time', type: 'integer' },
      { name: 'head_size', type: 'integer' },
      { name: 'causal', type: 'integer' },
      { name: 'mask_strides', type: 'dims' },
      { name: 'scale', type: 'number' },
      { name: 'dropout', type: 'number' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
    ],
  },
  {
    name: 'self_attention_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'in', type: 'buffer' },
      { name: 'mask', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'log_sum_exp', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'heads', type: 'integer' },
      { name: 'time', type: 'integer' },
      { name: 'head_size', type: 'integer' },
      { name: 'causal', type: 'integer' },
      { name: 'mask_strides', type: 'dims' },
      { name: 'scale', type: 'number' },
      { name: 'dropout', type: 'number' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
    ],
  },
  {
    name: 'embedding_f32',
    arguments: [
      { name: 'weight', type: 'buffer' },
      { name: 'indices', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'vocabulary', type: 'integer' },
      { name: 'features', type: 'integer' },
    ],
  },
  {
    name: 'embedding_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'indices', type: 'buffer' },
      { name: 'grad_weight', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'vocabulary', type: 'integer' },
      { name: 'features', type: 'integer' },
    ],
  },
  {
    name: 'abs_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'abs_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'neg_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'neg_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'sign_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'sign_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'square_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'square_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'sqrt_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'rsqrt_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'reciprocal_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'ceil_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'floor_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'round_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'relu_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'relu_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'relu6_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'relu6_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'leaky_relu_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'alpha', type: 'number' },
    ],
  },
  {
    name: 'step_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'alpha', type: 'number' },
    ],
  },
  {
    name: 'clip_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'minimum', type: 'number' },
      { name: 'maximum', type: 'number' },
    ],
  },
  {
    name: 'is_finite_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'is_inf_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'is_nan_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'logical_not_bool',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cast_f32_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cast_f32_bool',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cast_i32_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cast_i32_bool',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cast_bool_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cast_bool_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'exp_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'expm1_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'log_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'log1p_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'sigmoid_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'softplus_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'elu_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'selu_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'tanh_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'erf_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'sin_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cos_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'tan_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'sinh_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'cosh_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'asin_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'acos_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'atan_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'asinh_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'acosh_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'atanh_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'add_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'add_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'sub_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'sub_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'mul_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'mul_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'div_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'floor_div_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'floor_div_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'mod_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'mod_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'pow_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'atan2_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'maximum_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'maximum_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'minimum_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'minimum_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'squared_difference_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'squared_difference_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'prelu_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'elu_grad_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'equal_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'equal_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'not_equal_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'not_equal_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'less_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'less_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'less_equal_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'less_equal_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'greater_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'greater_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'greater_equal_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'greater_equal_i32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'logical_and_bool',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'logical_or_bool',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'a_strides', type: 'dims' },
      { name: 'b_strides', type: 'dims' },
    ],
  },
  {
    name: 'select_f32',
    arguments: [
      { name: 'condition', type: 'buffer' },
      { name: 'yes', type: 'buffer' },
      { name: 'no', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'columns', type: 'integer' },
    ],
  },
  {
    name: 'select_i32',
    arguments: [
      { name: 'condition', type: 'buffer' },
      { name: 'yes', type: 'buffer' },
      { name: 'no', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'columns', type: 'integer' },
    ],
  },
  {
    name: 'select_bool',
    arguments: [
      { name: 'condition', type: 'buffer' },
      { name: 'yes', type: 'buffer' },
      { name: 'no', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'columns', type: 'integer' },
    ],
  },
  {
    name: 'add_n_f32',
    arguments: [
      { name: 'in', type: 'buffers' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'lengths', type: 'integers' },
    ],
  },
  {
    name: 'add_n_i32',
    arguments: [
      { name: 'in', type: 'buffers' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'lengths', type: 'integers' },
    ],
  },
  {
    name: 'fill_f32',
    arguments: [
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'value', type: 'number' },
    ],
  },
  {
    name: 'fill_i32',
    arguments: [
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'value', type: 'number' },
    ],
  },
  {
    name: 'fill_bool',
    arguments: [
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'value', type: 'number' },
    ],
  },
  {
    name: 'random_uniform_f32',
    arguments: [
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
      { name: 'low', type: 'number' },
      { name: 'high', type: 'number' },
    ],
  },
  {
    name: 'random_normal_f32',
    arguments: [
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'seed', type: 'integer' },
      { name: 'offset', type: 'integer' },
      { name: 'mean', type: 'number' },
      { name: 'standard_deviation', type: 'number' },
    ],
  },
  {
    name: 'softmax_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'columns', type: 'integer' },
    ],
  },
  {
    name: 'elementwise_loss_f32',
    arguments: [
      { name: 'prediction', type: 'buffer' },
      { name: 'target', type: 'buffer' },
      { name: 'loss', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'kind', type: 'integer' },
      { name: 'reduction', type: 'integer' },
      { name: 'delta', type: 'number' },
    ],
  },
  {
    name: 'elementwise_loss_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'prediction', type: 'buffer' },
      { name: 'target', type: 'buffer' },
      { name: 'grad_prediction', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'kind', type: 'integer' },
      { name: 'reduction', type: 'integer' },
      { name: 'delta', type: 'number' },
    ],
  },
  {
    name: 'softmax_cross_entropy_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'labels', type: 'buffer' },
      { name: 'loss', type: 'buffer' },
      { name: 'maximum', type: 'buffer' },
      { name: 'inverse_sum', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'columns', type: 'integer' },
      { name: 'reduction', type: 'integer' },
    ],
  },
  {
    name: 'softmax_cross_entropy_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'in', type: 'buffer' },
      { name: 'labels', type: 'buffer' },
      { name: 'maximum', type: 'buffer' },
      { name: 'inverse_sum', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'columns', type: 'integer' },
      { name: 'reduction', type: 'integer' },
    ],
  },
  {
    name: 'ctc_loss_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'targets', type: 'buffer' },
      { name: 'input_lengths', type: 'buffer' },
      { name: 'target_lengths', type: 'buffer' },
      { name: 'loss', type: 'buffer' },
      { name: 'alpha', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'time', type: 'integer' },
      { name: 'classes', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'blank', type: 'integer' },
      { name: 'zero_infinity', type: 'integer' },
    ],
  },
  {
    name: 'ctc_loss_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'in', type: 'buffer' },
      { name: 'targets', type: 'buffer' },
      { name: 'input_lengths', type: 'buffer' },
      { name: 'target_lengths', type: 'buffer' },
      { name: 'alpha', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'time', type: 'integer' },
      { name: 'classes', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'blank', type: 'integer' },
      { name: 'zero_infinity', type: 'integer' },
    ],
  },
  {
    name: 'layer_norm_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'mean', type: 'buffer' },
      { name: 'inverse_deviation', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'features', type: 'integer' },
      { name: 'epsilon', type: 'number' },
    ],
  },
  {
    name: 'layer_norm_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'mean', type: 'buffer' },
      { name: 'inverse_deviation', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'grad_weight', type: 'buffer' },
      { name: 'grad_bias', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'features', type: 'integer' },
    ],
  },
  {
    name: 'rms_norm_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'inverse_rms', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'features', type: 'integer' },
      { name: 'epsilon', type: 'number' },
    ],
  },
  {
    name: 'rms_norm_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'inverse_rms', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'grad_weight', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'features', type: 'integer' },
    ],
  },
  {
    name: 'group_norm_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'mean', type: 'buffer' },
      { name: 'variance', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'positions', type: 'integer' },
      { name: 'channels', type: 'integer' },
      { name: 'groups', type: 'integer' },
      { name: 'epsilon', type: 'number' },
    ],
  },
  {
    name: 'group_norm_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'mean', type: 'buffer' },
      { name: 'variance', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'grad_weight', type: 'buffer' },
      { name: 'grad_bias', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'positions', type: 'integer' },
      { name: 'channels', type: 'integer' },
      { name: 'groups', type: 'integer' },
      { name: 'epsilon', type: 'number' },
      { name: 'constant', type: 'integer' },
    ],
  },
  {
    name: 'normalize_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'mean', type: 'buffer' },
      { name: 'variance', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'channels', type: 'integer' },
      { name: 'epsilon', type: 'number' },
    ],
  },
  {
    name: 'max_pool_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'argmax', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'channels', type: 'integer' },
      { name: 'in_size', type: 'dims' },
      { name: 'out_size', type: 'dims' },
      { name: 'kernel', type: 'dims' },
      { name: 'stride', type: 'dims' },
      { name: 'padding', type: 'dims' },
      { name: 'dilation', type: 'dims' },
      { name: 'adaptive', type: 'integer' },
      { name: 'ignore_nan', type: 'integer' },
    ],
  },
  {
    name: 'max_pool_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'argmax', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'channels', type: 'integer' },
      { name: 'in_size', type: 'dims' },
      { name: 'out_size', type: 'dims' },
      { name: 'kernel', type: 'dims' },
      { name: 'stride', type: 'dims' },
      { name: 'padding', type: 'dims' },
      { name: 'dilation', type: 'dims' },
      { name: 'adaptive', type: 'integer' },
    ],
  },
  {
    name: 'average_pool_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'channels', type: 'integer' },
      { name: 'in_size', type: 'dims' },
      { name: 'out_size', type: 'dims' },
      { name: 'kernel', type: 'dims' },
      { name: 'stride', type: 'dims' },
      { name: 'padding', type: 'dims' },
      { name: 'dilation', type: 'dims' },
      { name: 'adaptive', type: 'integer' },
      { name: 'count_padding', type: 'integer' },
    ],
  },
  {
    name: 'average_pool_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'channels', type: 'integer' },
      { name: 'in_size', type: 'dims' },
      { name: 'out_size', type: 'dims' },
      { name: 'kernel', type: 'dims' },
      { name: 'stride', type: 'dims' },
      { name: 'padding', type: 'dims' },
      { name: 'dilation', type: 'dims' },
      { name: 'adaptive', type: 'integer' },
      { name: 'count_padding', type: 'integer' },
    ],
  },
  {
    name: 'resample_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'indices', type: 'buffer' },
      { name: 'weights', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'inner', type: 'integer' },
      { name: 'out_length', type: 'integer' },
      { name: 'taps', type: 'integer' },
    ],
  },
  {
    name: 'resample_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'indices', type: 'buffer' },
      { name: 'weights', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'inner', type: 'integer' },
      { name: 'out_length', type: 'integer' },
      { name: 'taps', type: 'integer' },
    ],
  },
  {
    name: 'matmul_f32',
    arguments: [
      { name: 'a', type: 'buffer' },
      { name: 'b', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'c', type: 'buffer' },
      { name: 'pre', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'm', type: 'integer' },
      { name: 'n', type: 'integer' },
      { name: 'k', type: 'integer' },
      { name: 'transpose_a', type: 'integer' },
      { name: 'transpose_b', type: 'integer' },
      { name: 'row_a', type: 'integer' },
      { name: 'row_b', type: 'integer' },
      { name: 'row_c', type: 'integer' },
      { name: 'batch_a', type: 'integer' },
      { name: 'batch_b', type: 'integer' },
      { name: 'batch_c', type: 'integer' },
      { name: 'activation', type: 'integer' },
      { name: 'has_bias', type: 'integer' },
      { name: 'has_pre', type: 'integer' },
    ],
  },
  {
    name: 'conv_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'bias', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'pre', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'in_channels', type: 'integer' },
      { name: 'out_channels', type: 'integer' },
      { name: 'groups', type: 'integer' },
      { name: 'in_size', type: 'dims' },
      { name: 'out_size', type: 'dims' },
      { name: 'kernel', type: 'dims' },
      { name: 'stride', type: 'dims' },
      { name: 'padding', type: 'dims' },
      { name: 'dilation', type: 'dims' },
      { name: 'activation', type: 'integer' },
      { name: 'has_bias', type: 'integer' },
      { name: 'has_pre', type: 'integer' },
    ],
  },
  {
    name: 'conv_grad_in_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'weight', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'in_channels', type: 'integer' },
      { name: 'out_channels', type: 'integer' },
      { name: 'groups', type: 'integer' },
      { name: 'in_size', type: 'dims' },
      { name: 'out_size', type: 'dims' },
      { name: 'kernel', type: 'dims' },
      { name: 'stride', type: 'dims' },
      { name: 'padding', type: 'dims' },
      { name: 'dilation', type: 'dims' },
    ],
  },
  {
    name: 'conv_grad_weight_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'grad_out', type: 'buffer' },
      { name: 'grad_weight', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'in_channels', type: 'integer' },
      { name: 'out_channels', type: 'integer' },
      { name: 'groups', type: 'integer' },
      { name: 'in_size', type: 'dims' },
      { name: 'out_size', type: 'dims' },
      { name: 'kernel', type: 'dims' },
      { name: 'stride', type: 'dims' },
      { name: 'padding', type: 'dims' },
      { name: 'dilation', type: 'dims' },
    ],
  },
  {
    name: 'recurrent_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'weight_ih', type: 'buffer' },
      { name: 'weight_hh', type: 'buffer' },
      { name: 'bias_ih', type: 'buffer' },
      { name: 'bias_hh', type: 'buffer' },
      { name: 'hidden_before', type: 'buffer' },
      { name: 'cell_before', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'gates', type: 'buffer' },
      { name: 'states', type: 'buffer' },
      { name: 'cells', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'time', type: 'integer' },
      { name: 'features', type: 'integer' },
      { name: 'hidden', type: 'integer' },
      { name: 'kind', type: 'integer' },
      { name: 'reverse', type: 'integer' },
      { name: 'has_bias', type: 'integer' },
      { name: 'lengths', type: 'integers' },
    ],
  },
  {
    name: 'recurrent_grad_f32',
    arguments: [
      { name: 'grad_out', type: 'buffer' },
      { name: 'in', type: 'buffer' },
      { name: 'weight_ih', type: 'buffer' },
      { name: 'weight_hh', type: 'buffer' },
      { name: 'gates', type: 'buffer' },
      { name: 'states', type: 'buffer' },
      { name: 'cells', type: 'buffer' },
      { name: 'grad_in', type: 'buffer' },
      { name: 'grad_weight_ih', type: 'buffer' },
      { name: 'grad_weight_hh', type: 'buffer' },
      { name: 'grad_bias_ih', type: 'buffer' },
      { name: 'grad_bias_hh', type: 'buffer' },
      { name: 'grad_hidden', type: 'buffer' },
      { name: 'grad_cell', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'time', type: 'integer' },
      { name: 'features', type: 'integer' },
      { name: 'hidden', type: 'integer' },
      { name: 'kind', type: 'integer' },
      { name: 'reverse', type: 'integer' },
      { name: 'has_bias', type: 'integer' },
      { name: 'lengths', type: 'integers' },
    ],
  },
  {
    name: 'adamw_step_f32',
    arguments: [
      { name: 'parameters', type: 'buffers' },
      { name: 'gradients', type: 'buffers' },
      { name: 'first_moments', type: 'buffers' },
      { name: 'second_moments', type: 'buffers' },
      { name: 'lengths', type: 'integers' },
      { name: 'decay', type: 'number' },
      { name: 'first_rate', type: 'number' },
      { name: 'second_decay', type: 'number' },
      { name: 'second_rate', type: 'number' },
      { name: 'step_size', type: 'number' },
      { name: 'second_scale', type: 'number' },
      { name: 'epsilon', type: 'number' },
    ],
  },
  {
    name: 'sgd_step_f32',
    arguments: [
      { name: 'parameters', type: 'buffers' },
      { name: 'gradients', type: 'buffers' },
      { name: 'lengths', type: 'integers' },
      { name: 'learning_rate', type: 'number' },
      { name: 'weight_decay', type: 'number' },
    ],
  },
  {
    name: 'momentum_step_f32',
    arguments: [
      { name: 'parameters', type: 'buffers' },
      { name: 'gradients', type: 'buffers' },
      { name: 'velocities', type: 'buffers' },
      { name: 'lengths', type: 'integers' },
      { name: 'learning_rate', type: 'number' },
      { name: 'weight_decay', type: 'number' },
      { name: 'momentum', type: 'number' },
      { name: 'gradient_rate', type: 'number' },
      { name: 'nesterov', type: 'integer' },
      { name: 'first', type: 'integer' },
    ],
  },
  {
    name: 'optimizer_rule_step_f32',
    arguments: [
      { name: 'parameters', type: 'buffers' },
      { name: 'gradients', type: 'buffers' },
      { name: 'first', type: 'buffers' },
      { name: 'second', type: 'buffers' },
      { name: 'third', type: 'buffers' },
      { name: 'lengths', type: 'integers' },
      { name: 'rule', type: 'integer' },
      { name: 'weight_decay', type: 'number' },
      { name: 'beta1', type: 'number' },
      { name: 'beta2', type: 'number' },
      { name: 'momentum', type: 'number' },
      { name: 'step_size', type: 'number' },
      { name: 'gradient_size', type: 'number' },
      { name: 'scale', type: 'number' },
      { name: 'epsilon', type: 'number' },
    ],
  },
  {
    name: 'global_norm_f32',
    arguments: [
      { name: 'tensors', type: 'buffers' },
      { name: 'norm', type: 'buffer' },
      { name: 'lengths', type: 'integers' },
      { name: 'accumulate', type: 'integer' },
    ],
  },
  {
    name: 'clip_by_global_norm_f32',
    arguments: [
      { name: 'norm', type: 'buffer' },
      { name: 'tensors', type: 'buffers' },
      { name: 'lengths', type: 'integers' },
      { name: 'maximum', type: 'number' },
    ],
  },
  {
    name: 'clip_by_value_f32',
    arguments: [
      { name: 'tensors', type: 'buffers' },
      { name: 'lengths', type: 'integers' },
      { name: 'maximum', type: 'number' },
    ],
  },
  {
    name: 'reduce_sum_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_mean_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_prod_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_max_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_min_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_sum_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_prod_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_max_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_min_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_all_bool',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'reduce_any_bool',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'arg_max_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'arg_min_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'reduce', type: 'integer' },
      { name: 'inner', type: 'integer' },
    ],
  },
  {
    name: 'cumsum_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'inner', type: 'integer' },
      { name: 'exclusive', type: 'integer' },
      { name: 'reverse', type: 'integer' },
    ],
  },
  {
    name: 'cumsum_i32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'outer', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'inner', type: 'integer' },
      { name: 'exclusive', type: 'integer' },
      { name: 'reverse', type: 'integer' },
    ],
  },
  {
    name: 'copy_b32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'in_strides', type: 'dims' },
      { name: 'out_strides', type: 'dims' },
      { name: 'reversed', type: 'dims' },
      { name: 'in_offset', type: 'integer' },
      { name: 'out_offset', type: 'integer' },
    ],
  },
  {
    name: 'copy_b8',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'in_strides', type: 'dims' },
      { name: 'out_strides', type: 'dims' },
      { name: 'reversed', type: 'dims' },
      { name: 'in_offset', type: 'integer' },
      { name: 'out_offset', type: 'integer' },
    ],
  },
  {
    name: 'index_copy_b32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'positions', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'shape', type: 'dims' },
      { name: 'in_strides', type: 'dims' },
      { name: 'in_offset', type: 'integer' },
      { name: 'axis', type: 'integer' },
      { name: 'length', type: 'integer' },
    ],
  },
  {
    name: 'gather_b32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'indices', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'outer', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'slice', type: 'integer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'gather_b8',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'indices', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'batch', type: 'integer' },
      { name: 'outer', type: 'integer' },
      { name: 'length', type: 'integer' },
      { name: 'slice', type: 'integer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'segment_sum_f32',
    arguments: [
      { name: 'in', type: 'buffer' },
      { name: 'segments', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'rows', type: 'integer' },
      { name: 'slice', type: 'integer' },
      { name: 'groups', type: 'integer' },
    ],
  },
  {
    name: 'one_hot_b32',
    arguments: [
      { name: 'indices', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'depth', type: 'integer' },
      { name: 'on', type: 'integer' },
      { name: 'off', type: 'integer' },
    ],
  },
  {
    name: 'one_hot_b8',
    arguments: [
      { name: 'indices', type: 'buffer' },
      { name: 'out', type: 'buffer' },
      { name: 'count', type: 'integer' },
      { name: 'depth', type: 'integer' },
      { name: 'on', type: 'integer' },
      { name: 'off', type: 'integer' },
    ],
  },
];
