// SPDX-License-Identifier: Apache-2.0
// The peers, as a table: how each is started, and on which of our devices it is compared.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { buildBlasPeer } from './build-blas-peer.mjs';
import { Peer } from './peer.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Python as the distribution's packages know it, before one that only comes first in the path. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** The peer PyTorch as a program and its words. */
export const torchCommand = [python, here('torch_peer.py')];

const PEERS = {
  torch: { devices: ['cpu'], command: async () => torchCommand },
  openblas: { devices: ['cpu'], command: async () => [await buildBlasPeer('openblas')] },
  onednn: { devices: ['cpu'], command: async () => [await buildBlasPeer('onednn')] },
  'tfjs-cpu': { devices: ['js'], command: async () => [process.execPath, here('tfjs-peer.mjs'), 'cpu'] },
  'tfjs-wasm': { devices: ['cpu'], command: async () => [process.execPath, here('tfjs-peer.mjs'), 'wasm'] },
};

/** Starts every peer for these devices. `say` is told the version of each in a line, or why it is absent. */
export async function openPeers(devices, say) {
  const open = {};
  for (const [name, { devices: own, command }] of Object.entries(PEERS)) {
    if (!own.some((device) => devices.includes(device))) continue;
    try {
      const peer = new Peer(await command());
      const { version } = await peer.read();
      say(`Peer ${name}: ${version}`);
      open[name] = { peer, devices: own };
    } catch (error) {
      say(`Peer ${name} is absent: ${error.message}`);
    }
  }
  return open;
}
