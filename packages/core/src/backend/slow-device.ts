// SPDX-License-Identifier: Apache-2.0
// Says in one line on stderr that TypeScript computes only because the addon is missing, unless the program asked for it.

import { addonSearch } from './load-addon.ts';

let isAsked = false;

/** The program asks for device js, and need not be told. */
export function askForSlowDevice(): void {
  isAsked = true;
}

/** A warning of Node's, code `NABLA_SLOW`, when device js stands in for device cpu. */
export function warnOfSlowDevice(): void {
  const search = addonSearch();
  if (isAsked || search.addon !== undefined || process.env['NABLA_NATIVE'] === '0') return;
  const slow = 'Device js computes in TypeScript, many times slower than device cpu';
  process.emitWarning(`${slow}: ${search.reason}. ${search.hint} setDevice('js') asks for it in silence.`, {
    code: 'NABLA_SLOW',
  });
}
