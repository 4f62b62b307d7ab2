// SPDX-License-Identifier: Apache-2.0
// All cases, a file per family.

import { convCases } from './conv.mjs';
import { gemmCases } from './gemm.mjs';

/**
 * A case: `name` · `device` · `unit` of its figure · `work` that a run does, in operations or bytes, unless the unit is ms ·
 * `spec`: what peers are told · `prepare`: our side (see ours.mjs) · `patience`: by how much its budget is longer, default 1.
 */
export const allCases = [...gemmCases, ...convCases];
