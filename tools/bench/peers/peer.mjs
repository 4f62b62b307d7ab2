// SPDX-License-Identifier: Apache-2.0
// A peer: a program of its own that answers one line of JSON with one line of JSON, so that ours and it can take turns.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A peer chooses its kernels for this processor by itself, whatever a shell pins for other programs. */
const ownChoice = Object.entries(process.env).filter(([name]) => !/^(OPENBLAS|DNNL|ONEDNN|MKL|ATEN)_/.test(name));

const processor = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';

/**
 * OpenBLAS knows Intel's processors by their numbers, and takes one that is newer than itself for a Prescott of 2004, at a
 * sixth of the speed. What its next version would choose there; PyTorch multiplies with it too.
 */
const openblasKernels =
  processor.includes('GenuineIntel') && processor.includes('amx_tile') ? { OPENBLAS_CORETYPE: 'SapphireRapids' } : {};

const env = {
  ...Object.fromEntries(ownChoice),
  ...openblasKernels,
  // Idle threads of a peer sleep instead of taking the processors from whoever's turn it is.
  OMP_WAIT_POLICY: 'PASSIVE',
  // glibc would hand large blocks back to the system after every run, and the clock would see page faults instead of the peer.
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: String(2 ** 40),
};

export class Peer {
  #child;
  #lines;
  #errors = '';

  constructor([program, ...words]) {
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#child.on('error', (error) => (this.#errors += error.message));
    this.#child.stdin.on('error', () => undefined); // it ended; the missing answer says so
    this.#child.stderr.on('data', (part) => (this.#errors += part));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Its next line. */
  async read() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(this.#reason());
    return JSON.parse(value);
  }

  /** Of its last words the line that names the error. */
  #reason() {
    const lines = this.#errors.trim().split('\n');
    return lines.find((line) => /^\w*Error\b/.test(line)) ?? (lines.at(-1) || 'it ended without a word');
  }

  async ask(request) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.read();
  }

  /** Makes a case ready; fingerprints of its results by name, or undefined where the peer has no such case. */
  async prepare(spec, threads) {
    const { check, error } = await this.ask({ do: 'prepare', threads, ...spec });
    if (error !== undefined) throw new Error(error);
    return check;
  }

  /** Seconds of `count` runs. */
  async time(count) {
    return (await this.ask({ do: 'time', count })).seconds;
  }

  close() {
    this.#child.stdin.end();
  }
}
