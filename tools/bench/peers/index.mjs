// SPDX-License-Identifier: Apache-2.0
// The peers, as a table: how each is started, and on which of our devices it is compared.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { buildPeer } from './build-peer.mjs';
import { Peer } from './peer.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Python as the distribution's packages know it, before one that only comes first in the path. */
export const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

const PEERS = {
  torch: { devices: ['cpu'], command: async () => [python, here('torch_peer.py')] },
  openblas: { devices: ['cpu'], command: async () => [await buildPeer('openblas')] },
  onednn: { devices: ['cpu'], command: async () => [await buildPeer('onednn')] },
  'tfjs-cpu': { devices: ['js'], command: async () => [process.execPath, here('tfjs-peer.mjs'), 'cpu'] },
  onnxruntime: { devices: ['cpu'], command: async () => [process.execPath, here('onnx-peer.mjs')] },
  'tfjs-wasm': { devices: ['cpu'], command: async () => [process.execPath, here('tfjs-peer.mjs'), 'wasm'] },
};

/** Starts every peer for these devices. `say` is told the version of each in a line, or why it is absent. */
export async function openPeers(devices, say) {
  const open = {};
  for (const [name, { devices: own, command }] of Object.entries(PEERS)) {
    if (!own.some((device) => devices.includes(device))) continue;
    const started = await start(name, command, say);
    if (started !== undefined) open[name] = { ...started, devices: own };
  }
  return open;
}

/** Starts a program that is no contender: `limit` shows what memory and arithmetic can do, `kernel` what our kernels do when C++ calls them. */
export async function openHelper(name, say) {
  const started = await start(name, async () => [await buildPeer(name)], say);
  return started?.peer;
}

async function start(name, command, say) {
  try {
    const peer = new Peer(await command());
    const { version } = await peer.read();
    say(`Peer ${name}: ${version}`);
    return { peer, version };
  } catch (error) {
    say(`Peer ${name} is absent: ${error.message}`);
    return undefined;
  }
}
