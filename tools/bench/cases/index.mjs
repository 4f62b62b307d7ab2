// SPDX-License-Identifier: Apache-2.0
// All cases, a file per family.

import { attentionCases } from './attention.mjs';
import { bandwidthCases } from './bandwidth.mjs';
import { besideNeighbour } from './busy.mjs';
import { convCases } from './conv.mjs';
import { decodeCases } from './decode.mjs';
import { bf16Cases } from './gemm-bf16.mjs';
import { gemmCases } from './gemm.mjs';
import { publishedCases } from './published.mjs';
import { recurrentCases, stepCases } from './step.mjs';

const alone = [
  ...gemmCases,
  ...bf16Cases,
  ...convCases,
  ...attentionCases,
  ...recurrentCases,
  ...bandwidthCases,
  ...stepCases,
  ...decodeCases,
  ...publishedCases,
];

/**
 * A case: `name` · `device` · `unit` of its figure · `work` that a run does, in operations or bytes, unless the unit is ms ·
 * `spec`: what peers are told · `prepare`: our side (see ours.mjs) · `patience`: by how much its budget is longer, default 1 ·
 * `turn`: seconds that a turn lasts at least, where runs differ · `warmUp`: runs before the clock starts, at least ·
 * `rivals`: ours in other ways, a `prepare` for each by name, to compare with like peers ·
 * `limit`: what memory, or arithmetic, must at least do meanwhile (see peers/limit_peer.cc) · `memory`: whether its peak is measured ·
 * `neighbour`: whether a busy process runs beside it.
 */
export const allCases = [...alone, ...besideNeighbour(alone)];
