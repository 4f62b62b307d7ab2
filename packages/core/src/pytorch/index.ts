// SPDX-License-Identifier: Apache-2.0
// Files of named tensors as torch.save writes them.

export { type PyTorchFile, openPyTorch } from './open.ts';
export { readPyTorch } from './read.ts';
