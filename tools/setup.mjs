// SPDX-License-Identifier: Apache-2.0
// Makes a checkout ready: installs the dependencies when they are not those of package-lock.json, builds addon and packages.

// Imports nothing but Node's own modules: on a fresh clone there is nothing else.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { began, ended, root, stage } from './stage.mjs';

/** The packages of a lockfile: what lies where, and in which version. */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return {}; // nothing is installed yet
  }
}

/** Whether node_modules holds what package-lock.json says. Compares contents: times say nothing after a checkout. */
function isInstalled() {
  const wanted = Object.entries(lockedPackages('package-lock.json')).filter(([path]) => path.includes('node_modules/'));
  const present = lockedPackages('node_modules/.package-lock.json');
  // Optional packages of other platforms are rightly absent.
  return wanted.every(([path, { version, optional }]) =>
    present[path] === undefined ? optional === true : present[path].version === version,
  );
}

/** npm as a command: the one that runs this script, else the one in the path. */
export function npm(...words) {
  const program = process.env.npm_execpath;
  if (program?.endsWith('.js')) return [process.execPath, program, ...words];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', ...words];
}

/** Builds the addon; without cmake or a compiler this says so in a line and Nabla goes on in TypeScript. */
function buildNative() {
  if (process.env.NABLA_NATIVE === '0') {
    console.log('Native addon left out: NABLA_NATIVE=0. Nabla runs in pure TypeScript (device js).');
    return true;
  }
  const start = began('native addon');
  // What it prints comes at once: that it builds for minutes, or why there is no addon.
  const options = { cwd: root, stdio: 'inherit' };
  const { status } = spawnSync(process.execPath, ['native/scripts/build-native.mjs'], options);
  if (existsSync(join(root, 'native/build/Release/nabla.node'))) ended('native addon', start, true);
  return status === 0 || process.env.NABLA_NATIVE !== 'require';
}

/** Everything in order; ends the process with status 1 at the first stage that fails. */
export async function setup() {
  const fail = () => process.exit(1);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Nabla needs Node 20.19 or newer; this is ${process.versions.node}.`);
    fail();
  }
  if (!isInstalled() && !(await stage('dependencies', npm('ci', '--no-fund', '--no-audit')))) fail();
  if (!buildNative()) fail();
  const nx = [process.execPath, 'node_modules/nx/dist/bin/nx.js', 'run-many', '-t', 'build', '--output-style=static'];
  if (!(await stage('packages', nx))) fail();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setup();
