// SPDX-License-Identifier: Apache-2.0
// What only tests call of the addon.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface AddonForTests {
  failAllocationsAfter(successes?: number): void;
  matmulPrecisions(): string[];
  setMatmulPrecision(precision: string): boolean;
}

const requireModule = createRequire(import.meta.url);

/** The addon that core has loaded: Node loads one file once. */
export function loadAddon(): AddonForTests {
  const folder =
    process.env['NABLA_NATIVE_DIR'] ??
    join(dirname(requireModule.resolve('@nabla/native/package.json')), 'build/Release');
  return requireModule(join(folder, 'nabla.node')) as AddonForTests;
}
