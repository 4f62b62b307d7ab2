// SPDX-License-Identifier: Apache-2.0
// The one door to @tensorflow/tfjs-core: all of it, with the gradients and chained methods that its Node build leaves out
// (docs/decisions/0002-tfjs-registrations.md). What of it is public stands in tensors.ts.

import '../generated/tfjs-registrations.cjs';

export * from '@tensorflow/tfjs-core';
