// SPDX-License-Identifier: Apache-2.0
// Weights that are kept in half the memory.

import { type FileType, storeAsBfloat16 } from '@nabla/core';
import type { Module, Parameter } from '@nabla/layers';

/** How weights are kept in memory. */
export type WeightStorage = 'float32' | 'bfloat16';

export const STORAGES: readonly WeightStorage[] = ['float32', 'bfloat16'];

/** Those that are most of a model, and that products and embeddings read as they are. */
function matricesOf(model: Module): [string, Parameter][] {
  return [...model.namedState()].filter(([, { rank, dtype }]) => rank === 2 && dtype === 'float32');
}

/**
 * Keeps the matrices of a model as bf16, as {@link storeAsBfloat16} does; norms, biases and the kernels of convolutions stay float32, and
 * so does all that is computed. For a model that is asked, or whose matrices stay as they are while corrections of them are trained;
 * an optimizer makes what it changes float32 again.
 *
 * @returns the model
 */
export function storeMatrices<Model extends Module>(model: Model): Model {
  for (const matrix of new Set(matricesOf(model).map(([, variable]) => variable))) storeAsBfloat16(matrix);
  return model;
}

/** The type of file in which what is stored so loses nothing, by name. */
export function storedTypes(model: Module): Record<string, FileType> {
  return Object.fromEntries(matricesOf(model).map(([name]) => [name, 'BF16']));
}
