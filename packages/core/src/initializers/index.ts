// SPDX-License-Identifier: Apache-2.0
// The initializers, one line per file.

export { type ConstantOptions, constant } from './constant.ts';
export { type Fans, computeFans } from './fans.ts';
export { type Nonlinearity, calculateGain } from './gain.ts';
export type { Initializer } from './initializer.ts';
export { type KaimingOptions, kaimingNormal, kaimingUniform } from './kaiming.ts';
export { type NormalOptions, normal } from './normal.ts';
export { type TruncatedNormalOptions, truncatedNormal } from './truncated-normal.ts';
export { type UniformOptions, uniform } from './uniform.ts';
export { type XavierOptions, xavierNormal, xavierUniform } from './xavier.ts';
