// SPDX-License-Identifier: Apache-2.0
// Makes the folder that something is to be written to, with an error that names it where that cannot be.

import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { ArgumentError } from './errors.ts';

/**
 * Makes a folder, and those that it lies in; one that is there already stays as it is.
 *
 * @param op  who needs it, for the error
 * @throws {ArgumentError} the system refuses, or there is something else by that name (code `FOLDER`)
 */
export function makeFolder(op: string, folder: string): void {
  try {
    makeWithParents(resolve(folder));
  } catch (error) {
    const received = (error as NodeJS.ErrnoException).message;
    const hint = 'Name one in a place where you may write.';
    const mismatch = { op, argument: folder, expected: 'to be a folder that can be made', received, hint };
    throw new ArgumentError(mismatch, 'FOLDER', { cause: error });
  }
}

/** As Node's own `recursive`, which tries again without end where a parent is there and the system still says ENOENT: in /proc. */
function makeWithParents(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (isFolder(folder)) return;
    const parent = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || isFolder(parent)) throw error;
    makeWithParents(parent);
    makeWithParents(folder);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // missing, or not to be reached
  }
}
