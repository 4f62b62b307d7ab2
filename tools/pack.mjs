// SPDX-License-Identifier: Apache-2.0
// `npm run pack`: makes the checkout ready and packs every package into packed/, for a project of one's own to install.

import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { npm, setup } from './setup.mjs';
import { root, stage } from './stage.mjs';

/** The folders of the packages that others may install. */
export function publicPackages() {
  const folders = ['native', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];
  return folders.filter((folder) => {
    const file = join(root, folder, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).private !== true;
  });
}

/** The command that packs all packages into an empty folder; each tarball carries the licence. */
export function packCommand(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packages = publicPackages();
  for (const path of packages) copyFileSync(join(root, 'LICENSE'), join(root, path, 'LICENSE'));
  return npm('pack', '--pack-destination', folder, ...packages.map((path) => `--workspace=${path}`));
}

async function main() {
  await setup();
  const folder = join(root, 'packed');
  if (!(await stage('packed', packCommand(folder)))) process.exit(1);
  const kernels = existsSync(join(root, 'native/build/Release/nabla.node'))
    ? `native kernels for ${process.platform}-${process.arch} are in them`
    : 'native kernels are not in them: build them where you install';
  console.log(`${readdirSync(folder).length} tarballs in packed/; ${kernels}. In your project:\n`);
  console.log(`    npm install ${join(folder, '*.tgz')}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
