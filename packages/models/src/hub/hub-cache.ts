// SPDX-License-Identifier: Apache-2.0
// The folder in which Python's huggingface_hub keeps what it fetches, read and filled the same way.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { makeFolder } from '@nabla/core';

import type { HubModel } from './hub-model.ts';

const OP = 'resolvePretrained';
const OLD_MILLISECONDS = 60 * 60 * 1000;

/** Partial files that this process is at. */
const inUse = new Set<string>();
let begun = 0;

/**
 * The cache of one model: `blobs/ETAG` holds contents, `snapshots/COMMIT/NAME` links to them, `refs/REVISION` says which commit a branch
 * or tag was at.
 *
 * @see https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export class HubCache {
  readonly folder: string;
  private readonly revision: string;

  constructor(cache: string, { name, revision }: HubModel) {
    this.folder = join(cache, `models--${name.replace('/', '--')}`);
    this.revision = revision;
  }

  /** The commit that the revision was at when it was last fetched, if it was. */
  knownCommit(): string | undefined {
    try {
      const commit = readFileSync(join(this.folder, 'refs', this.revision), 'utf8').trim();
      if (/^[0-9a-f]{40,64}$/.test(commit)) return commit;
    } catch {
      // never fetched by this name
    }
    return existsSync(this.snapshot(this.revision)) ? this.revision : undefined;
  }

  async remember(commit: string): Promise<void> {
    if (commit === this.revision) return;
    const path = join(this.folder, 'refs', this.revision);
    makeFolder(OP, dirname(path));
    if (this.knownCommit() === commit) return;
    const temporary = `${path}.${process.pid}-${++begun}.tmp`;
    await writeFile(temporary, commit);
    await rename(temporary, path);
  }

  /** The folder of a commit. */
  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  has(commit: string, file: string): boolean {
    return existsSync(join(this.snapshot(commit), file)); // false for a link that leads nowhere
  }

  blob(etag: string): string {
    return join(this.folder, 'blobs', etag);
  }

  /** Whether the content is there, in its full length. */
  hasBlob(etag: string, bytes: number): boolean {
    const path = this.blob(etag);
    return existsSync(path) && statSync(path).size === bytes;
  }

  /** Gives a content its name in a snapshot. */
  async link(commit: string, file: string, etag: string): Promise<void> {
    const path = join(this.snapshot(commit), file);
    makeFolder(OP, dirname(path));
    const temporary = `${path}.${process.pid}-${++begun}.tmp`;
    try {
      await symlink(relative(dirname(path), this.blob(etag)), temporary).catch(async (error: unknown) => {
        if (!isForbidden(error)) throw error;
        await copyFile(this.blob(etag), temporary); // where links are a privilege, as on Windows
      });
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Lends a file for what comes of a content; what an earlier download left of it is gone on with, unless another process is at it. */
  async withPartial<T>(etag: string, use: (path: string) => Promise<T>): Promise<T> {
    const blobs = join(this.folder, 'blobs');
    makeFolder(OP, blobs);
    const own = `${etag}.${host}-${process.pid}-${++begun}.incomplete`;
    inUse.add(own);
    try {
      for (const name of await readdir(blobs)) {
        if (!name.startsWith(`${etag}.`) || inUse.has(name) || !(await isAbandoned(blobs, name))) continue;
        const isTaken = await rename(join(blobs, name), join(blobs, own)).then(
          () => true,
          () => false, // another process was faster
        );
        if (isTaken) break;
      }
      return await use(join(blobs, own));
    } finally {
      inUse.delete(own);
    }
  }
}

const host = hostname().replace(/[^\w]/g, '_').slice(0, 40);

/** Whether nobody writes to a partial file any more: its process is gone, or it has not changed for long. */
async function isAbandoned(folder: string, name: string): Promise<boolean> {
  const [, owner, id] = /\.(\w+)-(\d+)-\d+\.incomplete$/.exec(name) ?? [];
  if (owner === undefined) return false; // Python's, which holds a lock that only it knows
  if (owner === host && (Number(id) === process.pid || !isAlive(Number(id)))) return true;
  const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > OLD_MILLISECONDS;
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isForbidden(error: unknown): boolean {
  return ['EPERM', 'EACCES', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '');
}
