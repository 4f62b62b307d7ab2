// SPDX-License-Identifier: Apache-2.0
// What a file was found to hold, in whichever format: a value, and where its storages lie.

import type { PickleValue, PickledStorage } from './values.ts';
import type { Member } from './zip-directory.ts';

export interface Contents {
  readonly value: PickleValue;
  readonly find: (storage: PickledStorage) => Member | undefined;
}
