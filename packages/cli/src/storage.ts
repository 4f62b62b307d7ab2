// SPDX-License-Identifier: Apache-2.0
// The option --storage: how a published model's weights are kept in memory.

import { Option } from '@commander-js/extra-typings';
import { STORAGES, type WeightStorage } from '@nabla/models';

export function storageOption(): Option<'--storage <type>', undefined, undefined, undefined, false, WeightStorage> {
  const description = 'weights of a published model in memory; bfloat16: half of it, and faster; default: float32';
  return new Option('--storage <type>', description).choices(STORAGES);
}
