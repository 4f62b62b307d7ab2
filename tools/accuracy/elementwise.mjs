// SPDX-License-Identifier: Apache-2.0
// Functions of one and of two elements, and what they are in float64.

const { abs, exp, expm1, log, log1p, max, min, sqrt, tanh, PI } = Math;

/** The error function: its series where it converges fast, else the continued fraction of its complement. */
export function erf(x) {
  const z = abs(x);
  if (z > 6) return Math.sign(x);
  if (z < 2.5) {
    let [term, sum] = [z, z];
    for (let n = 1; abs(term) > 1e-18 * abs(sum); n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / sqrt(PI);
  }
  let fraction = z;
  for (let n = 120; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - exp(-z * z) / (fraction * sqrt(PI)));
}

const sigmoid = (x) => 1 / (1 + exp(-x));
const cumulative = (x) => (1 + erf(x / Math.SQRT2)) / 2;
const inner = (x) => sqrt(2 / PI) * (x + 0.044715 * x ** 3);
const geluTanh = (x) => x * sigmoid(2 * inner(x));
const density = (x) => exp((-x * x) / 2) / sqrt(2 * PI);
const geluTanhSlope = (x) => {
  const t = tanh(inner(x));
  return (1 + t) / 2 + (x * (1 - t * t) * sqrt(2 / PI) * (1 + 3 * 0.044715 * x * x)) / 2;
};
const mod = (a, b) => a - b * Math.floor(a / b);
const SCALE = 1.0507009873554805;
const ALPHA = 1.6732632423543772;

/** kernel, range of the inputs, function. */
export const UNARY = [
  ['abs_f32', [-1e30, 1e30], abs],
  ['neg_f32', [-1e30, 1e30], (x) => -x],
  ['sign_f32', [-10, 10], Math.sign],
  ['square_f32', [-1e15, 1e15], (x) => x * x],
  ['sqrt_f32', [0, 1e30], sqrt],
  ['rsqrt_f32', [1e-30, 1e30], (x) => 1 / sqrt(x)],
  ['reciprocal_f32', [-1e30, 1e30], (x) => 1 / x],
  ['ceil_f32', [-1000, 1000], Math.ceil],
  ['floor_f32', [-1000, 1000], Math.floor],
  ['round_f32', [-1000, 1000], (x) => (abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))],
  ['relu_f32', [-10, 10], (x) => max(x, 0)],
  ['relu6_f32', [-10, 10], (x) => min(max(x, 0), 6)],
  ['leaky_relu_f32', [-10, 10], (x) => (x < 0 ? x / 4 : x), { alpha: 0.25 }],
  ['step_f32', [-10, 10], (x) => (x > 0 ? 1 : 0.25), { alpha: 0.25 }],
  ['clip_f32', [-10, 10], (x) => min(max(x, -1), 2), { minimum: -1, maximum: 2 }],
  ['exp_f32', [-87, 88], exp],
  ['expm1_f32', [-87, 88], expm1],
  ['log_f32', [0, 1e30], log],
  ['log1p_f32', [-0.999, 1e30], log1p],
  ['sigmoid_f32', [-80, 80], sigmoid],
  ['softplus_f32', [-80, 80], (x) => max(x, 0) + log1p(exp(-abs(x)))],
  ['elu_f32', [-80, 80], (x) => (x > 0 ? x : expm1(x))],
  ['selu_f32', [-80, 80], (x) => SCALE * (x > 0 ? x : ALPHA * expm1(x))],
  ['tanh_f32', [-20, 20], tanh],
  ['erf_f32', [-6, 6], erf],
  ['sin_f32', [-100, 100], Math.sin],
  ['cos_f32', [-100, 100], Math.cos],
  ['tan_f32', [-100, 100], Math.tan],
  ['sinh_f32', [-80, 80], Math.sinh],
  ['cosh_f32', [-80, 80], Math.cosh],
  ['asin_f32', [-1, 1], Math.asin],
  ['acos_f32', [-1, 1], Math.acos],
  ['atan_f32', [-1e30, 1e30], Math.atan],
  ['asinh_f32', [-1e30, 1e30], Math.asinh],
  ['acosh_f32', [1, 1e30], Math.acosh],
  ['atanh_f32', [-1, 1], Math.atanh],
  ...[
    ['relu', (x) => max(x, 0)],
    ['sigmoid', sigmoid],
    ['tanh', tanh],
    ['gelu', (x) => x * cumulative(x)],
    ['geluTanh', geluTanh],
    ['silu', (x) => x * sigmoid(x)],
  ].map(([name, f], i) => ['activation_f32', [-5, 20], f, { activation: i + 1 }, name]),
];

/** kernel, ranges of both inputs, function. */
export const BINARY = [
  ['add_f32', [0, 1000], [0, 1000], (a, b) => a + b],
  ['sub_f32', [-1000, 0], [0, 1000], (a, b) => a - b],
  ['mul_f32', [-1e15, 1e15], [-1e15, 1e15], (a, b) => a * b],
  ['div_f32', [-1e15, 1e15], [-1e15, 1e15], (a, b) => a / b],
  ['mod_f32', [0, 100], [1, 10], mod],
  ['pow_f32', [0.01, 100], [-8, 8], Math.pow],
  ['atan2_f32', [-100, 100], [-100, 100], Math.atan2],
  ['maximum_f32', [-1, 1], [-1, 1], max],
  ['minimum_f32', [-1, 1], [-1, 1], min],
  ['squared_difference_f32', [-1000, 0], [0, 1000], (a, b) => (a - b) ** 2],
  ['prelu_f32', [-10, 10], [-1, 1], (x, alpha) => (x < 0 ? alpha * x : x)],
];

/** What grad_out = 1 is multiplied with: kernel, range of what was saved, slope, parameters, name. */
export const SLOPES = [
  ['sigmoid', [0, 0.999], (y) => y * (1 - y)],
  ['tanh', [-0.999, 0.999], (y) => 1 - y * y],
  ['gelu', [0, 10], (x) => cumulative(x) + x * density(x)],
  ['geluTanh', [0, 5], geluTanhSlope],
  ['silu', [0, 20], (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
].map(([name, range, f], i) => ['activation_grad_f32', range, f, { activation: i + 2 }, name]);
