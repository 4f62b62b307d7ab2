// SPDX-License-Identifier: Apache-2.0
// Writes packages/core/src/backend/native-kernels.ts, the TypeScript mirror of the native kernels, from the built addon.
// Usage: npm run generate            writes it
//        npm run generate -- --check  fails when it is not up to date

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const addonPath = `${root}native/build/Release/nabla.node`;
const mirrorPath = `${root}packages/core/src/backend/native-kernels.ts`;

if (!existsSync(addonPath)) {
  console.log('Native mirror left as it is: the addon is not built.');
  process.exit(0);
}
const { version, description } = createRequire(import.meta.url)(addonPath);
const types = { buffer: 'Handle', buffers: 'readonly Handle[]', integer: 'number', number: 'number' };
const field = ({ name, type }) => `${name}: ${types[type] ?? 'readonly number[]'};`;
const calls = description.map(({ name, arguments: fields }) => `${name}: { ${fields.map(field).join(' ')} };`);
const source = `// SPDX-License-Identifier: Apache-2.0
// Made by \`npm run generate\` from the addon's own description of native/src/kernels/kernels.def. Do not edit.
/* eslint-disable max-lines -- as long as the list of kernels */

import type { Handle, KernelDescription } from './addon.ts';

export const nativeVersion = '${version}';

/** The named arguments of every native kernel; see native/src/kernels for what they mean. */
export interface NativeCalls {
  ${calls.join('\n')}
}

/** What the addon must say of itself, so that an addon built from other sources is refused. */
export const nativeKernels: readonly KernelDescription[] = ${JSON.stringify(description)};
`;
const options = await resolveConfig(mirrorPath);
const text = await format(source, { ...options, filepath: mirrorPath });
if (!process.argv.includes('--check')) {
  writeFileSync(mirrorPath, text);
} else if (readFileSync(mirrorPath, 'utf8') !== text) {
  console.error(`${mirrorPath} does not mirror the addon. Run: npm run generate`);
  process.exit(1);
}
